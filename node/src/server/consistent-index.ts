// How far the backend is: the index and term of the last entry that it holds, written in the same transaction as what the
// entry changed, so that a restart neither skips an entry nor applies one twice (etcd: server/etcdserver/cindex,
// storage/schema/cindex.go, confstate.go).
import { textFromUtf8, utf8FromText } from '../base/index.ts';
import type { BucketView } from '../apply/index.ts';
import { ConfState } from '../wire/gen/raft.ts';

const INDEX_KEY = utf8FromText('consistent_index');
const TERM_KEY = utf8FromText('term');
const CONF_STATE_KEY = utf8FromText('confState');
const STORAGE_VERSION_KEY = utf8FromText('storageVersion');

export class ConsistentIndex {
  index = 0;
  term = 0;
  confState: ConfState | undefined;

  load(meta: BucketView): void {
    this.index = numberFrom(meta.get(INDEX_KEY));
    this.term = numberFrom(meta.get(TERM_KEY));
  }

  set(index: number, term: number): void {
    this.index = index;
    this.term = term;
  }

  /** Called in the transaction that is about to be committed. */
  write(meta: BucketView): void {
    if (this.index === 0) return;
    meta.put(INDEX_KEY, bytesFrom(this.index));
    meta.put(TERM_KEY, bytesFrom(this.term));
    if (this.confState !== undefined)
      meta.put(CONF_STATE_KEY, utf8FromText(confStateJson(this.confState)));
  }
}

/** What a copy of the backend says of itself. */
export interface BackendPosition {
  readonly index: number;
  readonly term: number;
  readonly confState: ConfState | undefined;
}

export function positionIn(get: (key: Uint8Array) => Uint8Array | undefined): BackendPosition {
  const confState = get(CONF_STATE_KEY);
  return {
    index: numberFrom(get(INDEX_KEY)),
    term: numberFrom(get(TERM_KEY)),
    confState: confState === undefined ? undefined : confStateFrom(textFromUtf8(confState) ?? ''),
  };
}

/** Only the lists matter: this store makes no joint configurations. */
function confStateFrom(json: string): ConfState {
  const ids = (name: string): bigint[] => {
    const list = new RegExp(`"${name}":\\[([0-9,]*)\\]`).exec(json)?.[1] ?? '';
    return list === '' ? [] : list.split(',').map(BigInt);
  };
  return ConfState.create({ voters: ids('voters'), learners: ids('learners') });
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
