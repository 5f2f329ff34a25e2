// Encodes header blocks without the dynamic table: a block then means the same on every connection, so common ones are
// encoded once and shared. Clients pay some ten bytes a response; nobody pays for state.
import { huffmanEncode, huffmanLength } from './huffman.ts';
import { staticFieldIndex, staticNameIndex } from './static-table.ts';

/** Name (lower case) and value, both latin1. */
export type HeaderPair = readonly [name: string, value: string];

/** The block for these fields: static references, and literals that are not indexed (RFC 7541 section 6.2.2). */
export function encodeHeaders(pairs: readonly HeaderPair[]): Uint8Array {
  let room = 0;
  for (const [name, value] of pairs) room += 16 + name.length + value.length;
  const target = new Uint8Array(room);
  let position = 0;
  for (const [name, value] of pairs) position = writeField(target, position, name, value);
  return target.subarray(0, position);
}

function writeField(target: Uint8Array, at: number, name: string, value: string): number {
  const index = staticFieldIndex(name, value);
  if (index > 0) return writeInteger(target, at, 0x80, 7, index);
  const nameIndex = staticNameIndex(name);
  let position = writeInteger(target, at, 0, 4, nameIndex);
  if (nameIndex === 0) position = writeString(target, position, name);
  return writeString(target, position, value);
}

function writeInteger(
  target: Uint8Array,
  at: number,
  flags: number,
  prefixBits: number,
  value: number,
): number {
  let position = at;
  const mask = (1 << prefixBits) - 1;
  if (value < mask) {
    target[position++] = flags | value;
    return position;
  }
  target[position++] = flags | mask;
  let rest = value - mask;
  while (rest >= 0x80) {
    target[position++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  target[position++] = rest;
  return position;
}

function writeString(target: Uint8Array, at: number, text: string): number {
  const coded = huffmanLength(text);
  if (coded < text.length) {
    return huffmanEncode(text, target, writeInteger(target, at, 0x80, 7, coded));
  }
  let position = writeInteger(target, at, 0, 7, text.length);
  for (let i = 0; i < text.length; i++) target[position++] = text.charCodeAt(i);
  return position;
}
