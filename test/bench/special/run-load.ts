/** Loads of test/bench/load that take part in more than to be measured. */
import { loadBinary } from '../lib/generator.ts';
import type { Cluster, Sample } from '../lib/workload.ts';
import { Background, run } from '../../conformance/lib/process.ts';

const TIMEOUT_MS = 10 * 60_000;

/** What main.go there prints. */
interface LoadResult {
  readonly operations: number;
  readonly seconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  readonly generatorCpuUs?: number;
  readonly extra?: Readonly<Record<string, number>>;
}

/** Runs one load that waits for nothing. */
export async function runLoad(name: string, args: readonly string[]): Promise<LoadResult> {
  const outcome = await run(loadBinary, [name, ...args], { timeoutMs: TIMEOUT_MS });
  if (outcome.code !== 0) throw new Error(outcome.stderr);
  return parse(outcome.stdout);
}

/** How a load reaches all members. */
export function target(cluster: Cluster): string[] {
  return ['--endpoints', cluster.endpoints.join(','), ...cluster.clientFlags];
}

/** Requests at a steady rate around something that the caller does meanwhile. */
export class SteadyLoad {
  readonly #child: Background;

  private constructor(child: Background) {
    this.#child = child;
  }

  /** Connected, but still at rest. */
  static async connect(cluster: Cluster, args: readonly string[]): Promise<SteadyLoad> {
    const words = ['steady', ...target(cluster), '--conns', '10', '--action', 'wait', ...args];
    const child = new Background(loadBinary, words);
    await child.until((output) => output.includes('ready\n'), TIMEOUT_MS);
    return new SteadyLoad(child);
  }

  /** Measures the load alone for a while, then does `action` under it. */
  async around(action: () => Promise<void>): Promise<Sample> {
    this.#child.write('go\n');
    await this.#child.until((output) => output.includes('steady\n'), TIMEOUT_MS);
    await action();
    this.#child.write('done\n');
    const { extra, ...sample } = parse(
      await this.#child.until((output) => /^\{.*\}\n/m.test(output), TIMEOUT_MS),
    );
    return { ...sample, figures: { ...extra } };
  }

  async end(): Promise<void> {
    await this.#child.stop('SIGKILL');
  }
}

function parse(output: string): LoadResult {
  return JSON.parse(/^\{.*\}$/m.exec(output)?.[0] ?? '{}') as LoadResult; // what its main.go prints
}
