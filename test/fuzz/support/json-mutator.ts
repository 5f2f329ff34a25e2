// Changes a JSON text where it means something: one value for another, a key that is gone, a list in a list.
import { spliced } from '../engine/mutate.ts';
import type { FuzzRandom } from '../engine/random.ts';

const VALUES = [
  ...['null', 'true', 'false', '0', '-1', '1.5', '1e400', '9007199254740993', '1e-7', '""', '"x"'],
  ...[
    '[]',
    '{}',
    '[null]',
    '[[]]',
    '{"a":1}',
    '{"toString":1}',
    '{"length":3}',
    '{"__proto__":null}',
  ],
  ...[
    '18446744073709551616',
    '"ffffffffffffffff"',
    '"0"',
    '["x"]',
    '[1]',
    '"\\u0000"',
    '"\\ud800"',
  ],
];

/** A value in the text: a number, a word, a string, or what stands between brackets. */
const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|true|false|null|\[[^[\]]*\]|\{[^{}]*\}/g;

/** @param from where the text begins in the input */
export function mutateJson(
  input: Uint8Array,
  random: FuzzRandom,
  from: number,
): Uint8Array | undefined {
  const text = Buffer.from(input.subarray(from)).toString('latin1');
  const tokens = [...text.matchAll(TOKEN)];
  const token = tokens[random.below(tokens.length)];
  if (token === undefined) return undefined;
  const other = tokens[random.below(tokens.length)] ?? token;
  const replacement = random.onceIn(3) ? other[0] : random.pick(VALUES);
  const at = from + token.index;
  return spliced(input, at, at + token[0].length, Buffer.from(replacement, 'latin1'));
}
