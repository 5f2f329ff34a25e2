// How much garbage the heap may gather before all of it is looked through.
//
// V8 collects everything once the heap has grown by some tenths since the last time, and counts buffers for it. In a member whose
// 25 MB of objects hardly change, the buffers of 1,500 to 4,000 writes were enough: a third of what a write computed was
// collections that found next to nothing (node/decisions/048).
import { PerformanceObserver, constants } from 'node:perf_hooks';
import { getHeapStatistics, setFlagsFromString } from 'node:v8';

/** What may gather on top of what is alive. */
const GARBAGE_BYTES = 96 * 1024 * 1024;
/** V8's own choice for heaps that take long to collect. A small heap is given no more than that either. */
const MOST_PERCENT = 400;

type GcEntry = PerformanceEntry & { readonly detail: { readonly kind: number } };

/**
 * The percentage by which a heap of which `liveBytes` are in use may grow; 0 leaves it to V8, which looks at how fast it collects:
 * of a large heap the same percentage would be too much memory.
 */
export function growingPercent(liveBytes: number): number {
  const percent = Math.floor((100 * GARBAGE_BYTES) / liveBytes);
  return percent < 100 ? 0 : Math.min(percent, MOST_PERCENT);
}

/** From now on, after each full collection: V8 takes the percentage when it has done the next one. */
export function letGarbageGather(): void {
  let present = -1;
  const adjust = (): void => {
    const percent = growingPercent(getHeapStatistics().used_heap_size);
    if (percent === present) return;
    present = percent;
    setFlagsFromString(`--heap-growing-percent=${percent}`);
  };
  adjust();
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const { detail } = entry as GcEntry; // of type gc, as asked for below
      if (detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR) adjust();
    }
  }).observe({ type: 'gc' });
}
