import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bytesFromLatin1, concatBytes } from '../../base/bytes.ts';
import { StreamFormatError } from './frames.ts';
import { ChunkedDecoder, parseResponseHead } from './http-stream.ts';

test('takes the chunk framing out, however the body is cut', () => {
  const body = fc.array(fc.uint8Array({ minLength: 1, maxLength: 100 }), { maxLength: 10 });
  const pieces = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1 });
  fc.assert(
    fc.property(body, pieces, fc.boolean(), (chunks, lengths, extended) => {
      const framed = chunks.flatMap((chunk) => [
        bytesFromLatin1(`${chunk.length.toString(16)}${extended ? ';name=value' : ''}\r\n`),
        chunk,
        bytesFromLatin1('\r\n'),
      ]);
      const stream = concatBytes([...framed, bytesFromLatin1('0\r\n\r\n')]);
      const decoder = new ChunkedDecoder();
      const parts: Uint8Array[] = [];
      let position = 0;
      for (let i = 0; position < stream.length; i++) {
        const length = lengths[i % lengths.length] ?? 1;
        parts.push(decoder.push(stream.slice(position, position + length)).slice());
        position += length;
      }
      expect(concatBytes(parts)).toEqual(concatBytes(chunks));
      expect(decoder.ended).toBe(true);
    }),
  );
});

test('accepts leading zeros in a chunk’s size, as our own streams have them', () => {
  const stream = bytesFromLatin1('00000003\r\nabc\r\n');
  expect(new ChunkedDecoder().push(new Uint8Array(stream))).toEqual(
    new Uint8Array(bytesFromLatin1('abc')),
  );
});

test.each(['\r\n', 'xyz\r\n', '3\r\nabcd', 'fffffffffffff\r\n'])(
  'refuses the chunk framing %j',
  (text) => {
    expect(() => new ChunkedDecoder().push(bytesFromLatin1(text))).toThrow(StreamFormatError);
  },
);

test('reads a response’s head once it is whole', () => {
  const text = 'HTTP/1.1 412 Precondition Failed\r\nX-Etcd-Cluster-ID: abc\r\nA:b\r\n\r\nrest';
  const head = parseResponseHead(bytesFromLatin1(text));
  expect(head?.status).toBe(412);
  expect(head?.headers.get('x-etcd-cluster-id')).toBe('abc');
  expect(head?.length).toBe(text.length - 4);
  expect(parseResponseHead(bytesFromLatin1(text.slice(0, 40)))).toBeUndefined();
});

test.each(['SSH-2.0-OpenSSH\r\n\r\n', 'HTTP/1.1 20\r\n\r\n', 'HTTP/1.1 200 OK\r\nnocolon\r\n\r\n'])(
  'refuses the head %j',
  (text) => {
    expect(() => parseResponseHead(bytesFromLatin1(text))).toThrow(StreamFormatError);
  },
);

test('refuses a head that does not end', () => {
  expect(() => parseResponseHead(new Uint8Array(20_000).fill(65))).toThrow('too long');
});
