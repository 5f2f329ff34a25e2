// The cluster that kind keeps on this machine.
import { Problem } from '../local/problem.ts';
import { finish, isInstalled } from './kubectl.ts';

export const HOW_TO_GET_KIND =
  'kind is not on PATH: install it as kind.sigs.k8s.io/docs/user/quick-start says; it needs Docker or Podman.';

export const hasKind = (): boolean => isInstalled('kind');

export async function kindClusterExists(name: string): Promise<boolean> {
  const { code, stdout, stderr } = await finish('kind', ['get', 'clusters']);
  if (code !== 0) throw new Problem(`kind get clusters: ${stderr.trim()}`);
  return stdout.split('\n').includes(name);
}

export async function createKindCluster(name: string): Promise<void> {
  await checked('kind', ['create', 'cluster', '--name', name, '--wait', '120s']);
}

/** Builds the image and loads it into the nodes: for the engine that runs no program. */
export async function loadImage(name: string, image: string, archive: string): Promise<void> {
  await checked('npm', ['run', '--silent', 'image', '--', '--tag', image, '--output', archive]);
  await checked('kind', ['load', 'image-archive', archive, '--name', name]);
}

async function checked(program: string, args: readonly string[]): Promise<void> {
  const { code, stdout, stderr } = await finish(program, args);
  if (code !== 0)
    throw new Problem(
      `'${program} ${args.join(' ')}' ended with ${code}:\n${stderr.trim() || stdout.trim()}`,
    );
}
