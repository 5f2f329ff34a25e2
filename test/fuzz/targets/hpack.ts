// Header blocks of one connection, against a decoder that follows RFC 7541 word by word.
import { HpackDecoder, HpackError } from '../../../node/src/rpc/hpack/decoder.ts';
import { encodeHeaders } from '../../../node/src/rpc/hpack/encoder.ts';
import {
  huffmanDecode,
  huffmanEncode,
  huffmanLength,
} from '../../../node/src/rpc/hpack/huffman.ts';
import { concatBytes } from '../../../node/src/base/bytes.ts';
import type { Target } from '../engine/target.ts';
import { PlainHpack, plainHuffman } from '../oracles/hpack.ts';
import { Parts, expectSame, partOf } from './input.ts';

const TABLE_SIZES = [4096, 0, 100, 65_536];
const LIST_SIZES = [16_384, 0, 80, 1000];

function run(input: Uint8Array): void {
  const parts = new Parts(input);
  const sizes = parts.byte();
  const maxTable = TABLE_SIZES[sizes & 3] as number; // four of each
  const maxList = LIST_SIZES[(sizes >> 2) & 3] as number;
  const decoder = new HpackDecoder(maxTable, maxList);
  const oracle = new PlainHpack(maxTable, maxList);
  while (!parts.isEmpty) {
    const block = parts.part();
    checkHuffman(block);
    const expected = oracle.decode(block);
    const actual = decoded(decoder, block);
    expectSame('block', actual, expected);
    if (actual === undefined) return; // the connection is over
    checkRoundTrip(actual.fields);
  }
}

function decoded(decoder: HpackDecoder, block: Uint8Array): ReturnType<PlainHpack['decode']> {
  // Between other bytes, so that reading past the block shows.
  const around = concatBytes([Uint8Array.of(0x82, 0x86), block, Uint8Array.of(0x84, 0x0f, 0x0f)]);
  try {
    const list = decoder.decode(around, 2, 2 + block.length);
    const fields = list.fields.map(({ name, value }) => [name, value] as const);
    return { fields, tooLarge: list.tooLarge };
  } catch (error) {
    if (error instanceof HpackError) return undefined;
    throw error;
  }
}

function checkRoundTrip(fields: readonly (readonly [string, string])[]): void {
  const block = encodeHeaders(fields);
  const again = decoded(new HpackDecoder(4096, Infinity), block);
  expectSame('encoded again', again?.fields, fields);
  expectSame(
    'encoded again, by the oracle',
    new PlainHpack(0, Infinity).decode(block)?.fields,
    fields,
  );
}

function checkHuffman(bytes: Uint8Array): void {
  expectSame('Huffman code', huffmanDecode(bytes, 0, bytes.length), plainHuffman(bytes));
  const text = Buffer.from(bytes).toString('latin1');
  const coded = new Uint8Array(huffmanLength(text));
  expectSame('end of Huffman code', huffmanEncode(text, coded, 0), coded.length);
  expectSame('Huffman code read again', huffmanDecode(coded, 0, coded.length), text);
}

const hex = (text: string): Uint8Array => partOf(Buffer.from(text.replaceAll(' ', ''), 'hex'));

/** Examples of RFC 7541 appendix C: C.3, C.4 and C.6, and size updates. */
const seeds = (): Uint8Array[] => [
  concatBytes([
    Uint8Array.of(0),
    hex('8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d'),
    hex('8286 84be 5808 6e6f 2d63 6163 6865'),
    hex('8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65'),
  ]),
  concatBytes([
    Uint8Array.of(0),
    hex('8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff'),
    hex('8286 84be 5886 a8eb 1064 9cbf'),
    hex('8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf'),
  ]),
  concatBytes([
    Uint8Array.of(2),
    hex('4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff'),
    hex('3f45 be20 82'),
  ]),
  concatBytes([
    Uint8Array.of(0x84),
    partOf(
      encodeHeaders([
        [':path', '/etcdserverpb.KV/Range'],
        ['te', 'trailers'],
        ['x', '\xff'],
      ]),
    ),
  ]),
];

export const target: Target = { name: 'hpack', run, seeds, maxBytes: 2048 };
