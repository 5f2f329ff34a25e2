// The state that the committed entries make, one after the other: what every member has to hold, and what every answer
// has to agree with. Written from etcd's documentation and sources, with nothing of the rooms that it judges.
import { latin1FromBytes, type ErrorCode } from '../../../base/index.ts';
import { decode, encode } from '../../../wire/codec.ts';
import { InternalRaftRequest } from '../../../wire/gen/raft-internal.ts';
import { EntryType, type Entry } from '../../../wire/gen/raft.ts';
import {
  AlarmAction,
  AlarmType,
  CompactionRequest,
  DeleteRangeRequest,
  LeaseGrantRequest,
  LeaseRevokeRequest,
  PutRequest,
  TxnRequest,
  type AlarmRequest,
} from '../../../wire/gen/rpc.ts';
import { execute, type Executed, type KvRequest, type Surroundings } from './execute.ts';
import { deleteChange, KeyStore } from './key-store.ts';
import { LeaseTable } from './lease-table.ts';

const MAX_LEASE_TTL_SECONDS = 9_000_000_000;

export type RequestKind =
  'put' | 'deleteRange' | 'txn' | 'compaction' | 'leaseGrant' | 'leaseRevoke';

/** One request as the log holds it, and what became of it. */
export interface LoggedRequest {
  readonly index: number;
  readonly kind: RequestKind;
  /** Kind and encoded request: equal texts are equal requests. */
  readonly text: string;
  /** The store's revision behind it. */
  readonly revision: number;
  /** Whether it made that revision. */
  readonly hasChanged: boolean;
  readonly error: ErrorCode | undefined;
  /** Whether an answer has already been explained by it. */
  isClaimed: boolean;
}

export class Model {
  readonly store: KeyStore;
  readonly leases = new LeaseTable();
  /** Reads and watches below it fail. 0: never compacted. */
  compactRevision = 0;
  /** Index of the latest entry; 0: none yet. */
  appliedIndex = 0;
  private readonly entries: Entry[] = [];
  private readonly requests = new Map<string, LoggedRequest[]>();
  private readonly revisionByIndex: number[] = [];
  private readonly compactions: { readonly index: number; readonly revision: number }[] = [];
  private readonly alarms = new Set<string>();
  /** Makes the state in which this cluster began. */
  private begin = (): Model => new Model();

  constructor(store: KeyStore = new KeyStore()) {
    this.store = store;
  }

  get revision(): number {
    return this.store.revision;
  }

  /** Applies the next committed entry. Returns the request in it, if it is one that clients make. */
  feed(entry: Entry): LoggedRequest | undefined {
    const kept = { ...entry, data: entry.data.slice() };
    this.entries.push(kept);
    this.appliedIndex = entry.index;
    const logged = this.apply(kept);
    this.revisionByIndex.push(this.revision);
    if (logged === undefined) return undefined;
    const same = this.requests.get(logged.text);
    if (same === undefined) this.requests.set(logged.text, [logged]);
    else same.push(logged);
    return logged;
  }

  /** All entries that carry just this request, in order of the log. */
  requestsOf(text: string): readonly LoggedRequest[] {
    return this.requests.get(text) ?? [];
  }

  entryAt(index: number): Entry | undefined {
    const first = this.entries[0]?.index ?? 1;
    return this.entries[index - first];
  }

  get firstIndex(): number {
    return this.entries[0]?.index ?? this.appliedIndex + 1;
  }

  /** Revision of the store behind the entry at `index`. */
  revisionAt(index: number): number | undefined {
    return this.revisionByIndex[index - this.firstIndex];
  }

  /** What an entry has compacted below, as of the entry at `index`. */
  compactRevisionAt(index: number): number {
    return this.compactions.findLast((one) => one.index <= index)?.revision ?? 0;
  }

  /**
   * The model of a cluster that was restored from a snapshot taken behind `index`, and goes on at `revision`. A revision
   * bump compacts all that was before it (etcdutl: --bump-revision with --mark-compacted).
   */
  restoredAt(index: number, revision: number): Model {
    const entries = this.entries.filter((entry) => entry.index <= index);
    const begin = (): Model => Model.restored(this.begin(), entries, revision);
    const restored = begin();
    restored.begin = begin;
    return restored;
  }

  /** What `past` and the entries behind it made, as a cluster of its own that goes on at `revision`. */
  private static restored(past: Model, entries: readonly Entry[], revision: number): Model {
    for (const entry of entries) past.feed(entry);
    const restored = new Model(past.store.copyUpTo(past.revision));
    for (const { id, requestedTtl } of past.leases.all()) {
      restored.leases.grant(id, requestedTtl, 0);
      for (const key of past.leases.keys(id)) restored.leases.attach(key, id);
    }
    for (const alarm of past.alarms) restored.alarms.add(alarm);
    restored.compactRevision = past.compactRevision;
    if (revision > past.revision) {
      restored.store.skipTo(revision);
      restored.compactRevision = revision;
    }
    return restored;
  }

  private apply(entry: Entry): LoggedRequest | undefined {
    if (entry.type !== EntryType.EntryNormal || entry.data.length === 0) return undefined;
    const request = decode(InternalRaftRequest, entry.data);
    if (request.alarm !== undefined) this.applyAlarm(request.alarm);
    const { put, deleteRange, txn } = request;
    if (put !== undefined) return this.applyKv(entry.index, { kind: 'put', request: put });
    if (txn !== undefined) return this.applyKv(entry.index, { kind: 'txn', request: txn });
    if (deleteRange !== undefined) {
      return this.applyKv(entry.index, { kind: 'deleteRange', request: deleteRange });
    }
    return this.applyOther(entry.index, request);
  }

