// A queue of records in shared memory, with one thread that writes and one that reads.
//
//   control   head | tail | asleep | waiting | taken      32-bit words; head and tail are offsets into the data
//   data      record | record | … | skip | (rest unused)   a record never wraps: a skip sends the reader to offset 0
//   record    size u32 | type u32 | call u32 | payload length u32 | payload, padded to 4 bytes
//
// head = tail is empty; the writer never fills the last word, so that full is something else. Only the writer stores head
// and only the reader stores tail, each with Atomics, behind what it has done to the data.
import { assert } from '../base/assert.ts';

export const RECORD_HEADER_BYTES = 16;
/** What a reader takes at once: as much as a socket hands out, since views into it live as long. */
const BATCH_BYTES = 64 * 1024;
const CONTROL_BYTES = 64;
const SKIP = 0;

const HEAD = 0;
const TAIL = 1;
const ASLEEP = 2;
const WAITING = 3;
const TAKEN = 4;

/** Memory of a ring for `capacityBytes` of records, a multiple of 4. */
export function newRing(capacityBytes: number): SharedArrayBuffer {
  assert(capacityBytes % 4 === 0, 'records are aligned');
  return new SharedArrayBuffer(CONTROL_BYTES + capacityBytes);
}

/** Bytes that a record with `payloadBytes` takes. */
export function recordBytes(payloadBytes: number): number {
  return RECORD_HEADER_BYTES + ((payloadBytes + 3) & ~3);
}

export class RingWriter {
  /** Where payloads are written, at the offset that `place` returns. */
  readonly bytes: Uint8Array;
  readonly capacity: number;
  private readonly control: Int32Array;
  private readonly words: Int32Array;
  private head = 0;
  private tail = 0;
  private placedEnd = 0;

  constructor(memory: SharedArrayBuffer) {
    this.control = new Int32Array(memory, 0, CONTROL_BYTES / 4);
    this.bytes = new Uint8Array(memory, CONTROL_BYTES);
    this.words = new Int32Array(memory, CONTROL_BYTES);
    this.capacity = this.bytes.length;
  }

  /** Makes a record and returns the offset of its payload, or −1 when there is no room. It counts from `publish` on. */
  place(type: number, callId: number, payloadBytes: number): number {
    const size = recordBytes(payloadBytes);
    let at = this.roomFor(size);
    if (at < 0) {
      this.tail = Atomics.load(this.control, TAIL);
      at = this.roomFor(size);
      if (at < 0) return -1;
    }
    if (at !== this.head && this.head < this.capacity) this.words[this.head >> 2] = SKIP;
    const word = at >> 2;
    this.words[word] = size;
    this.words[word + 1] = type;
    this.words[word + 2] = callId;
    this.words[word + 3] = payloadBytes;
    this.placedEnd = at + size;
    return at + RECORD_HEADER_BYTES;
  }

  publish(): void {
    this.head = this.placedEnd;
    Atomics.store(this.control, HEAD, this.head);
  }

  /** Whether the reader has to be woken; it is told once. */
  wakesReader(): boolean {
    return (
      Atomics.load(this.control, ASLEEP) === 1 && Atomics.exchange(this.control, ASLEEP, 0) === 1
    );
  }

  /** Asks the reader to say when it has taken something. Look once more before you rely on it. */
  waitForReader(): void {
    Atomics.store(this.control, WAITING, 1);
  }

  /** How many things the reader has counted with `countTaken`, modulo 2^32. */
  get taken(): number {
    return Atomics.load(this.control, TAKEN);
  }

  private roomFor(size: number): number {
    const { head, tail, capacity } = this;
    if (head < tail) return head + size < tail ? head : -1;
    if (head + size <= capacity) return head;
    return size < tail ? 0 : -1;
  }
}

export type RecordHandler = (type: number, callId: number, payload: Uint8Array) => void;

export class RingReader {
  private readonly control: Int32Array;
  private readonly bytes: Uint8Array;
  private readonly words: Int32Array;
  private tail = 0;
  private asleep = false;

  constructor(memory: SharedArrayBuffer) {
    this.control = new Int32Array(memory, 0, CONTROL_BYTES / 4);
    this.bytes = new Uint8Array(memory, CONTROL_BYTES);
    this.words = new Int32Array(memory, CONTROL_BYTES);
  }

  /** Hands a batch of records to `handle`, and returns how many bytes it was. Payloads are views into a copy. */
  read(handle: RecordHandler): number {
    const head = Atomics.load(this.control, HEAD);
    const from = this.start(head);
    const end = this.endOfBatch(from, head);
    if (from === end) return 0;
    const batch = Buffer.allocUnsafe(end - from);
    batch.set(this.bytes.subarray(from, end));
    this.tail = end;
    Atomics.store(this.control, TAIL, end);
    this.handOut(batch, handle);
    return end - from;
  }

  get isEmpty(): boolean {
    return Atomics.load(this.control, HEAD) === this.tail;
  }

  /** Says that this side will not look again unless it is woken; false when there is something to read after all. */
  sleep(): boolean {
    Atomics.store(this.control, ASLEEP, 1);
    this.asleep = true;
    if (this.isEmpty) return true;
    this.wakeUp();
    return false;
  }

  /** This side looks by itself again. */
  wakeUp(): void {
    if (!this.asleep) return;
    this.asleep = false;
    Atomics.store(this.control, ASLEEP, 0);
  }

  /** Whether the writer waits for room; it is told once. */
  wakesWriter(): boolean {
    return (
      Atomics.load(this.control, WAITING) === 1 && Atomics.exchange(this.control, WAITING, 0) === 1
    );
  }

  countTaken(): void {
    Atomics.add(this.control, TAKEN, 1);
  }

  private start(head: number): number {
    const { tail } = this;
    if (tail === head) return tail;
    const skips = tail === this.bytes.length || (tail > head && this.words[tail >> 2] === SKIP);
    return skips ? 0 : tail;
  }

  /** Whole records from `from` on, at least one if there is one. */
  private endOfBatch(from: number, head: number): number {
    let at = from;
    while (at !== head && at < this.bytes.length && at - from < BATCH_BYTES) {
      const size = this.words[at >> 2] as number; // within the data
      if (size === SKIP) break;
      at += size;
    }
    return at;
  }

  private handOut(batch: Buffer, handle: RecordHandler): void {
    const words = new Int32Array(batch.buffer, batch.byteOffset, batch.length >> 2);
    for (let at = 0; at < batch.length;) {
      const word = at >> 2;
      const start = at + RECORD_HEADER_BYTES;
      // A record has four words, whole in the batch.
      at += words[word] as number;
      const length = words[word + 3] as number;
      handle(
        words[word + 1] as number,
        (words[word + 2] as number) >>> 0,
        batch.subarray(start, start + length),
      );
    }
  }
}
