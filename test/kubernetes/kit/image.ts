// The image under test: built by `npm run image`, on a base made on this machine where no registry can be reached.
import { repositoryFolder } from '../../conformance/lib/paths.ts';
import { run } from '../../conformance/lib/process.ts';
import { script } from '../scripts.ts';

const BUILD_TIMEOUT_MS = 10 * 60_000;
const BASE = 'localhost/debian:bookworm-slim';

/** Builds it as localhost/binnacle:TAG and writes the archive. */
export async function buildImage(tag: string, archive: string): Promise<void> {
  const how = await builder();
  const { code, stdout, stderr } = await run(
    'npm',
    [
      ...['run', '--silent', 'image', '--', ...how],
      ...['--tag', `localhost/binnacle:${tag}`, '--output', archive],
    ],
    { cwd: repositoryFolder, timeoutMs: BUILD_TIMEOUT_MS },
  );
  if (code !== 0) throw new Error(`npm run image: ${stdout.slice(-2_000)}${stderr.slice(-4_000)}`);
}

/** Docker pulls the pinned base. Without it: buildah on a base made by debootstrap. */
async function builder(): Promise<string[]> {
  const docker = await run('docker', ['version']).catch(() => undefined);
  if (docker?.code === 0) return [];
  await script('base-image.sh', [BASE], BUILD_TIMEOUT_MS);
  return ['--tool', 'buildah', '--base', BASE, '--isolation', 'chroot'];
}
