// Long walks over a tree in slices, so that nothing keeps the thread for long.
import { type Clock, EMPTY_BYTES } from '../../base/index.ts';
import type { Tree } from './tree.ts';

const SLICE_MS = 4;
/** Pairs between two looks at the clock. */
const PAIRS_PER_LOOK = 64;

/** Visits all pairs of a tree that does not change meanwhile, as views that end with the visit; `between` runs between two slices. */
export async function forEachInSlices(
  tree: Tree,
  clock: Clock,
  visit: (key: Uint8Array, value: Uint8Array) => void,
  between: () => Promise<void> = () => clock.yieldNow(),
): Promise<void> {
  let from: Uint8Array | undefined = EMPTY_BYTES;
  while (from !== undefined) {
    const start: Uint8Array = from;
    const endMs = clock.monotonicMs() + SLICE_MS;
    let pairs = 0;
    from = undefined;
    const take = (key: Uint8Array, value: Uint8Array): boolean => {
      visit(key, value);
      if (++pairs % PAIRS_PER_LOOK !== 0 || clock.monotonicMs() < endMs) return true;
      from = successor(key);
      return false;
    };
    tree.forEach(start, undefined, take, 'once');
    await between();
  }
}

/** The smallest key above `key`. */
function successor(key: Uint8Array): Uint8Array {
  const next = new Uint8Array(key.length + 1);
  next.set(key);
  return next;
}
