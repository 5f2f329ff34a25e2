// How much of the log an answer proves: the entries that must have been applied for it to be what it is.
import { errorCodeFromText } from '../../../node/src/base/errors.ts';
import { isReadOnly } from '../../../node/src/sim/checks/answers/content.ts';
import {
  textOfCompaction,
  textOfGrant,
  textOfKv,
  textOfRevoke,
} from '../../../node/src/sim/checks/model/model.ts';
import {
  KVService,
  LeaseService,
  type CompactionRequest,
  type DeleteRangeRequest,
  type LeaseGrantResponse,
  type LeaseLeasesResponse,
  type LeaseRevokeRequest,
  type LeaseTimeToLiveResponse,
  type PutRequest,
  type TxnRequest,
  type WatchResponse,
} from '../../../node/src/wire/gen/rpc.ts';
import { headerOf, type TapeRecord } from '../record/tape.ts';
import type { LogIndex } from './committed-log.ts';

/**
 * The index of the last entry that an answer stands on; 0: none.
 * @param appliedAtCall index that was known to be applied when the request was made
 */
export function neededBy(record: TapeRecord, log: LogIndex, appliedAtCall: number): number {
  if (record.outcome === 'error') return neededByError(record, log);
  if (record.outcome !== 'ok') return 0;
  const revision = headerOf(record.response)?.revision ?? 0;
  const own = ownEntry(record, log, appliedAtCall, revision);
  return Math.max(log.ofRevision(revision), own, ...leasesIn(record).map((id) => grantOf(log, id)));
}

export function neededByWatch(response: WatchResponse, log: LogIndex): number {
  const { compactRevision } = response;
  const compaction =
    compactRevision === 0 ? 0 : log.first(({ text }) => text.startsWith('compaction '));
  const revisions = response.events.map(({ kv }) => kv?.modRevision ?? 0);
  const revision = Math.max(response.header?.revision ?? 0, ...revisions);
  return Math.max(compaction, log.ofRevision(revision));
}

/** The entry of a write that was answered. */
function ownEntry(record: TapeRecord, log: LogIndex, after: number, revision: number): number {
  const { path, request } = record;
  const kv = textOfWrite(path, request);
  if (kv !== undefined) {
    return log.take(after, (one) => one.text === kv && one.revision === revision);
  }
  let text: string | undefined;
  // Each path has its own messages.
  if (path === KVService.compact.path) text = textOfCompaction(request as CompactionRequest);
  if (path === LeaseService.leaseRevoke.path) text = textOfRevoke(request as LeaseRevokeRequest);
  if (path === LeaseService.leaseGrant.path) {
    text = textOfGrant(record.response as LeaseGrantResponse);
  }
  return text === undefined ? 0 : log.take(after, (one) => one.text === text);
}

function textOfWrite(path: string, request: unknown): string | undefined {
  // Each path has its own request.
  switch (path) {
    case KVService.put.path:
      return textOfKv({ kind: 'put', request: request as PutRequest });
    case KVService.deleteRange.path:
      return textOfKv({ kind: 'deleteRange', request: request as DeleteRangeRequest });
    case KVService.txn.path: {
      const txn = request as TxnRequest;
      return isReadOnly(txn) ? undefined : textOfKv({ kind: 'txn', request: txn });
    }
    default:
      return undefined;
  }
}

/** Leases that an answer says exist. */
function leasesIn({ path, response }: TapeRecord): bigint[] {
  // Each path has its own response.
  if (path === LeaseService.leaseTimeToLive.path) {
    const { id, ttl } = response as LeaseTimeToLiveResponse;
    return ttl > 0 ? [id] : [];
  }
  if (path !== LeaseService.leaseLeases.path) return [];
  return (response as LeaseLeasesResponse).leases.map(({ id }) => id);
}

function grantOf(log: LogIndex, id: bigint): number {
  const text = textOfGrant({ id });
  return log.first((one) => one.text === text);
}

/** Errors that tell of a state: what the request names is gone. */
function neededByError({ errorText, path, request }: TapeRecord, log: LogIndex): number {
  const code = errorCodeFromText(errorText ?? '');
  if (code === 'Compacted') return log.first(({ kind }) => kind === 'compaction');
  if (code !== 'LeaseNotFound') return 0;
  let lease = 0n;
  if (path === KVService.put.path) lease = (request as PutRequest).lease;
  if (path === LeaseService.leaseRevoke.path) lease = (request as LeaseRevokeRequest).id;
  const text = textOfRevoke({ id: lease });
  return log.first((one) => one.text === text);
}
