// One member without raft, disk and network: store, leases, applier and watch are the real ones; a proposal is applied in
// the next turn.
import { SILENT_LOGGER, utf8FromText, type EtcdError, type Random } from '../../base/index.ts';
import { FakeClock } from '../../base/testing/fake-clock.ts';
import { Alarms, Applier, Membership, Quota } from '../../apply/index.ts';
import { Lessor, leaseStoreOf } from '../../lease/index.ts';
import { MvccStore } from '../../storage/mvcc/index.ts';
import { MemoryBackend } from '../../storage/mvcc/testing/memory-backend.ts';
import { WatchHub } from '../../watch/index.ts';
import { InternalRaftRequest } from '../../wire/gen/raft-internal.ts';
import type { LeaseDependencies, WatchDependencies } from '../deps.ts';
import type { MemberApi } from '../member-api.ts';

export class FakeMember {
  readonly clock = new FakeClock();
  readonly random: Random;
  readonly api: MemberApi;
  readonly lessor: Lessor;
  readonly store: MvccStore;
  readonly hub: WatchHub;
  leader = 1n;
  /** Thrown by the next renewal, as a leader that cannot be reached does. */
  renewError: EtcdError | undefined = undefined;
  private readonly applier: Applier;
  private readonly lost = new Set<() => void>();

  static async start(): Promise<FakeMember> {
    const clock = new FakeClock();
    const backend = new MemoryBackend();
    const lessor = new Lessor(backend, { clock, logger: SILENT_LOGGER, minTtlSeconds: 1 });
    lessor.promote(0);
    const store = await MvccStore.open(backend, { clock, logger: SILENT_LOGGER, lessor });
    return new FakeMember(clock, backend, lessor, store);
  }

  private constructor(clock: FakeClock, backend: MemoryBackend, lessor: Lessor, store: MvccStore) {
    this.clock = clock;
    this.lessor = lessor;
    this.store = store;
    this.random = seededRandom();
    this.hub = new WatchHub(store, { clock, logger: SILENT_LOGGER });
    const membership = new Membership({
      clusterId: 0xc1n,
      localId: 0x1dn,
      maxLearners: 1,
      logger: SILENT_LOGGER,
    });
    const leases = leaseStoreOf(lessor, store);
    this.applier = new Applier({
      store,
      leases,
      alarms: new Alarms(backend),
      membership,
      quota: new Quota(-1, () => 0),
      logger: SILENT_LOGGER,
      onClusterVersion: () => {},
    });
    const used: Partial<MemberApi> = {
      membership,
      store,
      leases,
      maxRequestBytes: 1024 * 1024,
      maxTxnOps: 128,
      raft: () => ({ leader: this.leader, term: 7, commitIndex: 1, appliedIndex: 1 }),
      propose: async (request) => this.applier.apply(InternalRaftRequest.create(request)),
      linearizableRead: async () => {},
      world: { clock: this.clock },
    };
    // The services under test use no more of it.
    this.api = used as MemberApi;
  }

  get streaming(): WatchDependencies & LeaseDependencies {
    return {
      hub: this.hub,
      clock: this.clock,
      random: this.random,
      logger: SILENT_LOGGER,
      progressNotifyIntervalMs: 1000,
      lessor: this.lessor,
      renewLease: async (id) => {
        if (this.renewError !== undefined) throw this.renewError;
        return this.lessor.renew(id);
      },
      leaseTimeToLive: async (id) => this.lessor.timeToLive(id),
      onLeaderLost: (callback) => {
        this.lost.add(callback);
        return () => this.lost.delete(callback);
      },
    };
  }

  loseLeader(): void {
    this.leader = 0n;
    for (const callback of this.lost) callback();
  }

  async put(key: string, value: string, lease = 0n): Promise<void> {
    const bytes = { key: utf8FromText(key), value: utf8FromText(value) };
    const more = { lease, prevKv: false, ignoreValue: false, ignoreLease: false };
    const { error } = await this.api.propose({ put: { ...bytes, ...more } });
    if (error !== undefined) throw error;
  }

  async delete(key: string): Promise<void> {
    await this.api.propose({
      deleteRange: {
        key: utf8FromText(key),
        rangeEnd: new Uint8Array(0),
        prevKv: false,
      },
    });
  }
}

function seededRandom(): Random {
  let seed = 42;
  const uint32 = (): number => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return seed;
  };
  return { uint32, bytes: (length) => Uint8Array.from({ length }, () => uint32() & 0xff) };
}
