// Mutations of byte strings, after AFL's havoc stage: a handful of small changes, one on top of the other.
import { concatBytes } from '../../../node/src/base/bytes.ts';
import type { FuzzRandom } from './random.ts';

/** Values at which arithmetic goes wrong. */
const INTERESTING = [
  0, 1, 2, 3, 4, 7, 8, 9, 15, 16, 31, 32, 63, 64, 100, 127, 128, 129, 254, 255, 256, 257, 511, 512,
  1000, 1023, 1024, 4095, 4096, 16_383, 16_384, 16_385, 32_767, 32_768, 65_534, 65_535, 65_536,
  100_000, 0xff_ffff, 0x7fff_fffe, 0x7fff_ffff, 0x8000_0000, 0xffff_fffe, 0xffff_ffff,
];
const WIDTHS = [1, 2, 4, 8] as const;
const MAX_STACK = 16;

export interface MutationParts {
  readonly random: FuzzRandom;
  readonly maxBytes: number;
  readonly dictionary: readonly Uint8Array[];
  /** Another input of the corpus, to take pieces from. */
  readonly other: Uint8Array;
}

type Mutation = (input: Uint8Array, parts: MutationParts) => Uint8Array;

export function mutate(input: Uint8Array, parts: MutationParts): Uint8Array {
  let bytes = input;
  const changes = parts.random.onceIn(2) ? 1 : parts.random.smallSize(MAX_STACK);
  for (let i = 0; i < changes; i++) {
    const mutation = parts.random.pick(MUTATIONS);
    bytes = mutation(bytes, parts);
    if (bytes.length > parts.maxBytes) bytes = bytes.slice(0, parts.maxBytes);
  }
  return bytes;
}

const flipBit: Mutation = (input, { random }) => {
  const bytes = input.slice();
  const at = random.below(bytes.length);
  if (bytes.length > 0) bytes[at] = (bytes[at] as number) ^ (1 << random.below(8)); // at < length
  return bytes;
};

const setByte: Mutation = (input, { random }) => {
  const bytes = input.slice();
  if (bytes.length > 0) bytes[random.below(bytes.length)] = random.uint32();
  return bytes;
};

const addToByte: Mutation = (input, { random }) => {
  const bytes = input.slice();
  const at = random.below(bytes.length);
  if (bytes.length > 0) bytes[at] = (bytes[at] as number) + random.below(71) - 35; // at < length
  return bytes;
};

const writeInteger: Mutation = (input, { random }) => {
  const width = random.pick(WIDTHS);
  if (input.length < width) return input;
  const bytes = input.slice();
  const at = random.below(bytes.length - width + 1);
  integerBytes(bytes, at, width, anyInteger(random, input.length), random.onceIn(2));
  return bytes;
};

/** Adds a little to a number of two, four or eight bytes: lengths and offsets off by one. */
const addToInteger: Mutation = (input, { random }) => {
  const width = random.pick(WIDTHS);
  if (input.length < width) return input;
  const bytes = input.slice();
  const at = random.below(bytes.length - width + 1);
  let carry = random.below(71) - 35;
  const littleEndian = random.onceIn(2);
  for (let i = 0; i < width; i++) {
    const index = littleEndian ? at + i : at + width - 1 - i;
    const sum = (bytes[index] as number) + carry; // inside the width
    bytes[index] = sum;
    carry = sum >> 8;
  }
  return bytes;
};

const insertVarint: Mutation = (input, { random }) => {
  const at = random.below(input.length + 1);
  const drop = random.below(3);
  return spliced(input, at, at + drop, varint(anyInteger(random, input.length)));
};

const insertRandom: Mutation = (input, { random }) => {
  const block = new Uint8Array(random.smallSize(64));
  const isRun = random.onceIn(2);
  const value = random.uint32();
  for (let i = 0; i < block.length; i++) block[i] = isRun ? value : random.uint32();
  const at = random.below(input.length + 1);
  return spliced(input, at, at, block);
};

