// Writes protobuf's wire format into a buffer whose size was computed before (size first, allocate once).
// The size functions below mirror the Writer's methods one to one.
import { utf8Length, writeUtf8 } from '../base/text.ts';

const TWO_32 = 0x1_0000_0000;

/** A bigint goes through memory: shifting and masking it would allocate a bigint a step. Wraps as two's complement does. */
const WIDE = new BigUint64Array(1);
const HALVES = new Uint32Array(WIDE.buffer);
/** Where its halves lie depends on the machine's byte order. */
const LOW = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1 ? 0 : 1;
const HIGH = 1 - LOW;

/** Bytes of a varint for a non-negative number below 2^53. A negative number takes 10, as two's complement does. */
export function varintSize(value: number): number {
  if (value < 0) return 10;
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  if (value < 0x20_0000) return 3;
  if (value < 0x1000_0000) return 4;
  let size = 5;
  for (let rest = value / 0x8_0000_0000; rest >= 1; rest /= 128) size++;
  return size;
}

export function bigVarintSize(value: bigint): number {
  WIDE[0] = value;
  const high = HALVES[HIGH]!;
  if (high === 0) return varintSize(HALVES[LOW]!);
  // A division here makes V8 optimise it again and again.
  if (high < 0x8) return 5;
  if (high < 0x400) return 6;
  if (high < 0x2_0000) return 7;
  if (high < 0x100_0000) return 8;
  return high < 0x8000_0000 ? 9 : 10;
}

/** The bigint of two unsigned halves. */
export function bigFromWords(low: number, high: number): bigint {
  HALVES[LOW] = low;
  HALVES[HIGH] = high;
  return WIDE[0]!;
}

/** Size of a length prefix and the `length` bytes behind it. */
export function delimitedSize(length: number): number {
  return varintSize(length) + length;
}

export function stringSize(text: string): number {
  return delimitedSize(utf8Length(text));
}

/** A cursor that writes into `bytes`, which must be large enough: the caller sized the message first. */
export class Writer {
  readonly bytes: Uint8Array;
  position: number;

  constructor(bytes: Uint8Array, position = 0) {
    this.bytes = bytes;
    this.position = position;
  }

  /** A tag, length, enum, or non-negative integer below 2^53; a negative one is written as a 64-bit two's complement. */
  varint(value: number): void {
    const bytes = this.bytes;
    if (value >= 0 && value < 0x80) {
      bytes[this.position++] = value;
      return;
    }
    if (value < 0) {
      this.words(value >>> 0, Math.floor(value / TWO_32) >>> 0);
      return;
    }
    let rest = value;
    while (rest >= 0x1000_0000) {
      bytes[this.position++] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
    while (rest >= 0x80) {
      bytes[this.position++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    bytes[this.position++] = rest;
  }

  bigVarint(value: bigint): void {
    WIDE[0] = value;
    this.words(HALVES[LOW]!, HALVES[HIGH]!);
  }

  bool(value: boolean): void {
    this.bytes[this.position++] = value ? 1 : 0;
  }

  bytesField(value: Uint8Array): void {
    this.varint(value.length);
    this.bytes.set(value, this.position);
    this.position += value.length;
  }

  string(text: string): void {
    this.varint(utf8Length(text));
    this.position = writeUtf8(text, this.bytes, this.position);
  }

  private words(low: number, high: number): void {
    const bytes = this.bytes;
    while (high !== 0 || low >= 0x80) {
      bytes[this.position++] = (low & 0x7f) | 0x80;
      low = ((low >>> 7) | (high << 25)) >>> 0;
      high >>>= 7;
    }
    bytes[this.position++] = low;
  }
}
