/**
 * `npm run bench`: three members under mTLS, of the server and of etcd in turn, under the same load from etcd's own
 * generator on the same machine. What counts are the ratios, round by round: a machine is never equally fast twice.
 *
 * CPU is what all members together used (Linux: /proc/PID/stat). BENCH_ROUNDS (3) and BENCH_SCALE (1) make it longer.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Cluster } from '../conformance/lib/cluster.ts';
import {
  conformanceFolder,
  oracle,
  scratchFolder,
  serverBinary,
} from '../conformance/lib/paths.ts';
import { run } from '../conformance/lib/process.ts';

const rounds = Number(process.env['BENCH_ROUNDS'] ?? 3);
const scale = Number(process.env['BENCH_SCALE'] ?? 1);

interface Load {
  readonly name: string;
  readonly operations: number;
  readonly args: readonly string[];
}

const clients = ['--conns', '50', '--clients', '500'];
const puts = ['--key-size', '32', '--key-space-size', '100000', '--val-size', '256'];
const loads: readonly Load[] = [
  { name: 'put 256 B', operations: 20_000, args: ['put', ...puts] },
  { name: 'linearizable get', operations: 30_000, args: ['range', 'bench', '--consistency', 'l'] },
  { name: 'serializable get', operations: 30_000, args: ['range', 'bench', '--consistency', 's'] },
];

interface Figures {
  readonly perSecond: number;
  /** CPU of all members for one operation. */
  readonly cpuUs: number;
}

async function measure(binary: string): Promise<Map<string, Figures>> {
  const folder = scratchFolder('bench');
  const cluster = await Cluster.start({ binary, members: 3, folder });
  try {
    await cluster.ctl('put', 'bench', 'x'.repeat(256));
    const figures = new Map<string, Figures>();
    for (const load of loads) figures.set(load.name, await under(cluster, load));
    return figures;
  } finally {
    await cluster.stop();
  }
}

async function under(cluster: Cluster, load: Load): Promise<Figures> {
  const operations = Math.round(load.operations * scale);
  const before = cpuUs(cluster);
  const outcome = await run(
    oracle('benchmark'),
    [
      ...['--endpoints', cluster.endpoints.join(','), ...cluster.clientFlags, ...clients],
      ...[...load.args, '--total', String(operations)],
    ],
    { timeoutMs: 10 * 60_000 },
  );
  const rate = /Requests\/sec:\s+([\d.]+)/.exec(outcome.stdout)?.[1];
  if (outcome.code !== 0 || rate === undefined) throw new Error(`${load.name}: ${outcome.stderr}`);
  return { perSecond: Number(rate), cpuUs: (cpuUs(cluster) - before) / operations };
}

/** User and system time of all members so far. The kernel counts in hundredths of a second. */
function cpuUs(cluster: Cluster): number {
  let ticks = 0;
  for (const { process: member } of cluster.members) {
    const stat = readFileSync(`/proc/${member?.pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    ticks += Number(fields[11]) + Number(fields[12]);
  }
  return ticks * 10_000;
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;

const built = await run(
  join(conformanceFolder, 'build-oracles.sh'),
  ['etcd', 'etcdctl', 'benchmark'],
  {
    timeoutMs: 20 * 60_000,
    echo: true,
  },
);
if (built.code !== 0) throw new Error('etcd’s programs could not be built');

const ours: Map<string, Figures>[] = [];
const theirs: Map<string, Figures>[] = [];
for (let round = 1; round <= rounds; round++) {
  console.log(`round ${round} of ${rounds}`);
  ours.push(await measure(serverBinary));
  theirs.push(await measure(oracle('etcd')));
}

console.log(
  `\nmedians of ${rounds} rounds; ratios are binnacle's figure over etcd's of the same round\n`,
);
console.log('load               requests/s  etcd        ratio   CPU µs/op  etcd    ratio');
for (const { name } of loads) {
  const pick = (all: Map<string, Figures>[], key: keyof Figures): number[] =>
    all.map((figures) => figures.get(name)?.[key] ?? NaN);
  const cells = (['perSecond', 'cpuUs'] as const).flatMap((key) => {
    const [mine, other] = [pick(ours, key), pick(theirs, key)];
    const ratio = median(mine.map((value, round) => value / (other[round] ?? NaN)));
    return [median(mine).toFixed(0), median(other).toFixed(0), ratio.toFixed(2)];
  });
  const widths = [12, 12, 8, 11, 8, 6];
  console.log(name.padEnd(19) + cells.map((cell, i) => cell.padEnd(widths[i] ?? 8)).join(''));
}
