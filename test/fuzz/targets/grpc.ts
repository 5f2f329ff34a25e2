// What gRPC puts between HTTP/2 and protobuf: messages cut out of a body, compression, timeouts, methods and statuses.
import { gunzipSync, gzipSync } from 'node:zlib';
import { StatusError } from '../../../node/src/base/errors.ts';
import { concatBytes } from '../../../node/src/base/bytes.ts';
import { gunzipMessage } from '../../../node/src/rpc/grpc/inflate.ts';
import { MessageReader, type MessageTarget } from '../../../node/src/rpc/grpc/message-reader.ts';
import { parseTimeout } from '../../../node/src/rpc/grpc/timeout.ts';
import type { Target } from '../engine/target.ts';
import { Parts, expectSame, expectThat } from './input.ts';

const LIMIT_BYTES = 4096;

interface Body {
  readonly messages: [flags: number, bytes: Uint8Array][];
  readonly betweenMessages: boolean;
  readonly missingBytes: number;
  readonly refused: number | undefined;
}

/** The messages of a body that arrives in pieces of these sizes, the last one over and over. */
function readBody(body: Uint8Array, sizes: readonly number[]): Body {
  const messages: [number, Uint8Array][] = [];
  let refused: number | undefined;
  let allowed = 0;
  const target: MessageTarget = {
    begin(length) {
      if (length > LIMIT_BYTES) refused = length;
      allowed += Math.min(length, LIMIT_BYTES);
      return length <= LIMIT_BYTES;
    },
    grow(extra) {
      allowed -= extra;
      expectThat(extra >= 0 && allowed >= 0, `asks for ${extra} bytes, ${-allowed} too many`);
      return true;
    },
    message: (flags, bytes) => void messages.push([flags, bytes.slice()]),
  };
  const reader = new MessageReader(target);
  let at = 0;
  for (let i = 0; at < body.length; i++) {
    const size = Math.max(1, sizes[Math.min(i, sizes.length - 1)] ?? body.length);
    const end = Math.min(at + size, body.length);
    reader.push(body, at, end);
    at = end;
  }
  const { betweenMessages, missingBytes } = reader;
  return { messages, betweenMessages, missingBytes, refused };
}

/** The same, read off the format's description. */
function plainBody(body: Uint8Array): Body {
  const messages: [number, Uint8Array][] = [];
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  let at = 0;
  while (at + 5 <= body.length) {
    const length = view.getUint32(at + 1);
    if (length > LIMIT_BYTES) {
      return { messages, betweenMessages: false, missingBytes: 0, refused: length };
    }
    const missing = at + 5 + length - body.length;
    if (missing > 0) {
      return { messages, betweenMessages: false, missingBytes: missing, refused: undefined };
    }
    messages.push([body[at] as number, body.slice(at + 5, at + 5 + length)]); // five bytes are there
    at += 5 + length;
  }
  return { messages, betweenMessages: at === body.length, missingBytes: 0, refused: undefined };
}

function checkTimeout(text: string): void {
  const timeout = parseTimeout(text);
  const isValid = /^\d{1,8}[HMSmun]$/.test(text);
  expectSame(`timeout ${JSON.stringify(text)}`, typeof timeout === 'number', isValid);
  if (typeof timeout !== 'number') return;
  const unitMs = { H: 3.6e6, M: 60_000, S: 1000, m: 1, u: 1e-3, n: 1e-6 }[text.at(-1) ?? ''] ?? 0;
  expectSame(`timeout ${text}`, timeout, Number(text.slice(0, -1)) * unitMs);
}

async function checkInflate(compressed: Uint8Array): Promise<void> {
  let expected: Uint8Array | 'too large' | 'malformed';
  try {
    expected = gunzipSync(compressed, { maxOutputLength: LIMIT_BYTES });
  } catch (error) {
    const isLong = (error as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE'; // node:zlib's errors have a code
    expected = isLong ? 'too large' : 'malformed';
  }
  let actual: typeof expected;
  try {
    actual = await gunzipMessage(compressed, LIMIT_BYTES);
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    actual = error.message.includes('larger than max') ? 'too large' : 'malformed';
  }
  // A long message with a broken end may be found to be either.
  if (typeof expected === 'string' && typeof actual === 'string') return;
  expectSame('inflated', actual, expected);
}

const Kind = { Body: 0, Timeout: 1, Inflate: 2 } as const;

function run(input: Uint8Array): void | Promise<void> {
  const parts = new Parts(input);
  const kind = parts.byte() % 3;
  if (kind === Kind.Timeout) return checkTimeout(Buffer.from(parts.rest()).toString('latin1'));
  if (kind === Kind.Inflate) return checkInflate(parts.rest());
  const sizes = [parts.byte(), parts.byte(), parts.byte()];
  const body = parts.rest();
  const expected = plainBody(body);
  expectSame('whole body', readBody(body, [body.length]), expected);
  expectSame('body in pieces', readBody(body, sizes), expected);
  expectSame('body in bytes', readBody(body, [1]), expected);
}

const message = (text: string, flags = 0): Uint8Array =>
  concatBytes([Uint8Array.of(flags, 0, 0, text.length >> 8, text.length), Buffer.from(text)]);

const seeds = (): Uint8Array[] => [
  concatBytes([Uint8Array.of(0, 3, 7, 2), message('one'), message(''), message('three', 1)]),
  concatBytes([Uint8Array.of(0, 1, 200, 9), message('x'.repeat(300)), message('y').subarray(0, 4)]),
  ...['1S', '99999999n', '20m', '5H', '0u', '123456789S'].map((text) =>
    concatBytes([Uint8Array.of(1), Buffer.from(text)]),
  ),
  concatBytes([Uint8Array.of(2), gzipSync('hello hello hello')]),
  concatBytes([Uint8Array.of(2), gzipSync('a'), gzipSync('b')]),
  concatBytes([Uint8Array.of(2), gzipSync(Buffer.alloc(1 << 20))]),
];

export const target: Target = { name: 'grpc', run, seeds, maxBytes: 2048 };
