import { describe, expect, test } from 'vitest';
import { dataFramesSize, frameInPlace } from './frames.ts';
import { FRAME_HEADER_BYTES, MAX_FRAME_BYTES } from './protocol.ts';

/** Reads DATA frames of stream 5 back into one body. */
function bodyOf(bytes: Uint8Array): number[] {
  const body: number[] = [];
  let at = 0;
  while (at < bytes.length) {
    const header = [...bytes.subarray(at, at + FRAME_HEADER_BYTES)];
    expect(header.slice(3)).toEqual([0, 0, 0, 0, 0, 5]);
    const length = (header[0]! << 16) | (header[1]! << 8) | header[2]!; // nine bytes
    expect(length).toBeLessThanOrEqual(MAX_FRAME_BYTES);
    at += FRAME_HEADER_BYTES;
    body.push(...bytes.subarray(at, at + length));
    at += length;
  }
  return body;
}

describe('a body that is framed where it lies', () => {
  test.each([1, MAX_FRAME_BYTES - 1, MAX_FRAME_BYTES, MAX_FRAME_BYTES + 1, 50_000])(
    'keeps its %i bytes, and what lies around it',
    (size) => {
      const body = Uint8Array.from({ length: size }, (_, i) => (i * 31) % 251);
      const framed = dataFramesSize(size);
      const target = new Uint8Array(framed + 20).fill(0xee);
      target.set(body, 10 + framed - size);
      frameInPlace(target, 10, size, 5);
      expect(bodyOf(target.subarray(10, 10 + framed))).toEqual([...body]);
      expect([...target.subarray(0, 10), ...target.subarray(10 + framed)]).toEqual(
        new Array(20).fill(0xee),
      );
    },
  );
});
