// A write transaction: all its changes share one main revision and count up in sub
// (etcd: storeTxnWrite in server/storage/mvcc/kvstore_txn.go).
import {
  assert,
  AssertionError,
  bytesFromLatin1,
  latin1FromBytes,
  NO_LEASE,
} from '../../base/index.ts';
import type { LeaseId, Logger } from '../../base/index.ts';
import { EventType, KeyValue } from '../../wire/gen/kv.ts';
import type { Event } from '../../wire/gen/kv.ts';
import { encode } from '../../wire/index.ts';
import { NO_RECORD } from './revision-pool.ts';
import { keyRange } from './key-range.ts';
import type { LeaseAttacher } from './key-value-backend.ts';
import { readRange } from './read.ts';
import type { RangeOptions, RangeResult } from './read.ts';
import { tombstoneBytes } from './revision.ts';
import type { StoreState } from './state.ts';

/** What a transaction needs of the store that opened it. */
export interface WriteContext {
  readonly state: StoreState;
  readonly lessor: LeaseAttacher | undefined;
  readonly logger: Logger;
  /** Called once, at the end, whether there are changes or not. */
  ended(txn: WriteTxn): void;
}

/** Never changed. */
const NONE: Event[] = [];

export class WriteTxn {
  /** The store's revision when the transaction began; its changes get the next one. */
  readonly revision: number;
  private readonly context: WriteContext;
  private open = true;
  private made: Event[] = NONE;

  constructor(context: WriteContext) {
    this.context = context;
    this.revision = context.state.revision;
  }

  /** What was changed so far, in order. */
  get changes(): readonly Event[] {
    return this.made;
  }

  get firstRevision(): number {
    return this.context.state.compactRevision;
  }

  /** Sees the transaction's own changes. @throws EtcdError Compacted, FutureRev */
  range(
    key: Uint8Array,
    rangeEnd: Uint8Array | undefined,
    options: RangeOptions = {},
  ): RangeResult {
    const current = this.changes.length === 0 ? this.revision : this.revision + 1;
    return readRange(this.context.state, current, key, rangeEnd, options);
  }

  /**
   * Stores a key. The lease has to exist: whoever applies the request checked that. Returns the revision of the change.
   * `key` and `value` are kept, so the caller leaves them unchanged.
   */
  put(key: Uint8Array, value: Uint8Array, leaseId: LeaseId): number {
    assert(this.open, 'a transaction that ended takes no put');
    const { state, lessor } = this.context;
    const { index } = state;
    const name = latin1FromBytes(key);
    const main = this.revision + 1;
    const sub = this.changes.length;
    const newest = index.newest(name);
    const existed = newest !== NO_RECORD && !index.pool.isTombstone(newest);
    const oldLease = existed && lessor !== undefined ? lessor.leaseOf(name) : NO_LEASE;
    const record = index.putSought(name, newest, main, sub);
    const kv: KeyValue = {
      key,
      createRevision: index.pool.createdOf(record),
      modRevision: main,
      version: index.pool.versionOf(record),
      value,
      lease: leaseId,
    };
    state.append(main, sub, kv);
    this.add({ type: EventType.PUT, kv, prevKv: undefined });
    if (oldLease !== leaseId) this.moveLease(name, oldLease, leaseId);
    return main;
  }

  /** Deletes the keys of the range. Returns their number and the revision after it. */
  deleteRange(
    key: Uint8Array,
    rangeEnd: Uint8Array | undefined,
  ): { deleted: number; revision: number } {
    assert(this.open, 'a transaction that ended deletes nothing');
    const names = this.namesIn(key, rangeEnd);
    for (const name of names) this.delete(name);
    const revision = this.changes.length === 0 ? this.revision : this.revision + 1;
    return { deleted: names.length, revision };
  }

  /** Makes the changes the store's newest revision and reports them. A transaction without changes takes none. */
  end(): void {
    assert(this.open, 'a transaction ends once');
    this.open = false;
    this.context.ended(this);
  }

  /** Most transactions make one change: an array of just one is a fifth of what the first push makes. */
  private add(event: Event): void {
    if (this.made.length === 0) this.made = [event];
    else this.made.push(event);
  }

  private namesIn(key: Uint8Array, rangeEnd: Uint8Array | undefined): string[] {
    const { index } = this.context.state;
    const { from, to } = keyRange(key, rangeEnd);
    const main = this.revision + 1;
    if (to === undefined) return index.at(from, main) === NO_RECORD ? [] : [from];
    const names: string[] = [];
    index.visit(from, to, main, (name) => {
      names.push(name);
      return true;
    });
    return names;
  }

  private delete(name: string): void {
    const { state, lessor } = this.context;
    const main = this.revision + 1;
    const sub = this.changes.length;
    const key = bytesFromLatin1(name);
    state.keys.append(tombstoneBytes(main, sub), encode(KeyValue, KeyValue.create({ key })));
    const existed = state.index.tombstone(name, main, sub);
    assert(existed, 'only a key that exists is deleted');
    const kv = KeyValue.create({ key, modRevision: main });
    this.add({ type: EventType.DELETE, kv, prevKv: undefined });
    const leaseId = lessor === undefined ? NO_LEASE : lessor.leaseOf(name);
    if (leaseId !== NO_LEASE) this.detach(leaseId, name);
  }

  private moveLease(name: string, from: LeaseId, to: LeaseId): void {
    const { lessor } = this.context;
    if (from !== NO_LEASE) this.detach(from, name);
    if (to === NO_LEASE) return;
    assert(lessor !== undefined, 'a store whose keys have leases has a lessor');
    try {
      lessor.attach(to, name);
    } catch (error) {
      // The put is half done, so this is no answer for a client.
      throw new AssertionError(`the lease of a put exists: ${String(error)}`);
    }
  }

  private detach(leaseId: LeaseId, name: string): void {
    try {
      this.context.lessor?.detach(leaseId, name);
    } catch (error) {
      this.context.logger.error('failed to detach old lease from a key', { error: String(error) });
    }
  }
}
