// Rebuilds the index from the bucket `key`, in slices (etcd: restore in server/storage/mvcc/kvstore.go).
import { formatId, present } from '../../base/index.ts';
import type { Clock, LeaseId, Logger } from '../../base/index.ts';
import { keyBehind } from './hash.ts';
import { IndexLoader } from './index-loader.ts';
import type { KeyValueBackend, LeaseAttacher } from './key-value-backend.ts';
import { revisionBytes } from './revision.ts';
import { StoreState } from './state.ts';

/** Pairs in a slice: some 3 ms. */
const SLICE_PAIRS = 2000;

export interface RestoreOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Recovered before, from the same backend. */
  readonly lessor: LeaseAttacher | undefined;
}

/** What is in the backend, as a state of the store. Keys are attached to their leases. */
export async function restoreState(
  backend: KeyValueBackend,
  options: RestoreOptions,
): Promise<StoreState> {
  const state = new StoreState(backend);
  const { logger } = options;
  const finished = state.finishedCompaction;
  if (finished !== undefined) {
    state.compactRevision = finished;
    logger.info('restored last compact revision', {
      'meta-bucket-name-key': 'finishedCompactRev',
      'restored-compact-revision': finished,
    });
  }
  const leases = await restoreIndex(state, options);
  // A compaction may have removed the newest revisions, and with them the trace of how far the store had come: also one
  // that was cut off before it noted its end (etcd-io/etcd#17780).
  state.revision = Math.max(state.revision, state.compactRevision, state.scheduledCompaction ?? 0);
  await attachLeases(leases, options);
  logger.info('kvstore restored', { 'current-rev': state.revision });
  return state;
}

/** Returns the leases of the keys. */
async function restoreIndex(
  state: StoreState,
  options: RestoreOptions,
): Promise<ReadonlyMap<string, LeaseId>> {
  const loader = new IndexLoader(state.index);
  let from: Uint8Array | undefined = revisionBytes(1, 0);
  while (from !== undefined) {
    let next: Uint8Array | undefined;
    let pairs = 0;
    const take = (bytes: Uint8Array, start: number, valueStart: number, end: number): boolean => {
      state.revision = loader.add(bytes, start, valueStart, end);
      if (++pairs < SLICE_PAIRS && !loader.isFull) return true;
      next = keyBehind(bytes.subarray(start, valueStart));
      return false;
    };
    state.keys.forEachInPlace(from, take);
    from = next;
    if (from === undefined || loader.isFull) loader.flush();
    if (from !== undefined) await options.clock.yieldNow();
  }
  for (let i = 0; i < loader.strayTombstones; i++)
    options.logger.warn('tombstone encountered error', { error: 'mvcc: revision not found' });
  return loader.leases;
}

async function attachLeases(
  leases: ReadonlyMap<string, LeaseId>,
  options: RestoreOptions,
): Promise<void> {
  let attached = 0;
  for (const [key, leaseId] of leases) {
    const lessor = present(options.lessor, 'a store whose keys have leases has a lessor');
    try {
      lessor.attach(leaseId, key);
    } catch (error) {
      options.logger.error('failed to attach a lease', {
        'lease-id': formatId(leaseId).padStart(16, '0'),
        error: String(error),
      });
    }
    if (++attached % SLICE_PAIRS === 0) await options.clock.yieldNow();
  }
}