  private applyKv(index: number, request: KvRequest): LoggedRequest {
    const text = textOfKv(request);
    const refused = this.refusal(isCapped(request));
    const done: Executed =
      refused === undefined
        ? execute(this.store, this.revision, request, this.surroundings())
        : { error: refused };
    if ('error' in done) return this.logged(index, request.kind, text, false, done.error);
    this.store.commit(done.changes);
    for (const { key, kv } of done.changes) this.leases.attach(key, kv.lease);
    return this.logged(index, request.kind, text, done.changes.length > 0);
  }

  private applyOther(index: number, request: InternalRaftRequest): LoggedRequest | undefined {
    const { compaction, leaseGrant, leaseRevoke } = request;
    if (compaction !== undefined) {
      const text = textOfCompaction(compaction);
      return this.logged(index, 'compaction', text, false, this.compact(index, compaction));
    }
    if (leaseGrant !== undefined) {
      const error = this.grant(index, leaseGrant);
      return this.logged(index, 'leaseGrant', textOfGrant(leaseGrant), false, error);
    }
    if (leaseRevoke !== undefined) {
      const before = this.revision;
      const error = this.revoke(index, leaseRevoke);
      const text = textOfRevoke(leaseRevoke);
      return this.logged(index, 'leaseRevoke', text, this.revision > before, error);
    }
    return undefined;
  }

  private compact(index: number, { revision }: CompactionRequest): ErrorCode | undefined {
    const refused = this.refusal(false);
    if (refused !== undefined) return refused;
    if (revision <= this.compactRevision) return 'Compacted';
    if (revision > this.revision) return 'FutureRev';
    this.compactRevision = revision;
    this.compactions.push({ index, revision });
    return undefined;
  }

  private grant(index: number, { id, ttl }: LeaseGrantRequest): ErrorCode | undefined {
    const refused = this.refusal(true);
    if (refused !== undefined) return refused;
    if (id === 0n) return 'LeaseNotFound';
    if (ttl > MAX_LEASE_TTL_SECONDS) return 'LeaseTTLTooLarge';
    if (this.leases.get(id) !== undefined) return 'LeaseExist';
    this.leases.grant(id, ttl, index);
    return undefined;
  }

  /** The lease's keys go in one revision, in the order of keys. */
  private revoke(index: number, { id }: LeaseRevokeRequest): ErrorCode | undefined {
    const refused = this.refusal(false);
    if (refused !== undefined) return refused;
    if (this.leases.get(id) === undefined) return 'LeaseNotFound';
    const changes = this.leases.keys(id).flatMap((key) => {
      const previous = this.store.at(key, this.revision);
      return previous === undefined ? [] : [deleteChange(key, previous, this.revision + 1)];
    });
    this.store.commit(changes);
    for (const { key } of changes) this.leases.attach(key, 0n);
    this.leases.revoke(id, index, this.revision);
    return undefined;
  }

  private applyAlarm({ action, memberId, alarm }: AlarmRequest): void {
    if (alarm === AlarmType.NONE) return;
    if (action === AlarmAction.ACTIVATE) this.alarms.add(`${alarm} ${memberId}`);
    if (action === AlarmAction.DEACTIVATE) this.alarms.delete(`${alarm} ${memberId}`);
  }

  private hasAlarm(alarm: number): boolean {
    return [...this.alarms].some((one) => one.startsWith(`${alarm} `));
  }

  /** What an alarm makes of every request, and of those that take space. */
  private refusal(takesSpace: boolean): ErrorCode | undefined {
    if (this.alarms.size === 0) return undefined;
    if (this.hasAlarm(AlarmType.CORRUPT)) return 'Corrupt';
    return takesSpace && this.hasAlarm(AlarmType.NOSPACE) ? 'NoSpace' : undefined;
  }

  private surroundings(): Surroundings {
    return {
      hasLease: (id) => this.leases.get(id) !== undefined,
      compactRevision: this.compactRevision,
    };
  }

  private logged(
    index: number,
    kind: RequestKind,
    text: string,
    hasChanged: boolean,
    error?: ErrorCode,
  ): LoggedRequest {
    return { index, kind, text, revision: this.revision, hasChanged, error, isClaimed: false };
  }
}

/** A put or a transaction that puts, at its top level (etcd: quota.go, costTxn). */
function isCapped(request: KvRequest): boolean {
  if (request.kind !== 'txn') return request.kind === 'put';
  const { success, failure } = request.request;
  return [...success, ...failure].some((op) => op.requestPut !== undefined);
}

export function textOfKv({ kind, request }: KvRequest): string {
  switch (kind) {
    case 'put':
      return `put ${latin1FromBytes(encode(PutRequest, request))}`;
    case 'deleteRange':
      return `deleteRange ${latin1FromBytes(encode(DeleteRangeRequest, request))}`;
    case 'txn':
      return `txn ${latin1FromBytes(encode(TxnRequest, request))}`;
  }
}

export function textOfCompaction(request: CompactionRequest): string {
  return `compaction ${latin1FromBytes(encode(CompactionRequest, request))}`;
}

export function textOfGrant({ id }: { readonly id: bigint }): string {
  return `leaseGrant ${id}`;
}

export function textOfRevoke({ id }: LeaseRevokeRequest): string {
  return `leaseRevoke ${id}`;
}
