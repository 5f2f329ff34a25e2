// RFC 7541 read word by word: no cache, no ring, one bit at a time. Slow, and easy to check against the text.
import { CODES, CODE_LENGTHS } from '../../../node/src/rpc/hpack/huffman-table.ts';
import { STATIC_LENGTH, STATIC_TABLE } from '../../../node/src/rpc/hpack/static-table.ts';

export type Field = readonly [name: string, value: string];

/** Bytes that may follow the prefix of an integer: the RFC (section 5.1) leaves the limit open. */
const MAX_INTEGER_BYTES = 4;

const sizeOf = ([name, value]: Field): number => name.length + value.length + 32;

export class PlainHpack {
  private table: Field[] = [];
  private tableLimit: number;
  private readonly maxTableSize: number;
  private readonly maxListSize: number;
  private bytes: Uint8Array = new Uint8Array(0);
  private at = 0;

  constructor(maxTableSize: number, maxListSize: number) {
    this.maxTableSize = maxTableSize;
    this.tableLimit = maxTableSize;
    this.maxListSize = maxListSize;
  }

  /** The fields of a block up to the limit of the list, and whether there were more; undefined for a malformed block. */
  decode(bytes: Uint8Array): { fields: Field[]; tooLarge: boolean } | undefined {
    this.bytes = bytes;
    this.at = 0;
    const fields: Field[] = [];
    let size = 0;
    let sawField = false;
    while (this.at < bytes.length) {
      const first = bytes[this.at] as number; // below the length
      if (first >= 0x20 && first < 0x40) {
        const limit = this.integer(5);
        if (sawField || limit === undefined || limit > this.maxTableSize) return undefined;
        this.tableLimit = limit;
        this.evict(limit);
        continue;
      }
      sawField = true;
      const field = first >= 0x80 ? this.entry(this.integer(7)) : this.literal(first);
      if (field === undefined) return undefined;
      size += sizeOf(field);
      if (size <= this.maxListSize) fields.push(field);
    }
    return { fields, tooLarge: size > this.maxListSize };
  }

  private entry(index: number | undefined): Field | undefined {
    if (index === undefined || index === 0) return undefined;
    const field = STATIC_TABLE[index];
    if (index <= STATIC_LENGTH) return field && [field.name, field.value];
    return this.table[index - STATIC_LENGTH - 1];
  }

  private literal(first: number): Field | undefined {
    const index = this.integer(first >= 0x40 ? 6 : 4);
    if (index === undefined) return undefined;
    const name = index === 0 ? this.text() : this.entry(index)?.[0];
    if (name === undefined) return undefined;
    const value = this.text();
    if (value === undefined) return undefined;
    const field: Field = [name, value];
    if (first >= 0x40) {
      this.evict(this.tableLimit - sizeOf(field));
      if (sizeOf(field) <= this.tableLimit) this.table.unshift(field);
    }
    return field;
  }

  private evict(limit: number): void {
    while (this.table.length > 0 && this.table.reduce((sum, one) => sum + sizeOf(one), 0) > limit) {
      this.table.pop();
    }
  }

  private integer(prefixBits: number): number | undefined {
    const mask = 2 ** prefixBits - 1;
    let value = (this.bytes[this.at++] ?? 0) & mask;
    if (value < mask) return value;
    for (let i = 0; i < MAX_INTEGER_BYTES; i++) {
      const byte = this.bytes[this.at++];
      if (byte === undefined) return undefined;
      value += (byte & 0x7f) * 2 ** (7 * i);
      if (byte < 0x80) return value;
    }
    return undefined;
  }

  private text(): string | undefined {
    const first = this.bytes[this.at];
    if (first === undefined) return undefined;
    const length = this.integer(7);
    if (length === undefined || this.at + length > this.bytes.length) return undefined;
    const coded = this.bytes.subarray(this.at, this.at + length);
    this.at += length;
    return first < 0x80 ? Buffer.from(coded).toString('latin1') : plainHuffman(coded);
  }
}

const SYMBOLS = new Map(
  Array.from({ length: 256 }, (_, symbol) => [
    (CODES[symbol] ?? 0).toString(2).padStart(CODE_LENGTHS[symbol] ?? 0, '0'),
    String.fromCharCode(symbol),
  ]),
);

/** Section 5.2: what is left over is shorter than eight bits and all ones. */
export function plainHuffman(coded: Uint8Array): string | undefined {
  let text = '';
  let code = '';
  for (const byte of coded) {
    for (const bit of byte.toString(2).padStart(8, '0')) {
      code += bit;
      const symbol = SYMBOLS.get(code);
      if (symbol === undefined) continue;
      text += symbol;
      code = '';
    }
    if (code.length > 30) return undefined;
  }
  return code.length < 8 && !code.includes('0') ? text : undefined;
}
