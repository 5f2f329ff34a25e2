// The Kubernetes cluster under the test: the one that KUBECONFIG names, or one that is brought up for it.
import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { run } from '../../conformance/lib/process.ts';
import { environmentOf, script } from '../scripts.ts';

const OWN_CLUSTER = 'binnacle-kit';

export interface KubernetesCluster {
  /** An address of this machine that pods reach. */
  readonly hostAddress: string;
  /** Puts an image archive onto every node. */
  load(archive: string): Promise<void>;
  /** Takes the cluster down, if it was brought up for the test. */
  stop(): Promise<void>;
}

/** Sets KUBECONFIG and PATH of this process when it brings a cluster up. */
export async function kubernetesCluster(): Promise<KubernetesCluster> {
  const isOwn = process.env['KUBECONFIG'] === undefined;
  if (isOwn) {
    await script('install.sh', ['--etcd'], 20 * 60_000);
    await script('down.sh', ['--name', OWN_CLUSTER], 120_000);
    const output = await script('up.sh', ['--name', OWN_CLUSTER, '--nodes', '3'], 5 * 60_000);
    Object.assign(process.env, environmentOf(output));
  }
  const server = await kubectlConfig('{.clusters[0].cluster.server}');
  return {
    hostAddress: new URL(server).hostname,
    load: loader(await kubectlConfig('{.current-context}')),
    stop: async () => {
      if (isOwn) await script('down.sh', ['--name', OWN_CLUSTER], 120_000);
    },
  };
}

async function kubectlConfig(template: string): Promise<string> {
  const { stdout, stderr, code } = await run('kubectl', [
    ...['config', 'view', '--minify', '-o', `jsonpath=${template}`],
  ]);
  if (code !== 0) throw new Error(`kubectl config view: ${stderr}`);
  return stdout.trim();
}

/** How images get onto the nodes: the shared scripts' clusters and kind's have a way. */
function loader(context: string): (archive: string) => Promise<void> {
  const folder = dirname(process.env['KUBECONFIG'] ?? '');
  if (existsSync(join(folder, 'settings'))) {
    return async (archive) => {
      await script('load-image.sh', ['--name', basename(folder), archive], 180_000);
    };
  }
  const kind = /^kind-(?<name>.+)$/.exec(context)?.groups?.['name'];
  if (kind === undefined) {
    throw new Error(`how images get onto the nodes of ${context} is unknown: use a kind cluster`);
  }
  return async (archive) => {
    const outcome = await run('kind', ['load', 'image-archive', archive, '--name', kind]);
    if (outcome.code !== 0) throw new Error(`kind load: ${outcome.stderr}`);
  };
}
