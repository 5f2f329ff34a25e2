// What the index of all keys costs.
import type { Benchmarks } from '../../base/testing/benchmark.ts';
import { KeyIndex, NO_BOUND } from './key-index.ts';

const KEYS = 100_000;
/** Any odd number that visits all keys in no order of theirs. */
const STRIDE = 7919;
const RANGE = 1000;

const nameOf = (i: number): string => `/registry/pods/default/web-${String(i).padStart(6, '0')}`;

interface Filled {
  readonly index: KeyIndex;
  readonly names: readonly string[];
}

function filled(): Filled {
  const index = new KeyIndex();
  const names = Array.from({ length: KEYS }, (_, i) => nameOf(i));
  names.forEach((name, i) => index.put(name, i + 1, 0));
  return { index, names };
}

const spread = (call: number): number => (call * STRIDE) % KEYS;

export const benchmarks: Benchmarks = {
  'index: find one of 100,000 keys': {
    start: () => {
      const { index, names } = filled();
      return (call) => index.at(names[spread(call)]!, KEYS);
    },
  },
  'index: put one of 100,000 keys, and forget what was before': {
    start: () => {
      const { index, names } = filled();
      let main = KEYS;
      return () => {
        const name = names[spread(main)]!;
        index.put(name, ++main, 0);
        return index.compact(name, main);
      };
    },
  },
  'index: visit a key of a range of 1,000': {
    operationsPerCall: RANGE,
    calls: 100,
    start: () => {
      const { index, names } = filled();
      return (call) => {
        let visited = 0;
        index.visit(names[call % (KEYS - RANGE)]!, NO_BOUND, KEYS, () => ++visited < RANGE);
        return visited;
      };
    },
  },
  'index: count 100,000 keys': {
    calls: 200,
    start: () => {
      const { index } = filled();
      return () => index.count('', NO_BOUND, KEYS);
    },
  },
};
