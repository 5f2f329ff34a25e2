// The window of append messages that a follower has not answered yet.
import { assert } from '../../base/index.ts';

/**
 * Each message is known by the index of its last entry. A queue in two arrays with a moving head, so that nothing is
 * allocated per message in the steady state.
 */
export class Inflights {
  private readonly maxMessages: number;
  private readonly maxBytes: number;
  private readonly indexes: number[] = [];
  private readonly sizes: number[] = [];
  private head = 0;
  private bytes = 0;

  /**
   * @param maxBytes - a soft limit: the message that crosses it is still accepted. 0: no limit.
   */
  constructor(maxMessages: number, maxBytes: number) {
    this.maxMessages = maxMessages;
    this.maxBytes = maxBytes;
  }

  get count(): number {
    return this.indexes.length - this.head;
  }

  /** True while no further message may be sent. */
  get full(): boolean {
    return this.count >= this.maxMessages || (this.maxBytes !== 0 && this.bytes >= this.maxBytes);
  }

  /** Called with ascending indexes, never when full. */
  add(index: number, bytes: number): void {
    assert(!this.full, 'inflights are not full');
    this.indexes.push(index);
    this.sizes.push(bytes);
    this.bytes += bytes;
  }

  /** The follower has everything up to and including `index`. */
  freeTo(index: number): void {
    while (this.head < this.indexes.length && this.indexes[this.head]! <= index) {
      this.bytes -= this.sizes[this.head]!;
      this.head++;
    }
    if (this.head === this.indexes.length) {
      this.reset();
    } else if (this.head >= 64 && this.head * 2 >= this.indexes.length) {
      this.indexes.splice(0, this.head);
      this.sizes.splice(0, this.head);
      this.head = 0;
    }
  }

  reset(): void {
    this.indexes.length = 0;
    this.sizes.length = 0;
    this.head = 0;
    this.bytes = 0;
  }
}
