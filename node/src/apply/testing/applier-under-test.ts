// An applier over the real store and the real lessor, with everything else in memory.
import { SILENT_LOGGER } from '../../base/index.ts';
import { FakeClock } from '../../base/testing/fake-clock.ts';
import { Lessor, leaseStoreOf } from '../../lease/index.ts';
import { MvccStore } from '../../storage/mvcc/index.ts';
import { MemoryBackend } from '../../storage/mvcc/testing/memory-backend.ts';
import { InternalRaftRequest } from '../../wire/gen/raft-internal.ts';
import { Alarms } from '../alarms.ts';
import { Applier, type Applied } from '../applier.ts';
import { Membership } from '../membership.ts';
import { Quota } from '../quota.ts';

export class ApplierUnderTest {
  readonly store: MvccStore;
  readonly lessor: Lessor;
  readonly alarms: Alarms;
  readonly membership: Membership;
  readonly backend: MemoryBackend;
  readonly versions: string[] = [];
  /** What the quota takes for the size of the backend. */
  sizeBytes = 0;
  private readonly applier: Applier;

  static async start(quotaBytes = -1): Promise<ApplierUnderTest> {
    const backend = new MemoryBackend();
    const clock = new FakeClock();
    const lessor = new Lessor(backend, { clock, logger: SILENT_LOGGER, minTtlSeconds: 1 });
    const store = await MvccStore.open(backend, { clock, logger: SILENT_LOGGER, lessor });
    return new ApplierUnderTest(backend, lessor, store, quotaBytes);
  }

  private constructor(
    backend: MemoryBackend,
    lessor: Lessor,
    store: MvccStore,
    quotaBytes: number,
  ) {
    this.backend = backend;
    this.lessor = lessor;
    this.store = store;
    this.alarms = new Alarms(backend);
    this.membership = new Membership({
      clusterId: 0xc1n,
      localId: 1n,
      maxLearners: 1,
      logger: SILENT_LOGGER,
    });
    this.membership.recover(backend);
    this.applier = new Applier({
      store,
      leases: leaseStoreOf(lessor, store),
      alarms: this.alarms,
      membership: this.membership,
      quota: new Quota(quotaBytes, () => this.sizeBytes),
      logger: SILENT_LOGGER,
      onClusterVersion: (version) => this.versions.push(version),
    });
  }

  apply(request: Partial<InternalRaftRequest>): Applied {
    return this.applier.apply(InternalRaftRequest.create(request));
  }

  /** The code of the error that a request ends with, or `ok`. */
  outcome(request: Partial<InternalRaftRequest>): string {
    const { error } = this.apply(request);
    if (error === undefined) return 'ok';
    return 'code' in error ? error.code : error.message;
  }
}
