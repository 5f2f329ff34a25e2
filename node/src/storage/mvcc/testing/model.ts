// The store as a list of everything that ever happened: slow, and too simple to be wrong.
import { crc32c, utf8FromText } from '../../../base/index.ts';
import { KeyValue } from '../../../wire/gen/kv.ts';
import { encode } from '../../../wire/index.ts';
import { revisionBytes, tombstoneBytes } from '../revision.ts';

export interface Change {
  readonly main: number;
  readonly sub: number;
  readonly key: string;
  readonly deleted: boolean;
  readonly value: string;
  readonly lease: bigint;
  readonly created: number;
  readonly version: number;
}

export class ModelStore {
  revision = 1;
  compactRevision = -1;
  /** What a fully compacted backend holds, in order of revision. */
  changes: Change[] = [];

  /** The key's last change until `main`. */
  last(key: string, main: number): Change | undefined {
    return this.changes.findLast((change) => change.key === key && change.main <= main);
  }

  /** The changes that are the keys at `main`, in key order. */
  visible(main: number, from: string, to: string | undefined): Change[] {
    const keys = [...new Set(this.changes.map((change) => change.key))].sort();
    const inRange = (key: string) =>
      to === undefined ? key === from : key >= from && (to === '' || key < to);
    return keys
      .filter(inRange)
      .map((key) => this.last(key, main))
      .filter((change) => change !== undefined)
      .filter((change) => !change.deleted);
  }

  put(sub: number, key: string, value: string, lease: bigint): void {
    const main = this.revision + 1;
    const before = this.last(key, main);
    const fresh = before === undefined || before.deleted;
    const created = fresh ? main : before.created;
    const version = fresh ? 1 : before.version + 1;
    this.changes.push({ main, sub, key, deleted: false, value, lease, created, version });
  }

  deleteRange(sub: number, from: string, to: string | undefined): number {
    const main = this.revision + 1;
    const doomed = this.visible(main, from, to);
    doomed.forEach(({ key }, i) => {
      const change = { main, sub: sub + i, key, deleted: true, value: '', lease: 0n };
      this.changes.push({ ...change, created: 0, version: 0 });
    });
    return doomed.length;
  }

  compact(revision: number): void {
    this.compactRevision = revision;
    this.changes = this.changes.filter((change) => {
      if (change.main > revision) return true;
      return (
        change === this.last(change.key, revision) && (!change.deleted || change.main === revision)
      );
    });
  }

  /** etcd's hash, word for word (hash.go), over a compacted backend. */
  hash(revision: number): number {
    const kept = new Set(this.visible(revision, '', ''));
    let crc = crc32c(0, utf8FromText('key'));
    for (const change of this.changes) {
      if (change.main > revision) continue;
      if (change.main <= this.compactRevision && kept.size > 0 && !kept.has(change)) continue;
      if (change.main === this.compactRevision && change.deleted) continue;
      crc = crc32c(crc32c(crc, bucketKey(change)), bucketValue(change));
    }
    return crc;
  }
}

export function bucketKey(change: Change): Uint8Array {
  return (change.deleted ? tombstoneBytes : revisionBytes)(change.main, change.sub);
}

export function bucketValue(change: Change): Uint8Array {
  return encode(KeyValue, keyValue(change));
}

export function keyValue(change: Change): KeyValue {
  const key = utf8FromText(change.key);
  if (change.deleted) return KeyValue.create({ key });
  return {
    key,
    createRevision: change.created,
    modRevision: change.main,
    version: change.version,
    value: utf8FromText(change.value),
    lease: change.lease,
  };
}
