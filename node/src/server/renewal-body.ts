// Many renewals of leases in one request from member to member. etcd has a request for each (lease/leasehttp), and answers 404 here.
import { DecodeError } from '../wire/index.ts';
import type { LeaseId } from '../base/index.ts';

/** POST: ids, 8 bytes little-endian each. Answered by as many doubles, little-endian: seconds, or one of the two below. */
export const RENEWALS_PATH = '/binnacle/leases/renew';
export const MAX_RENEWALS = 4096;
/** There is no such lease. */
export const GONE = 0;
/** This one has to wait for something: it is to be asked for at /leases. */
export const ASK_ALONE = -1;

const BYTES_EACH = 8;

export function bytesFromIds(ids: readonly LeaseId[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(ids.length * BYTES_EACH));
  for (const [i, id] of ids.entries()) view.setBigInt64(i * BYTES_EACH, id, true);
  return new Uint8Array(view.buffer);
}

/** @throws DecodeError */
export function idsFromBytes(bytes: Uint8Array): LeaseId[] {
  const view = viewOf(bytes);
  const ids: LeaseId[] = [];
  for (let at = 0; at < bytes.length; at += BYTES_EACH) ids.push(view.getBigInt64(at, true));
  return ids;
}

export function bytesFromTtls(ttls: readonly number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(ttls.length * BYTES_EACH));
  for (const [i, ttl] of ttls.entries()) view.setFloat64(i * BYTES_EACH, ttl, true);
  return new Uint8Array(view.buffer);
}

/** @throws DecodeError */
export function ttlsFromBytes(bytes: Uint8Array): number[] {
  const view = viewOf(bytes);
  const ttls: number[] = [];
  for (let at = 0; at < bytes.length; at += BYTES_EACH) ttls.push(view.getFloat64(at, true));
  return ttls;
}

function viewOf(bytes: Uint8Array): DataView {
  if (bytes.length === 0 || bytes.length % BYTES_EACH !== 0)
    throw new DecodeError('no whole renewal', bytes.length);
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