const removeBlock: Mutation = (input, { random }) => {
  if (input.length < 2) return input;
  const at = random.below(input.length);
  return spliced(input, at, at + random.smallSize(input.length - at), NOTHING);
};

const copyBlock: Mutation = (input, { random }) => {
  if (input.length === 0) return input;
  const from = random.below(input.length);
  const block = input.slice(from, from + random.smallSize(input.length - from));
  const at = random.below(input.length + 1);
  return spliced(input, at, random.onceIn(2) ? at : at + block.length, block);
};

const repeatBlock: Mutation = (input, { random }) => {
  if (input.length === 0) return input;
  const from = random.below(input.length);
  const block = input.slice(from, from + random.smallSize(input.length - from));
  const copies = concatBytes(Array.from({ length: random.smallSize(32) }, () => block));
  return spliced(input, from, from, copies);
};

const swapBlocks: Mutation = (input, { random }) => {
  if (input.length < 2) return input;
  const cut = 1 + random.below(input.length - 1);
  const from = random.below(cut);
  const to = cut + random.below(input.length - cut) + 1;
  return concatBytes([
    input.subarray(0, from),
    input.subarray(cut, to),
    input.subarray(from, cut),
    input.subarray(to),
  ]);
};

const takeFromOther: Mutation = (input, { random, other }) => {
  if (other.length === 0) return input;
  const from = random.below(other.length);
  const block = other.subarray(from, from + random.smallSize(other.length - from));
  const at = random.below(input.length + 1);
  return spliced(input, at, random.onceIn(2) ? at : at + block.length, block);
};

const crossOver: Mutation = (input, { random, other }) =>
  concatBytes([
    input.subarray(0, random.below(input.length + 1)),
    other.subarray(random.below(other.length + 1)),
  ]);

const insertWord: Mutation = (input, { random, dictionary }) => {
  if (dictionary.length === 0) return input;
  const word = random.pick(dictionary);
  const at = random.below(input.length + 1);
  return spliced(input, at, random.onceIn(2) ? at : at + word.length, word);
};

const insertDecimal: Mutation = (input, { random }) => {
  const at = random.below(input.length + 1);
  const value = anyInteger(random, input.length);
  const text = random.onceIn(4) ? -value : value;
  return spliced(input, at, at + random.below(4), Buffer.from(String(text)));
};

const NOTHING = new Uint8Array(0);

const MUTATIONS: readonly Mutation[] = [
  ...[flipBit, flipBit, setByte, setByte, addToByte, writeInteger, writeInteger, addToInteger],
  ...[insertVarint, insertRandom, removeBlock, removeBlock, removeBlock, copyBlock, copyBlock],
  ...[repeatBlock, swapBlocks, takeFromOther, takeFromOther, crossOver, insertWord, insertWord],
  ...[insertWord, insertDecimal],
];

function anyInteger(random: FuzzRandom, length: number): number {
  switch (random.below(4)) {
    case 0:
      return random.below(length + 2);
    case 1:
      return random.uint32();
    default:
      return random.pick(INTERESTING);
  }
}

/** `input` with [from, to) replaced; `to` may lie behind the end. */
export function spliced(
  input: Uint8Array,
  from: number,
  to: number,
  replacement: Uint8Array,
): Uint8Array {
  return concatBytes([input.subarray(0, from), replacement, input.subarray(to)]);
}

export function integerBytes(
  target: Uint8Array,
  at: number,
  width: number,
  value: number | bigint,
  littleEndian: boolean,
): void {
  let rest = BigInt.asUintN(64, BigInt(value));
  for (let i = 0; i < width; i++) {
    target[littleEndian ? at + i : at + width - 1 - i] = Number(rest & 0xffn);
    rest >>= 8n;
  }
}

export function varint(value: number | bigint): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  while (rest >= 0x80n) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return Uint8Array.from(bytes);
}
