/**
 * A whole Kubernetes cluster on this machine, brought up by the scripts in ${BINNACLE_SHARED:-../shared}/kubernetes.
 */
import { Background, eventually, run, type RunOptions } from '../conformance/lib/process.ts';
import { environmentOf, script } from './scripts.ts';
import type { Store } from './store.ts';

const clusterName = 'binnacle-test';

/** How often the API server compacts the store: every 5 minutes by default, here often enough to be seen. */
export const compactionIntervalMs = 30_000;

export class Kubernetes {
  readonly #environment: Record<string, string>;

  private constructor(environment: Record<string, string>) {
    this.#environment = environment;
  }

  /** Installs what is missing and starts an API server, controllers, a scheduler and three nodes on `store`. */
  static async start(store: Store): Promise<Kubernetes> {
    await Kubernetes.stop();
    await script('install.sh', [], 20 * 60_000);
    const tls = ['--etcd-cafile', store.caFile, '--etcd-certfile', store.certFile];
    const output = await script(
      'up.sh',
      [
        ...['--name', clusterName, '--nodes', '3', '--etcd-servers', store.endpoints.join(',')],
        ...[...tls, '--etcd-keyfile', store.keyFile],
      ],
      5 * 60_000,
      {
        // Pages come from the store, not from snapshots of the API server's cache.
        APISERVER_ARGS: `--etcd-compaction-interval=${compactionIntervalMs / 1_000}s --feature-gates=ListFromCacheSnapshot=false`,
      },
    );
    return new Kubernetes(environmentOf(output));
  }

  /** Takes the cluster and its state down; nothing happens when there is none. */
  static async stop(): Promise<void> {
    await script('down.sh', ['--name', clusterName], 120_000);
  }

  /** Runs kubectl once. */
  tryKubectl(
    args: readonly string[],
    options: RunOptions = {},
  ): Promise<{ code: number; stdout: string; stderr: string }> {
    return run('kubectl', args, {
      ...options,
      env: this.#environment,
      timeoutMs: options.timeoutMs ?? 120_000,
    });
  }

  /** Runs kubectl; an exit code but 0 is an error. */
  async kubectl(...args: string[]): Promise<string> {
    const outcome = await this.tryKubectl(args);
    if (outcome.code === 0) return outcome.stdout.trimEnd();
    throw new Error(`kubectl ${args.join(' ')}: ${outcome.stderr}`);
  }

  /** Applies a manifest, again and again while the store changes its leader. */
  async apply(manifest: unknown): Promise<void> {
    const input = JSON.stringify(manifest);
    // On the server's side: kubectl's own way takes it 60 ms of CPU for each object.
    const args = ['apply', '--server-side', '--force-conflicts', '-f', '-'];
    await eventually(
      'kubectl apply',
      async () => {
        const outcome = await this.tryKubectl(args, { input });
        if (outcome.code !== 0) throw new Error(outcome.stderr);
        return true;
      },
      60_000,
    );
  }

  /** Starts kubectl in the background, for `get -w`. */
  watch(...args: string[]): Background {
    return new Background('kubectl', args, { env: this.#environment });
  }
}
