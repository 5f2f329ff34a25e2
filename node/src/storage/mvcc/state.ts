// What a store consists of at one moment. A restore builds another one aside and swaps it in.
import { assert } from '../../base/index.ts';
import { KeyValue } from '../../wire/gen/kv.ts';
import { decode, Writer } from '../../wire/index.ts';
import { KeyIndex } from './key-index.ts';
import type { Finder, KeyValueBackend, KeyValueBucket } from './key-value-backend.ts';
import { mainOf, revisionBytes, REVISION_LENGTH, writeRevision } from './revision.ts';

const META_SCHEDULED = new Uint8Array([...'scheduledCompactRev'].map((c) => c.charCodeAt(0)));
const META_FINISHED = new Uint8Array([...'finishedCompactRev'].map((c) => c.charCodeAt(0)));

export class StoreState {
  readonly backend: KeyValueBackend;
  /** Bucket `key`: revision → encoded mvccpb.KeyValue. */
  readonly keys: KeyValueBucket;
  readonly index = new KeyIndex();
  /** The main revision of the last transaction that changed something; 1 when there was none. */
  revision = 1;
  /** −1 before the first compaction. */
  compactRevision = -1;
  private readonly meta: KeyValueBucket;
  /** A revision that is handed to the backend, and a value: the backend copies what it keeps. */
  private readonly lookup = new Uint8Array(REVISION_LENGTH);
  private scratch = new Uint8Array(4096);

  constructor(backend: KeyValueBackend) {
    this.backend = backend;
    this.keys = backend.bucket('key');
    this.meta = backend.bucket('meta');
  }

  /** Stores what a put made of its key, at a revision above all others. */
  append(main: number, sub: number, kv: KeyValue): void {
    const size = KeyValue.sizeOf(kv);
    if (size > this.scratch.length) this.scratch = new Uint8Array(2 * size);
    KeyValue.write(kv, new Writer(this.scratch));
    this.keys.append(writeRevision(this.lookup, main, sub), this.scratch.subarray(0, size));
  }

  /** The encoded KeyValue of an index record: a view that is valid until the next write. */
  encodedOf(record: number): Uint8Array {
    const { pool } = this.index;
    return this.encodedAt(pool.mainOf(record), pool.subOf(record));
  }

  /** Whether the finder finds the revision. */
  findWith(finder: Finder, main: number, sub: number): boolean {
    return finder.find(writeRevision(this.lookup, main, sub));
  }

  /** The encoded KeyValue of a revision that the index knows. */
  encodedAt(main: number, sub: number): Uint8Array {
    const value = this.keys.get(writeRevision(this.lookup, main, sub));
    assert(value !== undefined, `the backend has revision ${main}, which the index knows`);
    return value;
  }

  /** A KeyValue that owns its bytes. */
  keyValueOf(record: number): KeyValue {
    return decode(KeyValue, new Uint8Array(this.encodedOf(record)));
  }

  /** The compaction that was asked for last, or undefined. */
  get scheduledCompaction(): number | undefined {
    const bytes = this.meta.get(META_SCHEDULED);
    return bytes === undefined ? undefined : mainOf(bytes);
  }

  set scheduledCompaction(revision: number) {
    this.meta.put(META_SCHEDULED, revisionBytes(revision, 0));
  }

  /** The compaction that was physically done last, or undefined. */
  get finishedCompaction(): number | undefined {
    const bytes = this.meta.get(META_FINISHED);
    return bytes === undefined ? undefined : mainOf(bytes);
  }

  set finishedCompaction(revision: number) {
    this.meta.put(META_FINISHED, revisionBytes(revision, 0));
  }
}
