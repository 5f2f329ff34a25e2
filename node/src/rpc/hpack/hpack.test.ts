// The examples of RFC 7541 appendix C, and round trips.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HpackDecoder, HpackError } from './decoder.ts';
import { encodeHeaders } from './encoder.ts';
import { huffmanDecode, huffmanEncode, huffmanLength } from './huffman.ts';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

function decodeAll(blocks: string[], tableSize = 4096): string[][] {
  const decoder = new HpackDecoder(tableSize, 1 << 16);
  return blocks.map((block) => {
    const bytes = hex(block);
    return decoder
      .decode(bytes, 0, bytes.length)
      .fields.map(({ name, value }) => `${name}: ${value}`);
  });
}

const FIRST = [':method: GET', ':scheme: http', ':path: /', ':authority: www.example.com'];
const SECOND = [...FIRST, 'cache-control: no-cache'];
const THIRD = [
  ':method: GET',
  ':scheme: https',
  ':path: /index.html',
  ':authority: www.example.com',
  'custom-key: custom-value',
];

test('C.2: one field of each representation', () => {
  expect(decodeAll(['400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572'])).toEqual([
    ['custom-key: custom-header'],
  ]);
  expect(decodeAll(['040c 2f73 616d 706c 652f 7061 7468'])).toEqual([[':path: /sample/path']]);
  expect(decodeAll(['1008 7061 7373 776f 7264 0673 6563 7265 74'])).toEqual([['password: secret']]);
  expect(decodeAll(['82'])).toEqual([[':method: GET']]);
});

test('C.3: requests without Huffman coding', () => {
  expect(
    decodeAll([
      '8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d',
      '8286 84be 5808 6e6f 2d63 6163 6865',
      '8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65',
    ]),
  ).toEqual([FIRST, SECOND, THIRD]);
});

test('C.4: requests with Huffman coding', () => {
  expect(
    decodeAll([
      '8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff',
      '8286 84be 5886 a8eb 1064 9cbf',
      '8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf',
    ]),
  ).toEqual([FIRST, SECOND, THIRD]);
});

test.each([
  [
    'C.5',
    [
      '4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3120 474d 546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70 6c65 2e63 6f6d',
      '4803 3330 37c1 c0bf',
      '88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d 54c0 5a04 677a 6970 7738 666f 6f3d 4153 444a 4b48 514b 425a 584f 5157 454f 5049 5541 5851 5745 4f49 553b 206d 6178 2d61 6765 3d33 3630 303b 2076 6572 7369 6f6e 3d31',
    ],
  ],
  [
    'C.6',
    [
      '4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3',
      '4883 640e ffc1 c0bf',
      '88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad 94e7 821d d7f2 e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07',
    ],
  ],
])('%s: responses through a table of 256 bytes, with evictions', (_name, blocks) => {
  const date = (second: number): string => `date: Mon, 21 Oct 2013 20:13:${second} GMT`;
  const location = 'location: https://www.example.com';
  expect(decodeAll(blocks, 256)).toEqual([
    [':status: 302', 'cache-control: private', date(21), location],
    [':status: 307', 'cache-control: private', date(21), location],
    [
      ':status: 200',
      'cache-control: private',
      date(22),
      location,
      'content-encoding: gzip',
      'set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1',
    ],
  ]);
});

test.each([
  ['index 0', '80'],
  ['an index past the table', 'ff00'],
  ['a string past the block', '400a63'],
  ['an integer past the block', 'ffff'],
  ['an integer that never ends', 'ffffffffffffffffff7f'],
  ['a size update over the limit', '3fe21f'],
  ['a size update behind a field', '8220'],
  ['padding of eight ones', '000182ffff00'],
  ['padding of zeros', '00018100 00'],
])('%s is refused', (_name, block) => {
  expect(() => decodeAll([block])).toThrow(HpackError);
});

test('a cached block is decoded anew once the table has changed', () => {
  expect(decodeAll(['4001 6101 31', 'be', 'be', '4001 6101 32', 'be'])).toEqual([
    ['a: 1'],
    ['a: 1'],
    ['a: 1'],
    ['a: 2'],
    ['a: 2'],
  ]);
});

test('a list over the limit is cut, and the table stays in step', () => {
  const decoder = new HpackDecoder(4096, 100);
  const bomb = hex(`4001 6110 ${'61'.repeat(16)} be be be be`);
  const list = decoder.decode(bomb, 0, bomb.length);
  expect(list.tooLarge).toBe(true);
  expect(list.fields.length).toBe(2);
  expect(decoder.decode(hex('be'), 0, 1).fields[0]?.value).toBe('a'.repeat(16));
});

test('every latin1 text survives Huffman coding', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const text = Buffer.from(bytes).toString('latin1');
      const coded = new Uint8Array(huffmanLength(text));
      expect(huffmanEncode(text, coded, 0)).toBe(coded.length);
      expect(huffmanDecode(coded, 0, coded.length)).toBe(text);
    }),
  );
});

test('what the encoder writes, the decoder reads', () => {
  const text = fc.string({ unit: 'binary-ascii', maxLength: 40 });
  const value = text.map((raw) => raw.replace(/[\0\r\n]/g, '').trim());
  const name = fc.oneof(
    fc.constantFrom(':status', 'content-type', 'grpc-status'),
    fc.stringMatching(/^[a-z-]{1,200}$/),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(name, value)), (pairs) => {
      const block = encodeHeaders(pairs);
      const list = new HpackDecoder(4096, 1 << 20).decode(block, 0, block.length);
      expect(list.fields.map((field) => [field.name, field.value])).toEqual(pairs);
    }),
  );
});
