// What an answer has to say, given the revision that it names.
import { execute, type KvRequest, type KvResponse } from '../model/execute.ts';
import type { KeyStore } from '../model/key-store.ts';
import { answerRange } from '../model/range.ts';
import { Workspace } from '../model/workspace.ts';
import type {
  DeleteRangeResponse,
  PutResponse,
  RangeRequest,
  RangeResponse,
  RangeStreamResponse,
  TxnRequest,
  TxnResponse,
} from '../../../wire/gen/rpc.ts';
import { RangeResponse as RangeCodec } from '../../../wire/gen/rpc.ts';
import { textOfDeleteRange, textOfKeyValue, textOfPut, textOfRange, textOfTxn } from '../text.ts';

/** An answer was given, so whatever would have refused the request was not so. */
const WITHOUT_REFUSAL = { hasLease: () => true, compactRevision: 0 };

/** Undefined when the answer is right; otherwise what it was, and what it should have been. */
export type Mismatch = string | undefined;

const SHOWN_LENGTH = 1_500;

function mismatch(seen: string, expected: string): Mismatch {
  if (seen === expected) return undefined;
  return `answered ${seen.slice(0, SHOWN_LENGTH)}, but it is ${expected.slice(0, SHOWN_LENGTH)}`;
}

function textOfResponse({ kind, request }: KvRequest, response: KvResponse): string {
  // The response belongs to the request: it was made from it, or it came as its answer.
  if (kind === 'put') return textOfPut(response as PutResponse);
  if (kind === 'deleteRange') return textOfDeleteRange(response as DeleteRangeResponse);
  return textOfTxn(request, response as TxnResponse);
}

/** What a write must have answered when it made `revision` (`hasChanged`), or when it found nothing to change there. */
export function writeMismatch(
  store: KeyStore,
  request: KvRequest,
  response: KvResponse,
  at: { readonly revision: number; readonly hasChanged: boolean },
): Mismatch {
  const before = at.hasChanged ? at.revision - 1 : at.revision;
  const executed = execute(store, before, request, WITHOUT_REFUSAL);
  const seen = textOfResponse(request, response);
  if ('error' in executed) return mismatch(seen, `the error ${executed.error}`);
  if (!hasSameChanges(store, at, executed.changes)) {
    return mismatch(seen, at.hasChanged ? 'not what made this revision' : 'a change');
  }
  return mismatch(seen, textOfResponse(request, executed.response));
}

function hasSameChanges(
  store: KeyStore,
  at: { readonly revision: number; readonly hasChanged: boolean },
  changes: ReturnType<KeyStore['changes']>,
): boolean {
  const text = (list: typeof changes): string =>
    list.map(({ kv, isDelete }) => `${isDelete} ${textOfKeyValue(kv)}`).join('; ');
  return text(changes) === (at.hasChanged ? text(store.changes(at.revision)) : '');
}

export function rangeMismatch(
  store: KeyStore,
  request: RangeRequest,
  response: RangeResponse,
): Mismatch {
  const revision = response.header?.revision ?? 0;
  const seen = textOfRange(request, response);
  if (request.revision > revision) return mismatch(seen, 'the error FutureRev');
  return mismatch(seen, textOfRange(request, answerRange(new Workspace(store, revision), request)));
}

/** A transaction that only reads. */
export function readTxnMismatch(
  store: KeyStore,
  request: TxnRequest,
  response: TxnResponse,
): Mismatch {
  const at = { revision: response.header?.revision ?? 0, hasChanged: false };
  return writeMismatch(store, { kind: 'txn', request }, response, at);
}

/** The chunks of a stream as the one answer that they add up to. */
export function joinChunks(chunks: readonly RangeStreamResponse[]): RangeResponse {
  const parts = chunks.map((chunk) => chunk.rangeResponse ?? RangeCodec.create());
  const last = parts.at(-1) ?? RangeCodec.create();
  return { ...last, kvs: parts.flatMap((part) => part.kvs) };
}

export function isReadOnly(request: TxnRequest): boolean {
  return [...request.success, ...request.failure].every((op) => op.requestRange !== undefined);
}

/** True when every read of it may be stale; then the whole transaction may. */
export function isSerializable(request: TxnRequest): boolean {
  return [...request.success, ...request.failure].every(
    (op) => op.requestRange?.serializable === true,
  );
}
