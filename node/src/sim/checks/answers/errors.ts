// Which errors a member may answer with, and which of them tell that nothing has happened.
import { latin1FromBytes, type ErrorCode } from '../../../base/index.ts';
import {
  CompactionRequest,
  HashKVRequest,
  KVService,
  LeaseRevokeRequest,
  LeaseService,
  MaintenanceService,
  PutRequest,
  RangeRequest,
  TxnRequest,
  type RequestOp,
} from '../../../wire/gen/rpc.ts';
import type { Model } from '../model/model.ts';
import type { OperationRecord } from '../observer.ts';
import { isSerializable } from './content.ts';
import type { Floor } from './floors.ts';

/** The request was refused, before or after it went through the log: it changed nothing. */
const WITHOUT_EFFECT: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'EmptyKey',
  'KeyNotFound',
  'ValueProvided',
  'LeaseProvided',
  'TooManyOps',
  'DuplicateKey',
  'InvalidSortOption',
  'Compacted',
  'FutureRev',
  'LeaseNotFound',
  'LeaseExist',
  'LeaseTTLTooLarge',
  'RequestTooLarge',
  'RequestTooManyRequests',
  'NotSupportedForLearner',
  'NotCapable',
  'Corrupt',
]);

export function isWithoutEffect(code: ErrorCode | undefined): boolean {
  return code !== undefined && WITHOUT_EFFECT.has(code);
}

/** The state of things when a request was made. */
export interface AtCall {
  /** Index of the latest entry. */
  readonly index: number;
  readonly floor: Floor;
}

/** Why an error cannot be true, or undefined when it can. */
export function unjustified(
  record: OperationRecord,
  code: ErrorCode,
  model: Model,
  atCall: AtCall,
): string | undefined {
  switch (code) {
    case 'Compacted':
      return unjustifiedCompacted(record, model);
    case 'FutureRev':
      return unjustifiedFuture(record, atCall.floor);
    case 'LeaseNotFound':
      return unjustifiedMissingLease(record, model, atCall);
    case 'KeyNotFound':
      return unjustifiedMissingKey(record, model, atCall);
    default:
      return undefined;
  }
}

function unjustifiedCompacted(record: OperationRecord, model: Model): string | undefined {
  const { compactRevision } = model;
  if (record.path === KVService.compact.path) {
    const { revision } = record.request as CompactionRequest; // the path's request
    return revision > compactRevision ? `compacted is only ${compactRevision}` : undefined;
  }
  const below = revisionsOf(record).filter((revision) => revision !== 0);
  if (below.some((revision) => revision < compactRevision)) return undefined;
  return `nothing that it reads is below the compacted revision ${compactRevision}`;
}

function unjustifiedFuture(record: OperationRecord, floor: Floor): string | undefined {
  if (record.path === KVService.compact.path) {
    const { revision } = record.request as CompactionRequest; // the path's request
    return revision <= floor.seen ? `revision ${revision} had been seen` : undefined;
  }
  const isStale = isStaleRead(record);
  const known = isStale ? floor.ofMember : floor.seen;
  const highest = revisionsOf(record).reduce((max, revision) => Math.max(max, revision), 0);
  return highest <= known ? `revision ${highest} had been seen before the call` : undefined;
}

/** It went through the log, so at its entry the lease must have been missing. */
function unjustifiedMissingLease(
  { path, request }: OperationRecord,
  model: Model,
  atCall: AtCall,
): string | undefined {
  let ids: bigint[];
  if (path === KVService.put.path)
    ids = [(request as PutRequest).lease]; // the path's request
  else if (path === KVService.txn.path) ids = putsOf(request as TxnRequest).map((put) => put.lease);
  else if (path === LeaseService.leaseRevoke.path) ids = [(request as LeaseRevokeRequest).id];
  else return undefined;
  const named = ids.filter((id) => id !== 0n);
  if (named.length === 0) return 'it names no lease';
  const missing = named.find((id) => !model.leases.livedSince(id, atCall.index));
  return missing === undefined ? `lease ${named.join(', ')} was there all the time` : undefined;
}

function unjustifiedMissingKey(
  { path, request }: OperationRecord,
  model: Model,
  atCall: AtCall,
): string | undefined {
  if (path !== KVService.put.path) return undefined;
  const { key, ignoreLease, ignoreValue } = request as PutRequest; // the path's request
  if (!ignoreLease && !ignoreValue) return 'it needs no key';
  const name = latin1FromBytes(key);
  const from = model.revisionAt(atCall.index);
  if (from === undefined || model.store.at(name, from) === undefined) return undefined;
  for (let revision = from + 1; revision <= model.revision; revision++) {
    const changes = model.store.changes(revision);
    if (changes.some((change) => change.isDelete && change.key === name)) return undefined;
  }
  return 'the key was there all the time';
}

/** True when the answer may be older than what others have seen. */
export function isStaleRead({ path, request }: OperationRecord): boolean {
  if (path === MaintenanceService.hashKV.path) return true;
  if (path === KVService.txn.path) return isSerializable(request as TxnRequest); // the path's request
  if (path !== KVService.range.path && path !== KVService.rangeStream.path) return false;
  return (request as RangeRequest).serializable; // the path's request
}

function revisionsOf(record: OperationRecord): number[] {
  if (record.path === MaintenanceService.hashKV.path) {
    return [(record.request as HashKVRequest).revision]; // the path's request
  }
  return readsOf(record).map(({ revision }) => revision);
}

function readsOf({ path, request }: OperationRecord): RangeRequest[] {
  if (path === KVService.txn.path) {
    return opsOf(request as TxnRequest).flatMap((op) => op.requestRange ?? []); // the path's request
  }
  if (path !== KVService.range.path && path !== KVService.rangeStream.path) return [];
  return [request as RangeRequest]; // the path's request
}

function putsOf(request: TxnRequest): PutRequest[] {
  return opsOf(request).flatMap((op) => op.requestPut ?? []);
}

/** All operations of both branches, those of transactions within too. */
function opsOf({ success, failure }: TxnRequest): RequestOp[] {
  return [...success, ...failure].flatMap((op) =>
    op.requestTxn === undefined ? [op] : opsOf(op.requestTxn),
  );
}
