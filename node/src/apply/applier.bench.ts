// What applying a committed request costs, from the request to its response, on a database file.
import { SILENT_LOGGER } from '../base/index.ts';
import type { Benchmarks } from '../base/testing/benchmark.ts';
import { FakeClock } from '../base/testing/fake-clock.ts';
import { SteadyDisk } from '../base/testing/steady-disk.ts';
import { Lessor, leaseStoreOf } from '../lease/index.ts';
import { Backend, MvccStore } from '../storage/index.ts';
import { InternalRaftRequest } from '../wire/gen/raft-internal.ts';
import {
  Compare,
  CompareResult,
  CompareTarget,
  PutRequest,
  RangeRequest,
  RequestOp,
  TxnRequest,
} from '../wire/gen/rpc.ts';
import { Alarms } from './alarms.ts';
import { Applier, type Applied } from './applier.ts';
import { Membership } from './membership.ts';
import { Quota } from './quota.ts';
import { executeRange } from './range.ts';

const KEYS = 10_000;
const STRIDE = 7919;
const RANGE = 1000;
const VALUE = new Uint8Array(256).fill(7);
const KEPT_BYTES = 24 * 1024 * 1024;
const END = new TextEncoder().encode('/registry/pods0');

interface Filled {
  readonly applier: Applier;
  readonly store: MvccStore;
  readonly keys: readonly Uint8Array[];
}

async function filled(): Promise<Filled> {
  const clock = new FakeClock();
  const world = { disk: new SteadyDisk(KEPT_BYTES), clock };
  const backend = await Backend.open(world, '/db', { logger: SILENT_LOGGER });
  const lessor = new Lessor(backend, { clock, logger: SILENT_LOGGER, minTtlSeconds: 1 });
  const store = await MvccStore.open(backend, { clock, logger: SILENT_LOGGER, lessor });
  const logger = SILENT_LOGGER;
  const membership = new Membership({ clusterId: 0xc1n, localId: 1n, maxLearners: 1, logger });
  membership.recover(backend);
  const applier = new Applier({
    store,
    leases: leaseStoreOf(lessor, store),
    alarms: new Alarms(backend),
    membership,
    quota: new Quota(2 ** 31, () => backend.sizeBytes),
    logger: SILENT_LOGGER,
    onClusterVersion: () => {},
  });
  const keys = Array.from({ length: KEYS }, (_, i) =>
    new TextEncoder().encode(`/registry/pods/default/web-${String(i).padStart(6, '0')}`),
  );
  for (const key of keys) put(applier, key);
  await backend.commitNow();
  return { applier, store, keys };
}

function put(applier: Applier, key: Uint8Array): Applied {
  const request = PutRequest.create({ key, value: VALUE });
  return applier.apply(InternalRaftRequest.create({ put: request }));
}

/** As kube-apiserver updates an object: if nobody else has, or what it is now. */
function update(key: Uint8Array, modRevision: number): TxnRequest {
  return TxnRequest.create({
    compare: [
      Compare.create({
        result: CompareResult.EQUAL,
        target: CompareTarget.MOD,
        key,
        modRevision,
      }),
    ],
    success: [RequestOp.create({ requestPut: PutRequest.create({ key, value: VALUE }) })],
    failure: [RequestOp.create({ requestRange: RangeRequest.create({ key }) })],
  });
}

const spread = (call: number): number => (call * STRIDE) % KEYS;

export const benchmarks: Benchmarks = {
  'apply: put of 256 B': {
    calls: 500,
    start: async () => {
      const { applier, keys } = await filled();
      const requests = keys.map((key) =>
        InternalRaftRequest.create({ put: PutRequest.create({ key, value: VALUE }) }),
      );
      return (call) => applier.apply(requests[spread(call)]!);
    },
  },
  'apply: transaction that updates an object of 256 B': {
    calls: 400,
    start: async () => {
      const { applier, store, keys } = await filled();
      const requests = keys.map((key, i) =>
        InternalRaftRequest.create({ txn: update(key, i + 2) }),
      );
      let next = 0;
      return () => {
        const request = requests[spread(next++)]!;
        const applied = applier.apply(request);
        request.txn!.compare[0]!.modRevision = store.revision;
        return applied;
      };
    },
  },
  'apply: range of one key': {
    start: async () => {
      const { store, keys } = await filled();
      const requests = keys.map((key) => RangeRequest.create({ key }));
      return (call) => executeRange(store, requests[spread(call)]!);
    },
  },
  'apply: a key of a range of 1,000': {
    operationsPerCall: RANGE,
    calls: 10,
    start: async () => {
      const { store, keys } = await filled();
      const requests = keys
        .slice(0, 100)
        .map((key) => RangeRequest.create({ key, rangeEnd: END, limit: RANGE }));
      return (call) => executeRange(store, requests[call]!);
    },
  },
};
