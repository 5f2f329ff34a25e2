import { Duplex } from 'node:stream';
import type { Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { Output } from './output.ts';
import { SLAB_BYTES, SMALL_SLAB_BYTES, SlabPool } from './slabs.ts';

/** A socket that keeps what it is given by reference until `takeAll`, as one does whose peer is slow. */
class SlowSocket extends Duplex {
  readonly taken: Buffer[] = [];
  private pending: (() => void)[] = [];

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.pending.push(() => {
      this.taken.push(Buffer.from(chunk));
      done();
    });
  }

  async takeAll(): Promise<void> {
    while (this.pending.length > 0) {
      this.pending.shift()?.();
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

/** Knows the sizes of all slabs that were taken, and how many there are. */
class CountingPool extends SlabPool {
  readonly taken: number[] = [];
  private readonly all = new Set<Buffer>();

  get made(): number {
    return this.all.size;
  }

  override take(): Buffer {
    return this.counted(super.take());
  }

  override takeSmall(): Buffer {
    return this.counted(super.takeSmall());
  }

  private counted(slab: Buffer): Buffer {
    this.taken.push(slab.length);
    this.all.add(slab);
    return slab;
  }
}

function setUp() {
  const socket = new SlowSocket({ writableHighWaterMark: 1 << 30 });
  // Output uses what a Duplex has.
  const pool = new CountingPool();
  const output = new Output(socket as unknown as Socket, pool);
  const place = (value: number, bytes: number): void => {
    output.makeRoom(bytes).fill(value, output.at, output.at + bytes);
    output.placed(bytes);
  };
  return { socket, pool, output, place };
}

describe('output', () => {
  test('goes out in the order in which it was pushed and placed', async () => {
    const { socket, output, place } = setUp();
    output.push(Buffer.alloc(10, 1));
    place(2, 5000);
    output.push(Buffer.alloc(10, 3));
    output.push(Buffer.alloc(20_000, 4));
    place(5, SLAB_BYTES);
    place(6, 10);
    const sizes = [10, 5000, 10, 20_000, SLAB_BYTES, 10];
    expect(output.bytes).toBe(sizes.reduce((sum, size) => sum + size));
    output.write();
    expect(output.bytes).toBe(0);
    await socket.takeAll();
    const expected = Buffer.concat(sizes.map((size, i) => Buffer.alloc(size, i + 1)));
    expect(Buffer.concat(socket.taken).equals(expected)).toBe(true);
  });

  test('says when the socket has written what was lent to it; if it breaks before, when it is closed', async () => {
    const { socket, output } = setUp();
    const lent = Buffer.alloc(100_000, 1);
    let given = 0;
    output.push(lent.subarray(0, 50_000));
    output.write();
    output.push(lent.subarray(50_000));
    output.afterWrite(() => given++);
    output.write();
    await new Promise((resolve) => setImmediate(resolve));
    expect(given).toBe(0);
    await socket.takeAll();
    expect(given).toBe(1);
    output.push(lent);
    output.afterWrite(() => given++);
    output.write();
    socket.on('error', () => undefined);
    socket.destroy(new Error('gone'));
    await new Promise((resolve) => setImmediate(resolve));
    expect(given).toBe(1);
    output.push(lent);
    output.afterWrite(() => given++);
    output.closed();
    expect(given).toBe(3);
    output.afterWrite(() => given++);
    expect(given).toBe(4);
    await socket.takeAll();
    expect(given).toBe(4);
  });

  test('says at once what nothing is to be written for', () => {
    const { output } = setUp();
    let given = 0;
    output.afterWrite(() => given++);
    expect(given).toBe(1);
  });

  test('is not written over while the socket still holds it', async () => {
    const { socket, output, place } = setUp();
    for (let value = 1; value <= 5; value++) {
      place(value, 6000);
      output.write();
    }
    await socket.takeAll();
    const expected = Buffer.concat([1, 2, 3, 4, 5].map((value) => Buffer.alloc(6000, value)));
    expect(Buffer.concat(socket.taken).equals(expected)).toBe(true);
  });

  test('of a few bytes a turn takes a small slab, which is used again once the socket has written it', async () => {
    const { socket, pool, output, place } = setUp();
    place(1, 100);
    output.push(Buffer.alloc(50, 2));
    output.write();
    place(3, 100);
    output.write();
    expect(pool.taken).toEqual([SMALL_SLAB_BYTES, SMALL_SLAB_BYTES]);
    await socket.takeAll();
    place(4, 100);
    output.write();
    await socket.takeAll();
    place(5, 100);
    output.write();
    expect(pool.taken).toHaveLength(4);
    expect(pool.made).toBe(2);
    await socket.takeAll();
    const sizes = [100, 50, 100, 100, 100];
    const expected = Buffer.concat(sizes.map((size, i) => Buffer.alloc(size, i + 1)));
    expect(Buffer.concat(socket.taken).equals(expected)).toBe(true);
  });

  test('that outgrows a small slab goes on in a large one', async () => {
    const { socket, pool, output, place } = setUp();
    for (let value = 1; value <= 30; value++) place(value, 1000);
    output.write();
    expect(pool.taken).toEqual([SMALL_SLAB_BYTES, SLAB_BYTES]);
    await socket.takeAll();
    const expected = Buffer.concat(Array.from({ length: 30 }, (_, i) => Buffer.alloc(1000, i + 1)));
    expect(Buffer.concat(socket.taken).equals(expected)).toBe(true);
  });
});
