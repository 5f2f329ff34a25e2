// Each answer against the model and against what was seen before: the request is in the log with the revision that the
// answer names, it says just what the model says there, and it is not older than what anybody knew when it was asked for.
import { errorCodeFromText } from '../../../base/index.ts';
import {
  KVService,
  LeaseService,
  type CompactionRequest,
  type DeleteRangeRequest,
  type LeaseGrantRequest,
  type LeaseGrantResponse,
  type LeaseRevokeRequest,
  type PutRequest,
  type RangeRequest,
  type RangeResponse,
  type RangeStreamResponse,
  type ResponseHeader,
  type TxnRequest,
  type TxnResponse,
} from '../../../wire/gen/rpc.ts';
import type { CheckContext } from '../context.ts';
import type { KvRequest, KvResponse } from '../model/execute.ts';
import {
  textOfCompaction,
  textOfGrant,
  textOfKv,
  textOfRevoke,
  type Model,
  type LoggedRequest,
} from '../model/model.ts';
import type { OperationRecord } from '../observer.ts';
import { Claims } from './claims.ts';
import {
  isReadOnly,
  joinChunks,
  rangeMismatch,
  readTxnMismatch,
  writeMismatch,
} from './content.ts';
import type { Mismatch } from './content.ts';
import { isStaleRead, isWithoutEffect, unjustified, type AtCall } from './errors.ts';
import { Floors } from './floors.ts';

const CHECK = 'answer';

interface Call extends AtCall {
  readonly model: Model;
  /** What its entry in the log reads, if it goes there and that is known yet. */
  readonly text: string | undefined;
}

export class Answers {
  readonly floors: Floors;
  private readonly context: CheckContext;
  private claims: Claims;
  private readonly calls = new Map<OperationRecord, Call>();

  constructor(context: CheckContext) {
    this.context = context;
    this.floors = new Floors(context);
    this.claims = new Claims(context);
  }

  called(record: OperationRecord): void {
    const { model } = this.context;
    const text = logText(record);
    const floor = this.floors.at(record.host);
    this.calls.set(record, { model, text, index: model.appliedIndex, floor });
    if (text !== undefined) this.claims.called(record, text);
  }

  returned(record: OperationRecord): void {
    const call = this.calls.get(record);
    this.calls.delete(record);
    // What was asked before a disaster recovery is not answered after it.
    if (call === undefined || call.model !== this.context.model) return;
    if (record.outcome === 'ok') this.answered(record, call);
    else if (record.outcome === 'error') this.failed(record, call);
    else if (record.outcome === 'refused' && call.text !== undefined) {
      this.claims.failed(record, call.text);
    }
  }

  /** A new era begins: nothing of the old one is asked for any more. */
  restored(): void {
    this.calls.clear();
    this.floors.reset();
    this.claims = new Claims(this.context);
  }

  finish(): void {
    this.claims.finish(this.context.model);
  }

  private answered(record: OperationRecord, call: Call): void {
    const { path, request, response, host } = record;
    const revision = headerOf(record)?.revision ?? 0;
    const isLinearizable = LINEARIZABLE.has(path) && !isStaleRead(record);
    if (revision > 0) {
      this.floors.check(nameOf(record), host, revision, call.floor, isLinearizable);
      this.floors.saw(host, revision);
    }
    if (revision > this.context.model.revision) return;
    // Each path has its own messages, so that the casts below hold.
    switch (path) {
      case KVService.range.path:
        this.checkRange(record, call, request as RangeRequest, response as RangeResponse);
        break;
      case KVService.rangeStream.path: {
        const joined = joinChunks(response as RangeStreamResponse[]);
        this.checkRange(record, call, request as RangeRequest, joined);
        break;
      }
      case KVService.compact.path: {
        const compaction = request as CompactionRequest;
        this.claims.answered(record, textOfCompaction(compaction), call.index, () => true);
        this.floors.sawCompaction(compaction.revision);
        break;
      }
      case LeaseService.leaseGrant.path:
        this.checkGrant(record, call);
        break;
      case LeaseService.leaseRevoke.path: {
        const text = textOfRevoke(request as LeaseRevokeRequest);
        this.claims.answered(record, text, call.index, () => true);
        break;
      }
      default:
        this.checkWrite(record, call);
    }
  }

