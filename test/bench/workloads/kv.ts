/** Puts, ranges, transactions and mixed loads: one member and three, plain and mTLS, 1, 100 and 1,000 clients. */
import { etcdBenchmark, fill, startLoad, type ReadyLoad } from '../lib/generator.ts';
import type { Cluster, Workload } from '../lib/workload.ts';

/** Each key of 14 bytes (fill/ and nine digits) with a value of 256. */
const FILLED_KEYS = 10_000;
const LISTED_KEYS = 1_000;

type Clients = 1 | 100 | 1000;

interface Kind {
  readonly name: string;
  readonly group: string;
  /**
   * Operations that take etcd one to two seconds, alone on two cores: by number of clients. A server that has seen fewer writes
   * than these still compiles, and grows (node/decisions/033).
   */
  readonly operations: Readonly<Record<Clients, number>>;
  /** Arguments of etcd's benchmark but the total. */
  readonly benchmark?: readonly string[];
  /** The same as a load of our own: for what etcd's benchmark lacks, and for 1,000 clients. */
  readonly load: readonly [name: string, ...args: string[]];
  /** The forms that CI runs, with 100 clients. */
  readonly short: readonly ('1m-plain' | '3m-mtls')[];
}

const puts = ['--key-size', '32', '--key-space-size', '100000'];
const key = 'fill/000005000';
const [pageFrom, pageTo] = [
  'fill/000002000',
  `fill/${String(2000 + LISTED_KEYS).padStart(9, '0')}`,
];
const reads = { 1: 3_000, 100: 15_000, 1000: 20_000 } as const;
/**
 * A hundred clients are first: they bring the server where it stays, code compiled and heap grown. The others follow them; what
 * the thousand have left behind has to be gone when one is measured.
 */
const warmUp = { 1: { warmUp: 1 }, 100: { warmUp: 2 }, 1000: { warmUp: 0.25 } } as const;
const writes = { 1: 2_000, 100: 20_000, 1000: 20_000 } as const;

const kinds: readonly Kind[] = [
  {
    name: 'range-linearizable',
    group: 'range',
    operations: reads,
    benchmark: ['range', key, '--consistency', 'l'],
    load: ['range', '--from', key],
    short: ['1m-plain', '3m-mtls'],
  },
  {
    name: 'range-serializable',
    group: 'range',
    operations: reads,
    benchmark: ['range', key, '--consistency', 's'],
    load: ['range', '--from', key, '--serializable'],
    short: ['1m-plain'],
  },
  {
    name: 'range-1000',
    group: 'list',
    operations: { 1: 200, 100: 400, 1000: 1_000 },
    benchmark: ['range', pageFrom, pageTo, '--consistency', 'l'],
    load: ['range', '--from', pageFrom, '--to', pageTo],
    short: ['1m-plain'],
  },
  {
    name: 'count',
    group: 'range',
    operations: { 1: 1_500, 100: 5_000, 1000: 5_000 },
    benchmark: ['range', 'fill/', 'fill0', '--count-only', '--consistency', 'l'],
    load: ['range', '--from', 'fill/', '--to', 'fill0', '--count-only'],
    short: [],
  },
  {
    name: 'put-256b',
    group: 'put',
    operations: writes,
    benchmark: ['put', ...puts, '--val-size', '256'],
    load: ['put', '--value-size', '256'],
    short: ['1m-plain', '3m-mtls'],
  },
  {
    name: 'put-4kib',
    group: 'put',
    operations: { 1: 800, 100: 10_000, 1000: 10_000 },
    benchmark: ['put', ...puts, '--val-size', '4096'],
    load: ['put', '--value-size', '4096'],
    short: [],
  },
  {
    name: 'kubernetes-txn',
    group: 'txn',
    operations: writes,
    load: ['kubernetes-txn'],
    short: ['1m-plain', '3m-mtls'],
  },
  {
    name: 'mixed-90-10',
    group: 'mixed',
    operations: { 1: 2_000, 100: 25_000, 1000: 25_000 },
    load: ['mixed', '--reads', '90', '--keys', String(FILLED_KEYS)],
    short: [],
  },
  {
    name: 'mixed-50-50',
    group: 'mixed',
    operations: { 1: 1_500, 100: 20_000, 1000: 20_000 },
    load: ['mixed', '--reads', '50', '--keys', String(FILLED_KEYS)],
    short: [],
  },
];

export function kvWorkloads(): Workload[] {
  const all: Workload[] = [];
  for (const members of [1, 3] as const) {
    for (const tls of [false, true]) {
      for (const kind of kinds) {
        for (const clients of [100, 1000, 1] as const) {
          all.push(workload(kind, members, tls, clients));
        }
      }
    }
  }
  return all;
}

function workload(kind: Kind, members: 1 | 3, tls: boolean, clients: Clients): Workload {
  const place = `${members}m-${tls ? 'mtls' : 'plain'}` as const;
  const count = (scale: number): number =>
    Math.ceil((kind.operations[clients] * scale) / (members === 3 ? 1.5 : 1));
  const common = {
    name: `${kind.name}-${place}-${clients}c`,
    group: kind.group,
    members,
    tls,
    clients,
    ...warmUp[clients],
    short: clients === 100 && kind.short.some((each) => each === place),
  };
  const { benchmark, load } = kind;
  // With so many clients, a hundred handshakes at once would be what the slowest hundredth of its requests waits for.
  if (benchmark !== undefined && clients < 1000) {
    return {
      ...common,
      prepare: fillOnce,
      run: (cluster, scale) => {
        const total = count(scale);
        return etcdBenchmark(cluster, clients, total, [...benchmark, '--total', String(total)]);
      },
    };
  }
  const [name, ...args] = load;
  return { ...common, ...loadWorkload(name, clients, count, args, fillOnce) };
}

/** The three steps of a workload whose load sets itself up before it is measured. */
export function loadWorkload(
  name: string,
  clients: number,
  operations: (scale: number) => number,
  args: readonly string[],
  before?: (cluster: Cluster, scale: number) => Promise<void>,
): Required<Pick<Workload, 'prepare' | 'run' | 'finish'>> {
  let ready: ReadyLoad | undefined;
  return {
    prepare: async (cluster, scale) => {
      await before?.(cluster, scale);
      ready = await startLoad(cluster, name, clients, operations(scale), args);
    },
    run: () => {
      if (ready === undefined) throw new Error(`${name} was not prepared`);
      return ready.work();
    },
    finish: async () => {
      await ready?.end();
      ready = undefined;
    },
  };
}

const filled = new WeakMap<Cluster, Promise<void>>();

/** All workloads of a cluster read the same keys. */
function fillOnce(cluster: Cluster): Promise<void> {
  const filling = filled.get(cluster) ?? fill(cluster, FILLED_KEYS, 256);
  filled.set(cluster, filling);
  return filling;
}
