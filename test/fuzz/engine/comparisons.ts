// What an input was compared with shows what it should hold: where one side of a comparison stands in the input, the other
// side is put in its place (input-to-state correspondence: Aschermann et al., REDQUEEN, NDSS 2019).
import { Buffer } from 'node:buffer';
import type { Operand } from './coverage.ts';
import { concatBytes } from '../../../node/src/base/bytes.ts';
import { integerBytes, spliced, varint } from './mutate.ts';

const MAX_CANDIDATES = 256;
const MAX_WORD_BYTES = 40;

/** Inputs that make a comparison come out the other way. */
export function answers(
  input: Uint8Array,
  pairs: readonly (readonly [Operand, Operand])[],
): Uint8Array[] {
  const found: Uint8Array[] = [];
  const seen = new Set<string>();
  for (const [a, b] of pairs) {
    const key = `${typeof a} ${String(a)} ${String(b)}`;
    if (a === b || seen.has(key)) continue;
    seen.add(key);
    if (a === undefined || b === undefined) {
      found.push(concatBytes([input, written(a ?? b)]));
      continue;
    }
    for (const [from, to] of [...forms(a, b), ...forms(b, a)]) {
      const at = Buffer.from(input.buffer, input.byteOffset, input.length).indexOf(from);
      if (at >= 0) found.push(spliced(input, at, at + from.length, to));
      if (found.length >= MAX_CANDIDATES) return found;
    }
  }
  return found;
}

type Value = Exclude<Operand, undefined>;

/** What is compared with nothing may be missing at the end. */
function written(value: Operand): Uint8Array {
  if (typeof value === 'string') return Buffer.from(value);
  return varint(value !== undefined && isWhole(value) ? value : 0);
}

/** How the two values of a comparison may be written in bytes. */
function forms(from: Value, to: Value): [Uint8Array, Uint8Array][] {
  if (typeof from === 'string' || typeof to === 'string') {
    if (from === '' || typeof from !== typeof to) return [];
    return [[Buffer.from(String(from)), Buffer.from(String(to))]];
  }
  if (!isWhole(from) || !isWhole(to)) return [];
  const encodings: [Uint8Array, Uint8Array][] = [[varint(from), varint(to)]];
  if (Math.abs(Number(from)) > 9) {
    encodings.push([Buffer.from(String(from)), Buffer.from(String(to))]);
  }
  for (const width of widthsOf(from)) {
    for (const littleEndian of [true, false]) {
      encodings.push([fixed(from, width, littleEndian), fixed(to, width, littleEndian)]);
    }
  }
  return encodings;
}

function isWhole(value: number | bigint): boolean {
  return typeof value === 'bigint' || Number.isInteger(value);
}

/** A small number is too common to be looked for in many bytes. */
function widthsOf(value: number | bigint): readonly number[] {
  const size = Math.abs(Number(value));
  if (size < 256) return [1];
  return size < 65_536 ? [2, 4, 8] : [4, 8];
}

function fixed(value: number | bigint, width: number, littleEndian: boolean): Uint8Array {
  const bytes = new Uint8Array(width);
  integerBytes(bytes, 0, width, value, littleEndian);
  return bytes;
}

/** Words that the code under test looks for. */
export function words(pairs: readonly (readonly [Operand, Operand])[]): string[] {
  return pairs
    .flat()
    .filter(
      (value): value is string =>
        typeof value === 'string' && value.length > 1 && value.length <= MAX_WORD_BYTES,
    );
}
