// Reads protobuf's wire format (https://protobuf.dev/programming-guides/encoding/) from a byte array.
// Messages read themselves field by field: see the generated code in gen/ and the entry points in codec.ts.
import { textFromUtf8 } from '../base/text.ts';
import { bigFromWords } from './writer.ts';

/** The bytes are not a valid protobuf message. `offset` is where in the input reading stopped. */
export class DecodeError extends Error {
  readonly offset: number;
  constructor(message: string, offset: number) {
    super(`${message} at byte ${offset}`);
    this.name = 'DecodeError';
    this.offset = offset;
  }
}

const TWO_32 = 0x1_0000_0000;
const SIGN_BIT = 0x8000_0000;
const HIGH_LIMIT = 0x20_0000; // hi word of 2^53
/**
 * Messages in messages. Go stops at 10,000, for which this stack has no room; etcd's --max-txn-ops, 128, allows
 * transactions of two messages a level.
 */
const MAX_NESTING = 1000;

/** A cursor over `bytes`. Every read throws DecodeError past the end. */
export class Reader {
  readonly bytes: Uint8Array;
  position = 0;
  private low = 0;
  private high = 0;
  private nesting = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  fail(message: string): never {
    throw new DecodeError(message, this.position);
  }

  /** The number and wire type of the next field. */
  tag(): number {
    const first = this.bytes[this.position];
    if (first !== undefined && first < 0x80) {
      this.position++;
      return first;
    }
    this.words();
    if (this.high !== 0) this.fail('field number out of range');
    return this.low;
  }

  /** A varint of at most 32 significant bits: uint32, enums, int32. Higher bits are dropped. */
  uint32(): number {
    const first = this.bytes[this.position];
    if (first !== undefined && first < 0x80) {
      this.position++;
      return first;
    }
    this.words();
    return this.low;
  }

  int32(): number {
    return this.uint32() | 0;
  }

  bool(): boolean {
    this.words();
    return this.low !== 0 || this.high !== 0;
  }

  /** uint64 as a number; a value over 2^53 − 1 is an error. */
  uint64(): number {
    const first = this.bytes[this.position];
    if (first !== undefined && first < 0x80) {
      this.position++;
      return first;
    }
    this.words();
    if (this.high >= HIGH_LIMIT) this.fail('integer over 2^53');
    return this.high * TWO_32 + this.low;
  }

  /** int64 as a number; a value beyond ±(2^53 − 1) is an error. */
  int64(): number {
    const first = this.bytes[this.position];
    if (first !== undefined && first < 0x80) {
      this.position++;
      return first;
    }
    const value = this.signed();
    if (!Number.isSafeInteger(value)) this.fail('integer over 2^53');
    return value;
  }

  /** int64 as a number, where a value beyond ±(2^53 − 1) becomes that bound: for limits and durations. */
  int64Saturated(): number {
    const value = this.signed();
    if (value > Number.MAX_SAFE_INTEGER) return Number.MAX_SAFE_INTEGER;
    return value < -Number.MAX_SAFE_INTEGER ? -Number.MAX_SAFE_INTEGER : value;
  }

  uint64Big(): bigint {
    this.words();
    return bigFromWords(this.low, this.high);
  }

  int64Big(): bigint {
    this.words();
    const value = bigFromWords(this.low, this.high);
    return this.high < SIGN_BIT ? value : BigInt.asIntN(64, value);
  }

  /** The length of a length-delimited field, checked against the rest of the input; returns the field's end. */
  end(): number {
    const length = this.length();
    const end = this.position + length;
    if (end > this.bytes.length) this.fail(`length ${length} runs past the end`);
    return end;
  }

  private length(): number {
    const first = this.bytes[this.position];
    if (first !== undefined && first < 0x80) {
      this.position++;
      return first;
    }
    this.words();
    return this.high * TWO_32 + this.low;
  }

  /** Like `end`, for a message that can hold itself; `leave` it behind its end. */
  enter(): number {
    if (++this.nesting > MAX_NESTING) this.fail(`nested deeper than ${MAX_NESTING}`);
    return this.end();
  }

  leave(): void {
    this.nesting--;
  }

  /** A view into the input, not a copy: it lives as long as the input does. */
  view(): Uint8Array {
    const end = this.end();
    const view = this.bytes.subarray(this.position, end);
    this.position = end;
    return view;
  }

  string(): string {
    const start = this.position;
    const text = textFromUtf8(this.view());
    if (text === undefined) throw new DecodeError('string is not valid UTF-8', start);
    return text;
  }

  /** Skips the field whose tag was just read. */
  skip(tag: number): void {
    if (tag >>> 3 === 0) this.fail('field number 0');
    switch (tag & 7) {
      case 0:
        this.words();
        return;
      case 1:
        this.advance(8);
        return;
      case 2:
        this.position = this.end();
        return;
      case 3:
        this.skipGroup(tag);
        return;
      case 5:
        this.advance(4);
        return;
      default:
        this.fail(`wire type ${tag & 7}`);
    }
  }

  /** Nobody has written groups for twenty years, but unknown fields may still be some. */
  private skipGroup(start: number): void {
    if (++this.nesting > MAX_NESTING) this.fail(`nested deeper than ${MAX_NESTING}`);
    for (;;) {
      const tag = this.tag();
      // An end-group tag is its start-group tag plus one.
      if (tag === start + 1) break;
      this.skip(tag);
    }
    this.nesting--;
  }

  private advance(count: number): void {
    if (this.position + count > this.bytes.length) this.fail('unexpected end');
    this.position += count;
  }

  private signed(): number {
    this.words();
    return (this.high | 0) * TWO_32 + this.low;
  }

  /** Reads a varint of up to 64 bits into `low` and `high`, both unsigned 32-bit words. */
  private words(): void {
    const bytes = this.bytes;
    let position = this.position;
    let low = 0;
    let high = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[position++];
      if (byte === undefined) this.fail('unexpected end');
      const bits = byte & 0x7f;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high = bits >>> 4;
      } else if (shift < 63) high |= bits << (shift - 32);
      else {
        if (byte > 1) this.fail('varint over 64 bits');
        high |= bits << 31;
      }
      if (byte < 0x80) {
        this.low = low >>> 0;
        this.high = high >>> 0;
        this.position = position;
        return;
      }
    }
  }
}
