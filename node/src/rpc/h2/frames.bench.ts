// What cutting a chunk of 32 calls into frames costs.
import type { Benchmarks } from '../../base/testing/benchmark.ts';
import { frame } from '../testing/raw-client.ts';
import { FrameReader, type FrameSink } from './frame-reader.ts';
import { Flag, FrameType } from './protocol.ts';

const CALLS = 32;

/** Looks at each frame. */
class Counting implements FrameSink {
  bytes = 0;

  dataBegins(_streamId: number, length: number): void {
    this.bytes += length;
  }

  dataPiece(_bytes: Uint8Array, start: number, end: number): void {
    this.bytes += end - start;
  }

  dataEnds(): void {
    this.bytes++;
  }

  frame(type: number): void {
    this.bytes += type;
  }
}

function chunk(): Buffer {
  const frames = Array.from({ length: CALLS }, (_, i) => [
    frame(FrameType.Headers, Flag.EndHeaders, 2 * i + 1, new Uint8Array(7).fill(0x82)),
    frame(FrameType.Data, Flag.EndStream, 2 * i + 1, new Uint8Array(300)),
  ]);
  return Buffer.concat(frames.flat());
}

export const benchmarks: Benchmarks = {
  'h2: read the two frames of a call, 32 together': {
    operationsPerCall: CALLS,
    calls: 500,
    start: () => {
      const sink = new Counting();
      const reader = new FrameReader(sink);
      const bytes = chunk();
      return () => {
        reader.read(bytes);
        return sink.bytes;
      };
    },
  },
  // The second half of a frame comes in another chunk.
  'h2: read the two frames of a call, cut in the middle': {
    operationsPerCall: CALLS,
    calls: 500,
    start: () => {
      const sink = new Counting();
      const reader = new FrameReader(sink);
      const bytes = chunk();
      const middle = Math.floor(bytes.length / 2);
      const halves = [bytes.subarray(0, middle), bytes.subarray(middle)];
      return () => {
        for (const half of halves) reader.read(half);
        return sink.bytes;
      };
    },
  },
};
