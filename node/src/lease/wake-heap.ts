// Leases ordered by the time at which the primary has to look at them: a binary heap in one array, so that no lease needs a
// timer of its own. Each lease knows its position; moving or removing one takes O(log n).
import type { Lease } from './lease.ts';

export class WakeHeap {
  private readonly items: Lease[] = [];

  get size(): number {
    return this.items.length;
  }

  peek(): Lease | undefined {
    return this.items[0];
  }

  /** Puts `lease` in, or moves it when it is already there. */
  schedule(lease: Lease, wakeMs: number): void {
    lease.wakeMs = wakeMs;
    if (lease.heapIndex < 0) {
      lease.heapIndex = this.items.length;
      this.items.push(lease);
    }
    if (!this.up(lease)) this.down(lease);
  }

  remove(lease: Lease): void {
    const index = lease.heapIndex;
    if (index < 0) return;
    lease.heapIndex = -1;
    const last = this.items.pop();
    if (last === undefined || last === lease) return;
    last.heapIndex = index;
    this.items[index] = last;
    if (!this.up(last)) this.down(last);
  }

  clear(): void {
    for (const lease of this.items) lease.heapIndex = -1;
    this.items.length = 0;
  }

  private up(lease: Lease): boolean {
    const { items } = this;
    const start = lease.heapIndex;
    let index = start;
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = items[above]!; // above < index
      if (parent.wakeMs <= lease.wakeMs) break;
      items[index] = parent;
      parent.heapIndex = index;
      index = above;
    }
    items[index] = lease;
    lease.heapIndex = index;
    return index !== start;
  }

  private down(lease: Lease): void {
    const { items } = this;
    let index = lease.heapIndex;
    for (;;) {
      let below = 2 * index + 1;
      let child = items[below];
      if (child === undefined) break;
      const right = items[below + 1];
      if (right !== undefined && right.wakeMs < child.wakeMs) {
        child = right;
        below++;
      }
      if (child.wakeMs >= lease.wakeMs) break;
      items[index] = child;
      child.heapIndex = index;
      index = below;
    }
    items[index] = lease;
    lease.heapIndex = index;
  }
}
