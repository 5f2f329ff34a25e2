// HashKV: CRC-32C over the bucket's name and the raw pairs up to a revision, so that members, whatever they have
// compacted so far, can compare what they hold (etcd: server/storage/mvcc/hash.go).
import { crc32c, EtcdError, utf8FromText } from '../../base/index.ts';
import type { Clock, Logger } from '../../base/index.ts';
import { keyOfEncoded } from './encoded.ts';
import { isTombstone, isTombstoneAt, mainAt, mainOf, subOf } from './revision.ts';
import type { StoreState } from './state.ts';

export interface KeyValueHash {
  readonly hash: number;
  /** The compaction that the hash takes into account: what is older counts only while it is still to be seen. */
  readonly compactRevision: number;
  /** The hash covers revisions up to this one. */
  readonly revision: number;
}

const BUCKET_NAME = utf8FromText('key');
/** Hashes of compactions that are remembered (etcd: hashStorageMaxSize). */
const MAX_STORED = 10;
/** A slice ends after this many bytes or pairs: some 2 ms. */
const SLICE_BYTES = 1 << 20;
const SLICE_PAIRS = 2000;

export class KeyValueHasher {
  private readonly compactRevision: number;
  private readonly revision: number;
  private crc = crc32c(0, BUCKET_NAME);

  constructor(compactRevision: number, revision: number) {
    this.compactRevision = compactRevision;
    this.revision = revision;
  }

  /** Takes the next pair of the bucket. `kept`: a compaction at `revision` keeps it, or keeps nothing at all. */
  write(key: Uint8Array, value: Uint8Array, kept: boolean): void {
    if (this.counts(mainOf(key), kept, isTombstone(key)))
      this.crc = crc32c(crc32c(this.crc, key), value);
  }

  /** The same for a pair in place: its key is [start, valueStart) of the bytes, its value [valueStart, end). */
  writeInPlace(
    bytes: Uint8Array,
    start: number,
    valueStart: number,
    end: number,
    kept: boolean,
  ): void {
    const main = mainAt(bytes, start, valueStart);
    if (this.counts(main, kept, isTombstoneAt(bytes, start, valueStart)))
      this.crc = crc32c(this.crc, bytes, start, end);
  }

  private counts(main: number, kept: boolean, isDeletion: boolean): boolean {
    if (main > this.revision) return false;
    if (main <= this.compactRevision && !kept) return false;
    // Versions before 3.5.16 remove such a tombstone; a hash has to be the same with them.
    return main !== this.compactRevision || !isDeletion;
  }

  result(): KeyValueHash {
    return { hash: this.crc, compactRevision: this.compactRevision, revision: this.revision };
  }
}

/** Whether a compaction of `state` at `main` keeps this pair of the bucket `key`. */
export function isKept(
  state: StoreState,
  main: number,
  key: Uint8Array,
  value: Uint8Array,
): boolean {
  return state.index.keeps(keyOfEncoded(value), main, mainOf(key), subOf(key));
}

/**
 * Hashes the bucket in slices. Nothing may be removed from it meanwhile; what is added is newer than `revision`.
 * @throws EtcdError Stopped when `isStopped` says so between two slices
 */
export async function hashBucket(
  state: StoreState,
  compactRevision: number,
  revision: number,
  clock: Clock,
  isStopped: () => boolean,
): Promise<KeyValueHash> {
  const hasher = new KeyValueHasher(compactRevision, revision);
  let keepsNothing: boolean | undefined;
  let from: Uint8Array | undefined = new Uint8Array(0);
  while (from !== undefined) {
    if (isStopped()) throw new EtcdError('Stopped');
    let next: Uint8Array | undefined;
    let bytes = 0;
    let pairs = 0;
    const take = (key: Uint8Array, value: Uint8Array): boolean => {
      if (mainOf(key) > revision) return false;
      let kept = true;
      if (mainOf(key) <= compactRevision && !isKept(state, revision, key, value)) {
        keepsNothing ??= !state.index.anyAt(revision);
        kept = keepsNothing;
      }
      hasher.write(key, value, kept);
      bytes += key.length + value.length;
      if (++pairs < SLICE_PAIRS && bytes < SLICE_BYTES) return true;
      next = keyBehind(key);
      return false;
    };
    state.keys.forEach(from, undefined, take, 'once');
    from = next;
    if (from !== undefined) await clock.yieldNow();
  }
  return hasher.result();
}

/** The least key above `key`. */
export function keyBehind(key: Uint8Array): Uint8Array {
  const behind = new Uint8Array(key.length + 1);
  behind.set(key);
  return behind;
}

/** The hashes of the latest compactions, which members compare with each other. */
export class StoredHashes {
  private readonly logger: Logger;
  private readonly stored: KeyValueHash[] = [];

  constructor(logger: Logger) {
    this.logger = logger;
  }

  store(hash: KeyValueHash): void {
    this.logger.info('storing new hash', {
      hash: hash.hash,
      revision: hash.revision,
      'compact-revision': hash.compactRevision,
    });
    this.stored.push(hash);
    this.stored.sort((a, b) => a.revision - b.revision);
    if (this.stored.length > MAX_STORED) this.stored.shift();
  }

  find(revision: number): KeyValueHash | undefined {
    return this.stored.find((hash) => hash.revision === revision);
  }

  /** Ascending by revision. */
  list(): KeyValueHash[] {
    return [...this.stored];
  }
}

/** @throws EtcdError Compacted, FutureRev */
export function checkHashRevision(state: StoreState, revision: number): void {
  if (revision <= 0) return;
  if (revision < state.compactRevision) throw new EtcdError('Compacted');
  if (revision > state.revision) throw new EtcdError('FutureRev');
}
