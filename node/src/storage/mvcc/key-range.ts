// etcd's way to name keys in a request: one key, all from a key on, or [key, rangeEnd).
import { latin1FromBytes } from '../../base/index.ts';
import { NO_BOUND } from './key-index.ts';

export interface KeyRange {
  readonly from: string;
  /** Exclusive; NO_BOUND for all keys from `from` on; undefined for the key `from` alone. */
  readonly to: string | undefined;
}

/** `rangeEnd`: absent or empty is the key alone, a single zero byte is no bound (etcdserverpb.RangeRequest). */
export function keyRange(key: Uint8Array, rangeEnd: Uint8Array | undefined): KeyRange {
  const from = latin1FromBytes(key);
  if (rangeEnd === undefined || rangeEnd.length === 0) return { from, to: undefined };
  if (rangeEnd.length === 1 && rangeEnd[0] === 0) return { from, to: NO_BOUND };
  return { from, to: latin1FromBytes(rangeEnd) };
}
