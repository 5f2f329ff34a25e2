import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  FrameCutter,
  LINK_BODY_LIMIT_BYTES,
  answerFrame,
  answerIn,
  questionFrame,
} from './link-frames.ts';

const bytes = fc.uint8Array({ maxLength: 300 }).map((each) => Buffer.from(each));

/** What comes out of a cutter that gets `frame` in pieces that end at `cuts`. */
function inPieces(cutter: FrameCutter, frame: Buffer, cuts: readonly number[]): Buffer[] {
  const ends = [...cuts.map((cut) => cut % frame.length), frame.length].sort((a, b) => a - b);
  const found: Buffer[] = [];
  let start = 0;
  for (const end of ends) {
    const one = cutter.push(frame.subarray(start, end));
    if (one !== undefined) found.push(one);
    start = end;
  }
  return found;
}

test('frames come out as they went in, however they are cut', () => {
  const pieces = fc.array(fc.nat(), { maxLength: 5 });
  fc.assert(
    fc.property(fc.array(fc.tuple(bytes, pieces), { maxLength: 5 }), (bodies) => {
      const cutter = new FrameCutter();
      for (const [body, cuts] of bodies) {
        expect(inPieces(cutter, questionFrame(body), cuts)).toEqual([body]);
        const answers = inPieces(cutter, answerFrame(503, body), cuts);
        expect(answers.map(answerIn)).toEqual([{ status: 503, body }]);
      }
    }),
  );
});

test('whatever comes is a frame, the beginning of one, or an error', () => {
  fc.assert(
    fc.property(fc.array(bytes, { maxLength: 6 }), (chunks) => {
      const cutter = new FrameCutter();
      let got = 0;
      try {
        for (const chunk of chunks) {
          got += chunk.length;
          const frame = cutter.push(chunk);
          if (frame === undefined) continue;
          expect(frame.length + 4).toBe(got);
          got = 0;
        }
      } catch (error) {
        expect(String(error)).toMatch(/too long|behind a frame/);
      }
    }),
  );
});

test('a frame is no longer than a body may be, and an answer has a status', () => {
  const cutter = new FrameCutter();
  expect(cutter.push(answerFrame(200, new Uint8Array(LINK_BODY_LIMIT_BYTES)))).toBeDefined();
  const longer = answerFrame(200, new Uint8Array(LINK_BODY_LIMIT_BYTES + 1)).subarray(0, 4);
  expect(() => cutter.push(longer)).toThrow('too long');
  expect(() => answerIn(Buffer.alloc(1))).toThrow('without a status');
});
