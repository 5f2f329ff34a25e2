/**
 * The image: built by `npm run image` for both architectures with buildah on a base made by debootstrap, looked into, and
 * run as process 1 of a container with a read-only root, as the user that it names and without any capability.
 *
 *   run.ts [--base IMAGE]
 *
 * Takes root, buildah with runc or crun, and the scripts of ${BINNACLE_SHARED:-../shared}/kubernetes for the base.
 * The last line is `N passed, N failed`.
 */
import assert from 'node:assert/strict';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { arch } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readImageArchive } from '../../images/archive.ts';
import { removeScratchFolders, repositoryFolder, scratchFolder } from '../conformance/lib/paths.ts';
import { eventually, run } from '../conformance/lib/process.ts';
import { Report } from '../conformance/lib/report.ts';
import { script } from '../kubernetes/scripts.ts';
import { Image, type Container } from './container.ts';
import { testContents } from './contents.ts';

const BUILD_TIMEOUT_MS = 10 * 60_000;
const OWN = arch() === 'arm64' ? 'arm64' : 'amd64';
/** Any time will do that is not the time of the build. */
const EPOCH_SECONDS = 1_700_000_000;

const options = parseArgs({ options: { base: { type: 'string' } } }).values;
const report = new Report();
await report.part('the image', async () => {
  const folder = scratchFolder('image');
  const base = options.base ?? 'localhost/debian:bookworm-slim';
  if (options.base === undefined) await script('base-image.sh', [base], BUILD_TIMEOUT_MS);
  let output = '';
  const built = await report.test('it is built for both architectures', async () => {
    output = await buildImages(base, join(folder, 'image.tar'));
  });
  if (!built) return;
  console.log(output.match(/^.*compressed.*$/gm)?.join('\n'));
  for (const architecture of ['amd64', 'arm64']) {
    const archive = readImageArchive(join(folder, `image-${architecture}.tar`));
    await testContents(report, archive, architecture, EPOCH_SECONDS);
  }
  await testRunning(
    await Image.unpack(readImageArchive(join(folder, `image-${OWN}.tar`)), join(folder, 'run')),
  );
});
const code = report.finish();
if (code === 0) removeScratchFolders();
process.exit(code);

async function buildImages(base: string, archive: string): Promise<string> {
  const { code, stdout, stderr } = await run(
    'npm',
    ['run', '--silent', 'image', '--', '--tool', 'buildah', '--isolation', 'chroot'].concat(
      ['--base', base, '--platform', 'linux/amd64,linux/arm64'],
      ['--tag', 'localhost/binnacle:image-test', '--output', archive],
    ),
    {
      cwd: repositoryFolder,
      timeoutMs: BUILD_TIMEOUT_MS,
      env: { SOURCE_DATE_EPOCH: `${EPOCH_SECONDS}` },
    },
  );
  assert.equal(code, 0, `${stdout.slice(-2_000)}${stderr.slice(-4_000)}`);
  return stdout;
}

/** Containers of the image, all with one volume. */
async function testRunning(image: Image): Promise<void> {
  const volume = image.volume('volume');
  await report.test('--version ends well, and says which', async () => {
    const container = image.start(['--version'], volume);
    assert.equal(await container.child.ended(), 0);
    assert.match(container.child.output, /^Binnacle Version: \d+\.\d+\.\d+$/m);
  });
  await report.test('binnacle up says why it is not there', async () => {
    assert.equal(await image.start(['up'], volume).child.ended(), 2);
  });
  await testMember(image, volume);
  await report.test('SIGTERM ends a command that does not handle it', async () => {
    const { server, port } = await listen();
    // It takes the connection and never answers.
    const connected = new Promise((resolve) => server.once('connection', resolve));
    const args = ['ctl', '--endpoints', `127.0.0.1:${port}`, '--command-timeout', '60s'];
    const endless = image.start([...args, 'get', 'a'], volume);
    await connected;
    const { code, tookMs } = await endless.stop('TERM');
    server.close();
    assert.equal(code, 143);
    assert.ok(tookMs < 2_000, `${tookMs} ms`);
  });
}

async function testMember(image: Image, volume: string): Promise<void> {
  const [client, peer] = [await freePort(), await freePort()];
  const endpoint = `127.0.0.1:${client}`;
  const [peerUrl, clientUrl] = [`http://127.0.0.1:${peer}`, `http://${endpoint}`];
  const startMember = (): Container =>
    image.start(
      ['--data-dir', '/var/lib/binnacle/data', '--initial-cluster', `default=${peerUrl}`].concat(
        ['--listen-peer-urls', peerUrl, '--initial-advertise-peer-urls', peerUrl],
        ['--listen-client-urls', clientUrl, '--advertise-client-urls', clientUrl],
      ),
      volume,
    );
  const ctl = async (container: Container, ...args: string[]): Promise<string> => {
    const command = ['binnacle', 'ctl', '--endpoints', endpoint, ...args];
    const { code, stdout, stderr } = await container.exec(...command);
    assert.equal(code, 0, stderr);
    return stdout;
  };

  const member = startMember();
  await report.test('a member serves as process 1, and `binnacle ctl` runs beside it', async () => {
    await eventually('the member serves', () => ctl(member, 'put', 'here', 'stays'), 20_000);
    assert.equal(await ctl(member, 'get', 'here'), 'here\nstays\n');
    assert.equal(await statusOf(member, 'Uid'), '65532 65532 65532 65532');
    assert.equal(await statusOf(member, 'CapEff'), '0000000000000000');
  });
  await report.test('there is no shell to run', async () => {
    const { code, stderr } = await member.exec('sh', '-c', 'true');
    assert.notEqual(code, 0);
    assert.match(stderr, /executable file not found|No such file/i);
  });
  await report.test('SIGTERM ends the member with 0, at once', async () => {
    const { code, tookMs } = await member.stop('TERM');
    assert.equal(code, 0);
    assert.ok(tookMs < 3_000, `${tookMs} ms`);
  });
  await report.test('the next container goes on from the volume', async () => {
    const next = startMember();
    const value = await eventually('it serves', () => ctl(next, 'get', 'here'), 20_000);
    assert.equal(value, 'here\nstays\n');
    assert.equal((await next.stop('TERM')).code, 0);
  });
}

/** A line of /proc/1/status inside of the container. */
async function statusOf(container: Container, field: string): Promise<string> {
  const print = `process.stdout.write(require('node:fs').readFileSync('/proc/1/status', 'utf8'))`;
  const { stdout } = await container.exec('node', '-e', print);
  const line = stdout.split('\n').find((text) => text.startsWith(`${field}:`));
  return (line ?? '').split(/\s+/).slice(1).join(' ').trim();
}

async function freePort(): Promise<number> {
  const { server, port } = await listen();
  return new Promise((resolve) => server.close(() => resolve(port)));
}

function listen(): Promise<{ server: Server; port: number }> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo; // of a TCP server that listens
      resolve({ server, port });
    });
  });
}
