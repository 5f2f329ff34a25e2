// How far the backend is: the index and term of the last entry that it holds, written in the same transaction as what the
// entry changed, so that a restart neither skips an entry nor applies one twice (etcd: server/etcdserver/cindex,
// storage/schema/cindex.go, confstate.go).
import { utf8FromText } from '../base/index.ts';
import type { BucketView } from '../apply/index.ts';
import type { ConfState } from '../wire/gen/raft.ts';

const INDEX_KEY = utf8FromText('consistent_index');
const TERM_KEY = utf8FromText('term');
const CONF_STATE_KEY = utf8FromText('confState');
const STORAGE_VERSION_KEY = utf8FromText('storageVersion');

export class ConsistentIndex {
  index = 0;
  term = 0;
  confState: ConfState | undefined;
  /** What the last commit of the backend holds. */
  committedIndex = 0;
  committedTerm = 0;

  load(meta: BucketView): void {
    this.index = numberFrom(meta.get(INDEX_KEY));
    this.term = numberFrom(meta.get(TERM_KEY));
    this.committedIndex = this.index;
    this.committedTerm = this.term;
  }

  set(index: number, term: number): void {
    this.index = index;
    this.term = term;
  }

  /** Called in the transaction that is about to be committed. */
  write(meta: BucketView): void {
    if (this.index === 0) return;
    this.committedIndex = this.index;
    this.committedTerm = this.term;
    meta.put(INDEX_KEY, bytesFrom(this.index));
    meta.put(TERM_KEY, bytesFrom(this.term));
    if (this.confState !== undefined)
      meta.put(CONF_STATE_KEY, utf8FromText(confStateJson(this.confState)));
  }
}

/** The version of the storage schema, which etcdutl reads and a downgrade lowers. */
export function writeStorageVersion(meta: BucketView, version: string): void {
  meta.put(STORAGE_VERSION_KEY, utf8FromText(version));
}

export function readStorageVersion(meta: BucketView): string {
  const bytes = meta.get(STORAGE_VERSION_KEY);
  return bytes === undefined ? '' : String.fromCharCode(...bytes);
}

function numberFrom(bytes: Uint8Array | undefined): number {
  if (bytes === undefined) return 0;
  return Number(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0));
}

function bytesFrom(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value));
  return bytes;
}

function confStateJson(confState: ConfState): string {
  const list = (name: string, ids: readonly bigint[]) =>
    ids.length === 0 ? [] : [`"${name}":[${ids.join(',')}]`];
  const fields = [
    ...list('voters', confState.voters),
    ...list('learners', confState.learners),
    ...list('voters_outgoing', confState.votersOutgoing),
    ...list('learners_next', confState.learnersNext),
    `"auto_leave":${confState.autoLeave}`,
  ];
  return `{${fields.join(',')}}`;
}
