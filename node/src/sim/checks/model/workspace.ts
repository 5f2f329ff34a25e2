// The keys as one request sees them: a past state with the request's own changes on top.
import { latin1FromBytes } from '../../../base/index.ts';
import type { KeyValue } from '../../../wire/gen/kv.ts';
import {
  deleteChange,
  isInRange,
  putChange,
  type Change,
  type KeyRange,
  type KeyStore,
} from './key-store.ts';

export class Workspace {
  readonly changes: Change[] = [];
  private readonly store: KeyStore;
  private readonly beginRevision: number;
  private readonly own = new Map<string, KeyValue | undefined>();

  constructor(store: KeyStore, revision: number) {
    this.store = store;
    this.beginRevision = revision;
  }

  /** What a header names: the next revision as soon as something has changed. */
  get revision(): number {
    return this.changes.length === 0 ? this.beginRevision : this.beginRevision + 1;
  }

  get(key: string): KeyValue | undefined {
    return this.own.has(key) ? this.own.get(key) : this.store.at(key, this.beginRevision);
  }

  /** Keys of the range in order; at a past `revision`, without own changes. */
  range(range: KeyRange, revision: number = this.revision): KeyValue[] {
    const found = this.store.range(range, Math.min(revision, this.beginRevision));
    if (this.own.size === 0 || revision <= this.beginRevision) return found;
    const kept = new Map(found.map((kv) => [latin1FromBytes(kv.key), kv]));
    for (const [key, kv] of this.own) {
      if (!isInRange(range, key)) continue;
      if (kv === undefined) kept.delete(key);
      else kept.set(key, kv);
    }
    const byKey = ([a]: [string, KeyValue], [b]: [string, KeyValue]): number => (a < b ? -1 : 1);
    return [...kept].sort(byKey).map(([, kv]) => kv);
  }

  put(key: string, value: Uint8Array, lease: bigint): void {
    const revision = this.beginRevision + 1;
    const change = putChange(key, this.get(key), { value, lease, revision });
    this.changes.push(change);
    this.own.set(key, change.kv);
  }

  delete(key: string): void {
    const previous = this.get(key);
    if (previous === undefined) return;
    this.changes.push(deleteChange(key, previous, this.beginRevision + 1));
    this.own.set(key, undefined);
  }
}
