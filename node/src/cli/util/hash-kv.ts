// HashKV of a database file, which is only read (etcd: etcdutl/etcdutl/hashkv_command.go).
import { concatBytes, NO_LEASE, SILENT_LOGGER, type Clock } from '../../base/index.ts';
import {
  finderOf,
  MvccStore,
  ReadOnlyBackend,
  type KeyValueBackend,
  type KeyValueBucket,
  type LeaseAttacher,
} from '../../storage/index.ts';
import { requireFile, type Tool } from './world.ts';

export interface FileHash {
  readonly hash: number;
  readonly hashRevision: number;
  readonly compactRevision: number;
}

/** @param revision 0 is the newest. @throws EtcdError Compacted, FutureRev; BackendCorruptError */
export async function hashKvOfFile(tool: Tool, path: string, revision: number): Promise<FileHash> {
  await requireFile(tool, path);
  const file = await ReadOnlyBackend.open(tool.world, path);
  try {
    const { clock } = tool.world;
    const store = await openStore(file, clock);
    const result = await store.hashKv(revision);
    await store.close();
    return {
      hash: result.hash,
      hashRevision: result.revision,
      compactRevision: result.compactRevision,
    };
  } finally {
    await file.close();
  }
}

/** The store over a file that nobody may change: a compaction that was cut off is done in the index only. */
function openStore(file: ReadOnlyBackend, clock: Clock): Promise<MvccStore> {
  const backend: KeyValueBackend = {
    bucket: (name) => readOnlyBucket(file, name),
    createBucket: () => {},
    commitNow: () => Promise.resolve(),
    hash: () => file.hash(),
    sizeBytes: file.sizeBytes,
    sizeInUseBytes: file.sizeInUseBytes,
  };
  return MvccStore.open(backend, { clock, logger: SILENT_LOGGER, lessor: NO_LEASES });
}

function readOnlyBucket(file: ReadOnlyBackend, name: string): KeyValueBucket {
  const visitInPlace = (
    from: Uint8Array,
    to: Uint8Array | undefined,
    visit: (bytes: Uint8Array, start: number, valueStart: number, end: number) => boolean | void,
  ): void =>
    file.forEach(name, from, to, (key, value) => {
      const pair = concatBytes([key, value]);
      return visit(pair, 0, key.length, pair.length);
    });
  return {
    put: () => {},
    append: () => {},
    delete: () => {},
    prune: (from, to, judge) => {
      // Nothing may go from a file that is only read: what the judge sees is what counts.
      visitInPlace(from, to, (bytes, start, valueStart, end) => {
        judge.stays(bytes, start, valueStart, end);
      });
      return { next: undefined, changedLeaves: 0 };
    },
    get: (key) => file.get(name, key),
    finder: () => finderOf((key) => file.get(name, key)),
    forEachInPlace: (from, visit) => visitInPlace(from, undefined, visit),
    forEach: (from, to, visit) => file.forEach(name, from, to, visit),
  };
}

/** The hash does not depend on which leases exist. */
const NO_LEASES: LeaseAttacher = {
  attach: () => {},
  detach: () => {},
  leaseOf: () => NO_LEASE,
};
