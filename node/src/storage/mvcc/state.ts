// What a store consists of at one moment. A restore builds another one aside and swaps it in.
import { assert } from '../../base/index.ts';
import { KeyValue } from '../../wire/gen/kv.ts';
import { decode } from '../../wire/index.ts';
import { KeyIndex } from './key-index.ts';
import type { KeyValueBackend, KeyValueBucket } from './key-value-backend.ts';
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
  private readonly lookup = new Uint8Array(REVISION_LENGTH);

  constructor(backend: KeyValueBackend) {
    this.backend = backend;
    this.keys = backend.bucket('key');
    this.meta = backend.bucket('meta');
  }

  /** The encoded KeyValue of an index record: a view that is valid until the next write. */
  encodedOf(record: number): Uint8Array {
    const { pool } = this.index;
    const main = pool.mainOf(record);
    const value = this.keys.get(writeRevision(this.lookup, main, pool.subOf(record)));
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
