// Keys and ranges as the API takes them.
import { EMPTY_BYTES, utf8FromText } from '../base/text.ts';

/** A key or value: text is written as UTF-8. */
export type Bytes = string | Uint8Array;

/** Which keys besides the one named; at most one of them is given. Without any: that key alone. */
export interface KeySelector {
  /** All keys that begin with the key; with an empty key: all keys. */
  readonly prefix?: boolean;
  /** All keys in [key, rangeEnd). */
  readonly rangeEnd?: Bytes;
  /** The key and all behind it. */
  readonly fromKey?: boolean;
}

export interface KeyRange {
  readonly key: Uint8Array;
  /** etcd's: empty is the key alone, [0] is everything from the key on. */
  readonly rangeEnd: Uint8Array;
}

const ZERO = new Uint8Array([0]);

export function toBytes(bytes: Bytes): Uint8Array {
  return typeof bytes === 'string' ? utf8FromText(bytes) : bytes;
}

/** @throws TypeError when the selector asks for two things at once */
export function keyRange(key: Bytes, selector: KeySelector = {}): KeyRange {
  const start = toBytes(key);
  const { prefix = false, fromKey = false, rangeEnd } = selector;
  if (Number(prefix) + Number(fromKey) + Number(rangeEnd !== undefined) > 1) {
    throw new TypeError('give one of prefix, rangeEnd and fromKey');
  }
  if (rangeEnd !== undefined) return { key: start, rangeEnd: toBytes(rangeEnd) };
  if (fromKey) return { key: start.length === 0 ? ZERO : start, rangeEnd: ZERO };
  if (!prefix) return { key: start, rangeEnd: EMPTY_BYTES };
  if (start.length === 0) return { key: ZERO, rangeEnd: ZERO };
  return { key: start, rangeEnd: prefixEnd(start) };
}

/** The first key behind all that begin with `prefix`; [0], the end of all keys, when there is none. */
export function prefixEnd(prefix: Uint8Array): Uint8Array {
  for (let i = prefix.length - 1; i >= 0; i--) {
    const byte = prefix[i] ?? 0;
    if (byte === 0xff) continue;
    const end = prefix.slice(0, i + 1);
    end[i] = byte + 1;
    return end;
  }
  return ZERO;
}

/** The first key behind `key`. */
export function keyAfter(key: Uint8Array): Uint8Array {
  const next = new Uint8Array(key.length + 1);
  next.set(key);
  return next;
}
