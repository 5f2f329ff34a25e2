/**
 * The two generators of load: etcd's own `benchmark`, and test/bench/load for what it lacks. Both are Go programs on
 * etcd's client, and each run ends with a sample.
 */
import { join } from 'node:path';
import { cacheFolder, conformanceFolder, oracle } from '../../conformance/lib/paths.ts';
import { Background, run } from '../../conformance/lib/process.ts';
import { endedChildrenCpuUs, snapshot } from './measure.ts';
import type { Cluster, Sample } from './workload.ts';

const TIMEOUT_MS = 10 * 60_000;
/**
 * After a tenth of its work, etcd's `benchmark` has opened its connections. A run that is nearly over when it is first heard
 * of is counted as a whole.
 */
const STEADY_FROM = 0.1;
const STEADY_UNTIL = 0.6;
/** The program of test/bench/load. */
export const loadBinary = join(cacheFolder, 'bin', 'load');

/** etcd's programs and ours, where they are missing or out of date. */
export async function buildGenerators(): Promise<void> {
  const options = { timeoutMs: 20 * 60_000, echo: true };
  const oracles = ['etcd', 'etcdctl', 'benchmark'];
  const built = await run(join(conformanceFolder, 'build-oracles.sh'), oracles, options);
  if (built.code !== 0) throw new Error('etcd’s programs could not be built');
  const folder = join(import.meta.dirname, '../load');
  const words = ['build', '-C', folder, '-mod=readonly', '-trimpath', '-buildvcs=false'];
  const own = await run('go', [...words, '-o', loadBinary, '.'], {
    ...options,
    env: { CGO_ENABLED: '0', GOWORK: 'off', GOFLAGS: '' },
  });
  if (own.code !== 0) throw new Error('test/bench/load could not be built');
}

/** Connections for so many clients: one for each ten, as etcd's own page on performance has it. */
export function connectionsFor(clients: number): number {
  return Math.max(1, Math.round(clients / 10));
}

function target(
  cluster: Cluster,
  clients: number,
  connections = connectionsFor(clients),
): string[] {
  return [
    ...['--endpoints', cluster.endpoints.join(','), ...cluster.clientFlags],
    ...['--conns', String(connections), '--clients', String(clients)],
  ];
}

/** Runs etcd's `benchmark` with the arguments of one of its commands. */
export async function etcdBenchmark(
  cluster: Cluster,
  clients: number,
  operations: number,
  args: readonly string[],
  connections = connectionsFor(clients),
): Promise<Sample> {
  const before = endedChildrenCpuUs();
  const words = ['--precise', ...target(cluster, clients, connections), ...args];
  let steady: Sample['steady'];
  const outcome = await run(oracle('benchmark'), words, {
    timeoutMs: TIMEOUT_MS,
    onStderr: (chunk) => {
      const done = progressOf(chunk.toString());
      if (steady !== undefined || done < STEADY_FROM || done > STEADY_UNTIL) return;
      steady = { from: snapshot(cluster), operations: operations * (1 - done) };
    },
  });
  if (outcome.code !== 0 || outcome.stdout.includes('Error distribution')) {
    throw new Error(
      `benchmark ${args.join(' ')}: ${(outcome.stdout + outcome.stderr).slice(-2000)}`,
    );
  }
  return {
    ...parseReport(outcome.stdout, operations),
    generatorCpuUs: endedChildrenCpuUs() - before,
    ...(steady === undefined ? {} : { steady }),
  };
}

/** The share of its operations that etcd's `benchmark` last said were done, of what it wrote to stderr; 0 of other text. */
export function progressOf(text: string): number {
  const last = [...text.matchAll(/(\d+) \/ (\d+) \[/g)].at(-1);
  return last === undefined ? 0 : Number(last[1]) / Number(last[2]);
}

/** Reads the report of etcd's `benchmark` (pkg/report): the last one, where there are several. */
export function parseReport(text: string, operations: number): Sample {
  const report = text.slice(text.lastIndexOf('Summary:'));
  const number = (pattern: RegExp): number | undefined => {
    const found = pattern.exec(report)?.[1];
    return found === undefined ? undefined : Number(found);
  };
  const ms = (pattern: RegExp): number | undefined => {
    const seconds = number(pattern);
    return seconds === undefined ? undefined : seconds * 1000;
  };
  const seconds = number(/Total:\s+([\d.e-]+) secs/);
  const maxMs = ms(/Slowest:\s+([\d.e-]+) secs/);
  if (seconds === undefined || maxMs === undefined) throw new Error(`no report in:\n${text}`);
  const p50Ms = ms(/ 50% in ([\d.e-]+) secs/);
  // It prints no 99 % of under 100 requests.
  const p99Ms = ms(/ 99% in ([\d.e-]+) secs/) ?? maxMs;
  return { operations, seconds, p99Ms, maxMs, ...(p50Ms === undefined ? {} : { p50Ms }) };
}

/** A load that has set itself up and waits. */
export interface ReadyLoad {
  /** Resolves when the work is done; the connections stay until `end`. */
  work(): Promise<Sample>;
  end(): Promise<void>;
}

/** Starts a load of test/bench/load and waits until it is ready. */
export async function startLoad(
  cluster: Cluster,
  name: string,
  clients: number,
  operations: number,
  args: readonly string[] = [],
): Promise<ReadyLoad> {
  const words = [name, ...target(cluster, clients), '--total', String(operations), ...args];
  const child = new Background(loadBinary, words);
  await child.until((output) => output.includes('ready\n'), TIMEOUT_MS);
  return {
    work: async () => {
      child.write('go\n');
      const output = await child.until((text) => /^\{.*\}\n/m.test(text), TIMEOUT_MS);
      return parseResult(output);
    },
    end: async () => {
      await child.stop('SIGKILL');
    },
  };
}

function parseResult(output: string): Sample {
  const line = /^\{.*\}$/m.exec(output)?.[0] ?? '';
  // What main.go there prints.
  const { extra, ...sample } = JSON.parse(line) as Sample & {
    p999Ms: number;
    extra?: Record<string, number>;
  };
  return { ...sample, ...(extra === undefined ? {} : { figures: extra }) };
}

/** Puts `keys` keys fill/000000000, fill/000000001 and so on. */
export async function fill(cluster: Cluster, keys: number, valueSize: number): Promise<void> {
  const words = ['fill', '--endpoints', cluster.endpoints.join(','), ...cluster.clientFlags];
  const sizes = ['--keys', String(keys), '--value-size', String(valueSize)];
  const outcome = await run(loadBinary, [...words, ...sizes, '--per-txn', '100'], {
    timeoutMs: TIMEOUT_MS,
  });
  if (outcome.code !== 0) throw new Error(outcome.stderr);
}
