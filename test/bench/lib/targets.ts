/** What is to be reached against etcd in the same run, and whether it was. */
import { compare, throughputLimit } from './statistics.ts';
import { ratio, type Cells, type Row } from './table.ts';

/** A row with what the targets are chosen by. */
export interface TargetRow extends Row {
  readonly members: number;
  readonly tls: boolean;
  readonly clients?: number;
}

interface Target {
  readonly title: string;
  readonly figure: string;
  /** By number of members; a target that one of them lacks is not asked of it. */
  readonly bounds: Readonly<Partial<Record<1 | 3, number>>>;
  readonly isAtLeast?: boolean;
  applies(row: TargetRow): boolean;
}

const REQUESTS = new Set(['put', 'range', 'txn', 'mixed']);
const isRequest = (row: TargetRow): boolean => REQUESTS.has(row.group);

/** Not the starts on other data, which have the same figures. */
const isMillionKeys = (row: TargetRow): boolean => row.name.startsWith('start-1m-keys');

/** Throughput counts as reached this close to what the generator lets through: two runs differ by more. */
const NEAR_LIMIT = 0.9;

const targets: readonly Target[] = [
  {
    title: 'CPU per put, range, txn',
    figure: 'cpuUs',
    bounds: { 1: 0.5, 3: 0.5 },
    applies: (row) => isRequest(row) && !row.tls,
  },
  {
    title: 'the same under mTLS',
    figure: 'cpuUs',
    bounds: { 1: 0.3, 3: 0.35 },
    applies: (row) => isRequest(row) && row.tls,
  },
  {
    title: 'throughput, 1,000 clients',
    figure: 'perSecond',
    bounds: { 1: 2, 3: 2 },
    isAtLeast: true,
    applies: (row) => isRequest(row) && !row.tls && row.clients === 1000,
  },
  {
    title: 'throughput under mTLS, 1,000 clients',
    figure: 'perSecond',
    bounds: { 1: 3, 3: 3 },
    isAtLeast: true,
    applies: (row) => isRequest(row) && row.tls && row.clients === 1000,
  },
  {
    title: 'p99 under 1,000 clients',
    figure: 'p99Ms',
    bounds: { 1: 0.7, 3: 0.7 },
    applies: (row) => isRequest(row) && row.clients === 1000,
  },
  {
    title: 'latency of one client (p50)',
    figure: 'p50Ms',
    bounds: { 1: 1, 3: 1 },
    applies: (row) => isRequest(row) && row.clients === 1,
  },
  {
    title: 'watch fan-out, CPU per delivered event',
    figure: 'cpuUs',
    bounds: { 1: 0.3, 3: 0.3 },
    applies: (row) => row.group === 'watch',
  },
  {
    title: 'lists of 1,000 to 50,000 keys, CPU per key',
    figure: 'cpuUs',
    bounds: { 1: 0.5 },
    applies: (row) => row.group === 'list',
  },
  {
    title: 'longest stall by compaction or defragmentation',
    figure: 'longestStallMs',
    bounds: { 1: 0.2, 3: 0.2 },
    applies: () => true,
  },
  {
    title: 'memory, 1,000,000 keys of 256 B',
    figure: 'residentBytes',
    bounds: { 1: 0.8, 3: 0.8 },
    applies: isMillionKeys,
  },
  {
    title: 'start on them, WAL replay included',
    figure: 'startMs',
    bounds: { 1: 0.7, 3: 0.7 },
    applies: isMillionKeys,
  },
];

/** A line a target: for one member and for three the bound and what the workloads showed. */
export function targetCells(rows: readonly TargetRow[]): Cells {
  const lines = targets.map((target) => [
    target.title,
    ...([1, 3] as const).flatMap((members) => verdict(target, members, rows)),
  ]);
  return [['to reach', 'one member', 'measured', 'three members', 'measured'], ...lines];
}

function verdict(target: Target, members: 1 | 3, rows: readonly TargetRow[]): [string, string] {
  const bound = target.bounds[members];
  if (bound === undefined) return ['', ''];
  const wanted = `${target.isAtLeast === true ? '≥' : '≤'} ${bound} ×`;
  const found = rows
    .filter((row) => row.members === members && target.applies(row))
    .flatMap((row) => {
      const comparison = compare(row.rounds, target.figure);
      if (comparison === undefined || !Number.isFinite(comparison.ratio)) return [];
      return [{ row, ratio: comparison.ratio }];
    });
  if (found.length === 0) return [wanted, 'not measured'];
  return [wanted, summary(target, bound, found)];
}

interface Found {
  readonly row: TargetRow;
  readonly ratio: number;
}

function summary(target: Target, bound: number, found: readonly Found[]): string {
  const ratios = found.map((each) => each.ratio).sort((a, b) => a - b);
  const [first = NaN, last = NaN] = [ratios[0], ratios.at(-1)];
  const range = ratios.length === 1 ? ratio(first) : `${ratio(first)}–${ratio(last)}`;
  const isAtLeast = target.isAtLeast === true;
  const reached = found.filter((each) =>
    isAtLeast ? each.ratio >= bound : each.ratio <= bound,
  ).length;
  const limited = isAtLeast
    ? found.filter((each) => each.ratio < bound && isAtGeneratorLimit(each)).length
    : 0;
  const all = reached + limited === found.length;
  const counts = `${reached} of ${found.length}`;
  const atLimit = limited === 0 ? '' : `, ${limited} at the generator’s limit`;
  return `${all ? 'reached' : 'not reached'}: ${range} (${counts}${atLimit})`;
}

function isAtGeneratorLimit({ row, ratio: throughput }: Found): boolean {
  const limit = throughputLimit(row.rounds);
  return limit !== undefined && throughput >= NEAR_LIMIT * limit;
}
