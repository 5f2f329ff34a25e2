// Benchmarks of which it is known what they allocate, with 64-bit pointers: for the test of the measuring.
import type { Benchmarks } from '../../../../node/src/base/testing/benchmark.ts';

/** Map, properties and elements of 8 bytes each, then one field: 32 bytes. */
class Box {
  readonly content: unknown;

  constructor(content: unknown) {
    this.content = content;
  }
}

function boxes(count: number): Box | undefined {
  let chain: Box | undefined = undefined;
  for (let i = 0; i < count; i++) chain = new Box(chain);
  return chain;
}

export const benchmarks: Benchmarks = {
  nothing: { start: () => (call) => call },
  'one box': { start: () => () => boxes(1) },
  'two boxes': { start: () => () => boxes(2) },
  'sixteen boxes': { start: () => () => boxes(16) },
  'sixteen boxes, each an operation': { operationsPerCall: 16, start: () => () => boxes(16) },
  'memory outside of the heap': { calls: 200, start: () => () => new ArrayBuffer(10_000) },
  'a promise that is awaited': { start: () => () => Promise.resolve() },
  'more than fits': { start: () => () => new Array<number>(3500) },
};
