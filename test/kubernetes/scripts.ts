// The scripts that bring whole Kubernetes clusters up on this machine: ${BINNACLE_SHARED:-../shared}/kubernetes.
import { join, resolve } from 'node:path';
import { repositoryFolder } from '../conformance/lib/paths.ts';
import { run } from '../conformance/lib/process.ts';

const scripts = join(
  resolve(repositoryFolder, process.env['BINNACLE_SHARED'] ?? '../shared'),
  'kubernetes',
);

/** Runs one of the scripts and returns its stdout; the last line it says on stderr is shown. */
export async function script(
  name: string,
  args: readonly string[],
  timeoutMs: number,
  env: Record<string, string> = {},
): Promise<string> {
  const outcome = await run(join(scripts, name), args, { timeoutMs, env });
  if (outcome.code === 0) {
    const last = outcome.stderr.trim().split('\n').at(-1);
    if (last) console.log(`  ${name}: ${last}`);
    return outcome.stdout;
  }
  throw new Error(`${name} ended with ${outcome.code}: ${outcome.stderr.slice(-4_000)}`);
}

/** What the environment needs for kubectl to talk to a cluster: the variables that up.sh prints. */
export function environmentOf(output: string): Record<string, string> {
  const exported = (name: string): string =>
    new RegExp(`^export ${name}=(.*)$`, 'm').exec(output)?.[1]?.replaceAll('\\', '') ?? '';
  return {
    KUBECONFIG: exported('KUBECONFIG'),
    PATH: exported('PATH').replace('$PATH', process.env['PATH'] ?? ''),
  };
}
