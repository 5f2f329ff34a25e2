/**
 * Unmodified clients from their registries, each in a small test of its own language, over mTLS: Go, Node, Python, Java.
 *
 * Dependencies are installed once into the cache, in folders named after the checksum of the files that pin them. A test
 * prints `ok NAME`, `FAIL NAME: why` or `SKIP NAME: why` a line.
 */
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Cluster } from './lib/cluster.ts';
import { cacheSubfolder, conformanceFolder, scratchFolder, serverBinary } from './lib/paths.ts';
import { run } from './lib/process.ts';
import type { Report } from './lib/report.ts';

const sources = join(conformanceFolder, 'clients');

interface Client {
  readonly name: string;
  /** Files that pin the dependencies. */
  readonly pins: readonly string[];
  /** Commands that install the dependencies in `folder`. */
  install(folder: string): readonly string[][];
  /** The command that runs the test. */
  test(folder: string): string[];
}

const clients: readonly Client[] = [
  {
    name: 'go',
    pins: ['go.mod', 'go.sum', 'main.go'],
    install: (folder) => [
      ['go', '-C', join(sources, 'go'), 'build', '-trimpath', '-buildvcs=false', '-o', folder],
    ],
    test: (folder) => [join(folder, 'client')],
  },
  {
    name: 'node',
    pins: ['package.json', 'package-lock.json'],
    install: (folder) => [['npm', 'ci', '--prefix', folder, '--ignore-scripts', '--no-audit']],
    test: (folder) => [process.execPath, '--no-warnings', join(folder, 'test.mjs')],
  },
  {
    name: 'python',
    pins: ['requirements.txt'],
    install: (folder) => [
      ['python3', '-m', 'venv', join(folder, 'venv')],
      [join(folder, 'venv/bin/pip'), 'install', '-q', '-r', join(folder, 'requirements.txt')],
    ],
    test: (folder) => [join(folder, 'venv/bin/python'), join(sources, 'python/test.py')],
  },
  {
    name: 'java',
    pins: ['pom.xml'],
    install: (folder) => [
      ['mvn', '-q', '-B', '-f', folder, 'dependency:copy-dependencies', '-DoutputDirectory=lib'],
    ],
    test: (folder) => [
      ...['java', '-cp', join(folder, 'lib/*')],
      join(sources, 'java/src/ClientTest.java'),
    ],
  },
];

export async function clientTests(report: Report): Promise<void> {
  const folder = scratchFolder('clients');
  const cluster = await Cluster.start({ binary: serverBinary, members: 3, folder });
  try {
    for (const client of clients) {
      await testClient(report, client, cluster).catch((error: unknown) => {
        report.fail(`${client.name}: the test itself`, error);
      });
    }
  } finally {
    await cluster.stop();
  }
}

async function testClient(report: Report, client: Client, cluster: Cluster): Promise<void> {
  const folder = await install(client);
  const [command, ...args] = client.test(folder);
  const outcome = await run(command!, args, {
    timeoutMs: 180_000,
    env: clientEnvironment(cluster),
  });
  const failuresBefore = report.failures.length;
  for (const [, verdict, test, why] of outcome.stdout.matchAll(
    /^(ok|FAIL|SKIP) ([^:\n]+)(.*)$/gm,
  )) {
    const name = `${client.name}: ${test}`;
    if (verdict === 'ok') report.pass(name);
    else if (verdict === 'FAIL') report.fail(name, why);
    else console.log(`  skip ${name}${why}`);
  }
  const quiet = report.failures.length === failuresBefore;
  if (quiet && (outcome.code !== 0 || !/^ok /m.test(outcome.stdout))) {
    report.fail(`${client.name}: the test itself`, `ended with ${outcome.code}: ${outcome.stderr}`);
  }
}

/** Runs the Go client to ask the first member of `cluster` for Maintenance.Hash. */
export async function maintenanceHash(cluster: Cluster): Promise<number> {
  const go = clients.find((client) => client.name === 'go')!;
  const [command] = go.test(await install(go));
  const outcome = await run(command!, ['hash'], { env: clientEnvironment(cluster) });
  if (outcome.code !== 0) throw new Error(`Hash: ${outcome.stderr}`);
  return Number(outcome.stdout);
}

function clientEnvironment(cluster: Cluster): Record<string, string> {
  const { caFile, clientCertFile, clientKeyFile } = cluster.certificates;
  return {
    // By name: Node 26 takes no address as a TLS server name, and @grpc/grpc-js hands it one.
    ENDPOINTS: cluster.endpoints.map((url) => url.replace('127.0.0.1', 'localhost')).join(','),
    CA_FILE: caFile,
    CERT_FILE: clientCertFile,
    KEY_FILE: clientKeyFile,
  };
}

/** Installs a client's dependencies unless they are there. Returns their folder. */
async function install(client: Client): Promise<string> {
  const source = join(sources, client.name);
  const hash = createHash('sha256');
  for (const pin of client.pins) hash.update(readFileSync(join(source, pin)));
  const version = hash.digest('hex').slice(0, 12);
  const folder = join(cacheSubfolder('clients'), `${client.name}-${version}`);
  mkdirSync(folder, { recursive: true });
  cpSync(source, folder, { recursive: true });
  const done = join(folder, '.installed');
  if (existsSync(done)) return folder;
  const began = Date.now();
  for (const [command, ...args] of client.install(folder)) {
    const outcome = await run(command!, args, { timeoutMs: 600_000, cwd: folder });
    if (outcome.code !== 0) {
      throw new Error(`${command} ${args.join(' ')}: ${outcome.stdout}${outcome.stderr}`);
    }
  }
  writeFileSync(done, '');
  console.log(`  installed ${client.name} in ${((Date.now() - began) / 1000).toFixed(1)} s`);
  return folder;
}
