// Every revision of every key, kept for ever: the naive picture of a store that answers are held against.
import { assert, bytesFromLatin1, latin1FromBytes } from '../../../base/index.ts';
import { KeyValue } from '../../../wire/gen/kv.ts';

/** Keys in [from, to) as latin1 texts; `to` undefined: no end. */
export interface KeyRange {
  readonly from: string;
  readonly to: string | undefined;
}

/** What one request did to one key. */
export interface Change {
  readonly key: string;
  /** Of a deletion only key and modRevision. */
  readonly kv: KeyValue;
  readonly isDelete: boolean;
  /** The key before its revision; undefined when there was none. */
  readonly previous: KeyValue | undefined;
}

/** A key's content from a revision on; undefined after a deletion. */
interface Version {
  readonly revision: number;
  readonly kv: KeyValue | undefined;
}

const NO_CHANGES: readonly Change[] = [];

/** The keys that `key` and `rangeEnd` of a request mean (rpc.proto: RangeRequest.range_end). */
export function keyRange(key: Uint8Array, rangeEnd: Uint8Array): KeyRange {
  const from = latin1FromBytes(key);
  if (rangeEnd.length === 0) return { from, to: `${from}\0` };
  if (rangeEnd.length === 1 && rangeEnd[0] === 0) return { from, to: undefined };
  return { from, to: latin1FromBytes(rangeEnd) };
}

export function isInRange({ from, to }: KeyRange, key: string): boolean {
  return key >= from && (to === undefined || key < to);
}

export function isSingleKey({ from, to }: KeyRange): boolean {
  return to === `${from}\0`;
}

export class KeyStore {
  /** The latest revision. An empty store is at 1. */
  revision = 1;
  private readonly versions = new Map<string, Version[]>();
  private readonly changesByRevision = new Map<number, readonly Change[]>();
  /** All keys that ever were, in order. */
  private readonly keys: string[] = [];

  /** Makes the next revision of `changes`; without any, nothing happens. */
  commit(changes: readonly Change[]): void {
    if (changes.length === 0) return;
    this.revision++;
    this.changesByRevision.set(this.revision, changes);
    for (const change of changes) this.append(change);
  }

  /** Goes on at `revision` without changes in between (a restore with revision bump). */
  skipTo(revision: number): void {
    assert(revision >= this.revision, 'a store never goes back');
    this.revision = revision;
  }

  /** What changed in a revision, in order of sub-revisions. */
  changes(revision: number): readonly Change[] {
    return this.changesByRevision.get(revision) ?? NO_CHANGES;
  }

  at(key: string, revision: number): KeyValue | undefined {
    const versions = this.versions.get(key);
    if (versions === undefined) return undefined;
    let low = 0;
    let high = versions.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (versions[middle]!.revision <= revision) low = middle + 1;
      else high = middle;
    }
    return versions[low - 1]?.kv;
  }

  /** The keys of a range that were alive at `revision`, in order. */
  range(range: KeyRange, revision: number): KeyValue[] {
    const found: KeyValue[] = [];
    for (let i = this.firstKeyFrom(range.from); i < this.keys.length; i++) {
      const key = this.keys[i]!;
      if (!isInRange(range, key)) break;
      const kv = this.at(key, revision);
      if (kv !== undefined) found.push(kv);
    }
    return found;
  }

  /** A store with the history up to `revision` and nothing behind it. */
  copyUpTo(revision: number): KeyStore {
    const copy = new KeyStore();
    for (let at = 2; at <= revision; at++) {
      copy.revision = at - 1;
      const changes = this.changes(at);
      if (changes.length === 0) copy.revision = at;
      else copy.commit(changes);
    }
    return copy;
  }

  private append({ key, kv, isDelete }: Change): void {
    const version: Version = { revision: this.revision, kv: isDelete ? undefined : kv };
    const versions = this.versions.get(key);
    if (versions !== undefined) {
      versions.push(version);
      return;
    }
    this.versions.set(key, [version]);
    this.keys.splice(this.firstKeyFrom(key), 0, key);
  }

  private firstKeyFrom(key: string): number {
    let low = 0;
    let high = this.keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.keys[middle]! < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** The change that writes a key, from what it was before. */
export function putChange(
  key: string,
  previous: KeyValue | undefined,
  written: { readonly value: Uint8Array; readonly lease: bigint; readonly revision: number },
): Change {
  const { value, lease, revision } = written;
  const kv: KeyValue = {
    key: bytesFromLatin1(key),
    createRevision: previous?.createRevision ?? revision,
    modRevision: revision,
    version: (previous?.version ?? 0) + 1,
    value,
    lease,
  };
  return { key, kv, isDelete: false, previous };
}

export function deleteChange(key: string, previous: KeyValue, revision: number): Change {
  const kv = KeyValue.create({ key: bytesFromLatin1(key), modRevision: revision });
  return { key, kv, isDelete: true, previous };
}
