// The dynamic table of RFC 7541 section 2.3.2: a ring of fields, newest first, bounded by the sum of their sizes.
import { FIELD_OVERHEAD, type HeaderField } from './static-table.ts';

export class DynamicTable {
  /** Counts every change, so that what was derived from the table can tell whether it still holds. */
  changes = 0;
  private readonly ring: (HeaderField | undefined)[];
  private head = 0;
  private count = 0;
  private size = 0;
  private maxSize: number;

  /** @param capacity the largest maximum size that may be set, in the RFC's bytes */
  constructor(capacity: number) {
    this.ring = new Array<HeaderField | undefined>(Math.floor(capacity / FIELD_OVERHEAD) + 1);
    this.maxSize = capacity;
  }

  get length(): number {
    return this.count;
  }

  /** The field at `index`, 0 being the newest. */
  get(index: number): HeaderField | undefined {
    if (index >= this.count) return undefined;
    const slots = this.ring.length;
    return this.ring[(this.head - 1 - index + 2 * slots) % slots];
  }

  /** Adds a field and evicts the oldest ones; one larger than the table empties it (section 4.4). */
  add(field: HeaderField): void {
    this.changes++;
    this.evictTo(this.maxSize - field.size);
    if (field.size > this.maxSize) return;
    this.ring[this.head] = field;
    this.head = (this.head + 1) % this.ring.length;
    this.count++;
    this.size += field.size;
  }

  resize(maxSize: number): void {
    this.changes++;
    this.maxSize = maxSize;
    this.evictTo(maxSize);
  }

  private evictTo(limit: number): void {
    const slots = this.ring.length;
    while (this.count > 0 && this.size > limit) {
      const oldest = (this.head - this.count + slots) % slots;
      this.size -= this.ring[oldest]?.size ?? 0;
      this.ring[oldest] = undefined;
      this.count--;
    }
  }
}
