// How much of the log an answer proves: the entries that must have been applied for it to be what it is.
import { errorCodeFromText } from '../../../node/src/base/errors.ts';
import { kvRequestOf } from '../../../node/src/sim/checks/answers/answers.ts';
import { isReadOnly, writeMismatch } from '../../../node/src/sim/checks/answers/content.ts';
import type { KvResponse } from '../../../node/src/sim/checks/model/execute.ts';
import {
  textOfCompaction,
  textOfGrant,
  textOfKv,
  textOfRevoke,
  type LoggedRequest,
} from '../../../node/src/sim/checks/model/model.ts';
import {
  KVService,
  LeaseService,
  type CompactionRequest,
  type LeaseGrantResponse,
  type LeaseLeasesResponse,
  type LeaseRevokeRequest,
  type LeaseTimeToLiveResponse,
  type PutRequest,
  type RangeRequest,
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
  const compaction = compactRevision === 0 ? 0 : log.ofCompaction(compactRevision);
  const revisions = response.events.map(({ kv }) => kv?.modRevision ?? 0);
  const revision = Math.max(response.header?.revision ?? 0, ...revisions);
  return Math.max(compaction, log.ofRevision(revision));
}

/** The entry of a write that was answered. */
function ownEntry(record: TapeRecord, log: LogIndex, after: number, revision: number): number {
  const { path, request } = record;
  const kv = kvRequestOf(record);
  if (kv?.kind === 'txn' && isReadOnly(kv.request)) return 0;
  if (kv !== undefined) {
    const text = textOfKv(kv);
    const { store } = log.model;
    const response = record.response as KvResponse; // of a KV request
    const fits = (one: LoggedRequest): boolean => one.text === text && one.revision === revision;
    // Equal requests may have come to the same revision: one made it, the others found nothing to do.
    return (
      log.take(
        after,
        (one) => fits(one) && writeMismatch(store, kv, response, one) === undefined,
      ) || log.take(after, fits)
    );
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
  if (code === 'Compacted') {
    // Each path has its own request.
    if (path === KVService.compact.path) {
      return log.ofCompaction((request as CompactionRequest).revision);
    }
    return path === KVService.range.path
      ? log.ofCompaction((request as RangeRequest).revision + 1)
      : 0;
  }
  if (code !== 'LeaseNotFound') return 0;
  let lease = 0n;
  if (path === KVService.put.path) lease = (request as PutRequest).lease;
  if (path === LeaseService.leaseRevoke.path) lease = (request as LeaseRevokeRequest).id;
  const text = textOfRevoke({ id: lease });
  return log.first((one) => one.text === text);
}