  private checkWrite(record: OperationRecord, call: Call): void {
    const request = kvRequestOf(record);
    if (request === undefined) return;
    const response = record.response as KvResponse; // of a KV request
    if (request.kind === 'txn' && isReadOnly(request.request)) {
      const { store } = this.context.model;
      this.wrongUnless(record, readTxnMismatch(store, request.request, response as TxnResponse));
      return;
    }
    const revision = response.header?.revision ?? 0;
    const { store } = this.context.model;
    const mismatchOf = (one: LoggedRequest): Mismatch =>
      writeMismatch(store, request, response, one);
    const entry = this.claims.answered(
      record,
      textOfKv(request),
      call.index,
      (one) => one.revision === revision,
      (one) => mismatchOf(one) === undefined,
    );
    if (entry !== undefined) this.wrongUnless(record, mismatchOf(entry));
  }

  private checkRange(
    record: OperationRecord,
    { floor }: Call,
    request: RangeRequest,
    response: RangeResponse,
  ): void {
    this.wrongUnless(record, rangeMismatch(this.context.model.store, request, response));
    if (request.revision > 0 && request.revision < floor.compacted && !request.serializable) {
      this.report(record, `reads revision ${request.revision}, compacted at ${floor.compacted}`);
    }
  }

  private checkGrant(record: OperationRecord, call: Call): void {
    const request = record.request as LeaseGrantRequest; // the path's messages
    const { id, ttl } = record.response as LeaseGrantResponse;
    if (request.id !== 0n && id !== request.id) this.report(record, `granted another id, ${id}`);
    if (ttl < request.ttl) this.report(record, `granted only ${ttl} s of ${request.ttl} s`);
    this.claims.answered(record, textOfGrant({ id }), call.index, () => true);
  }

  private failed(record: OperationRecord, call: Call): void {
    const code = errorCodeFromText(record.errorText ?? '');
    if (call.text !== undefined && isWithoutEffect(code)) this.claims.failed(record, call.text);
    if (code === undefined) return;
    const reason = unjustified(record, code, this.context.model, call);
    if (reason !== undefined) this.report(record, `failed with ${code}, but ${reason}`);
  }

  private wrongUnless(record: OperationRecord, mismatch: Mismatch): void {
    if (mismatch !== undefined) this.report(record, mismatch);
  }

  private report(record: OperationRecord, text: string): void {
    this.context.report(CHECK, `${nameOf(record)} ${text}`);
  }
}

/** Answers that may not be older than what was known at their call; reads only unless they are serializable. */
const LINEARIZABLE: ReadonlySet<string> = new Set([
  KVService.range.path,
  KVService.rangeStream.path,
  KVService.put.path,
  KVService.deleteRange.path,
  KVService.txn.path,
  KVService.compact.path,
  LeaseService.leaseGrant.path,
  LeaseService.leaseRevoke.path,
]);

export function kvRequestOf({ path, request }: OperationRecord): KvRequest | undefined {
  // Each path has its own request message.
  switch (path) {
    case KVService.put.path:
      return { kind: 'put', request: request as PutRequest };
    case KVService.deleteRange.path:
      return { kind: 'deleteRange', request: request as DeleteRangeRequest };
    case KVService.txn.path:
      return { kind: 'txn', request: request as TxnRequest };
    default:
      return undefined;
  }
}

/** What the entry of a write reads. Undefined for a read, and for a grant whose id the member chooses. */
function logText(record: OperationRecord): string | undefined {
  const kv = kvRequestOf(record);
  if (kv !== undefined) {
    return kv.kind === 'txn' && isReadOnly(kv.request) ? undefined : textOfKv(kv);
  }
  const { path, request } = record;
  if (path === KVService.compact.path) return textOfCompaction(request as CompactionRequest);
  if (path === LeaseService.leaseRevoke.path) return textOfRevoke(request as LeaseRevokeRequest);
  if (path !== LeaseService.leaseGrant.path) return undefined;
  const grant = request as LeaseGrantRequest;
  return grant.id === 0n ? undefined : textOfGrant(grant);
}

/** The header of an answer; of a stream, that of its last message. */
export function headerOf({ path, response }: OperationRecord): ResponseHeader | undefined {
  if (path === KVService.rangeStream.path) {
    return joinChunks(response as RangeStreamResponse[]).header;
  }
  if (typeof response !== 'object' || response === null || !('header' in response))
    return undefined;
  return response.header as ResponseHeader | undefined; // so are all headers of the API
}

export function nameOf({ id, path, client, host }: OperationRecord): string {
  return `operation ${id} (${path} of ${client} to ${host})`;
}
