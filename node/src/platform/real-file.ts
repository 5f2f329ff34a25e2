// One open file of the real disk, on a raw descriptor: callbacks wrapped once, no FileHandle objects in between.
import * as fs from 'node:fs';
import type { DiskFile } from '../base/world.ts';

/** Wraps one call of node:fs that reports through a callback. */
function settled(start: (done: (error: Error | null) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    start((error) => {
      if (error === null) resolve();
      else reject(error);
    });
  });
}

function writeOnce(
  descriptor: number,
  source: Uint8Array,
  offset: number,
  position: number,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const length = source.length - offset;
    fs.write(descriptor, source, offset, length, position, (error, written) => {
      if (error === null) resolve(written);
      else reject(error);
    });
  });
}

function writevOnce(
  descriptor: number,
  sources: readonly Uint8Array[],
  position: number,
): Promise<number> {
  return new Promise((resolve, reject) => {
    fs.writev(descriptor, sources, position, (error, written) => {
      if (error === null) resolve(written);
      else reject(error);
    });
  });
}

/**
 * Writes what is short at once, without the thread pool: a copy into the page cache takes 5 µs, of 64 KiB 15 µs, a journey to
 * the pool and back 40 µs of CPU and as much waiting. Where the copy itself has to wait (the kernel throttles writers, the journal is
 * full), it goes to the pool again for a while, so that a slow disk holds the thread once and not with each write.
 */
class QuickWrites {
  private pausedUntilMs = 0;

  takes(bytes: number): boolean {
    return bytes <= QUICK_BYTES && performance.now() >= this.pausedUntilMs;
  }

  write(descriptor: number, source: Uint8Array, position: number): number {
    const startMs = performance.now();
    const written = fs.writeSync(descriptor, source, 0, source.length, position);
    const endMs = performance.now();
    if (endMs - startMs > SLOW_MS) this.pausedUntilMs = endMs + PAUSE_MS;
    return written;
  }
}

const QUICK_BYTES = 64 * 1024;
const SLOW_MS = 10;
const PAUSE_MS = 5_000;
/** One for all files: they wait for the same disk. */
const quickWrites = new QuickWrites();

function syncInPool(descriptor: number): Promise<void> {
  return settled((done) => fs.fdatasync(descriptor, done));
}

/**
 * Waits for a sync in place where nobody has anything else to do and the disk is quick: on a disk that takes 150 µs, two threads
 * that wake each other cost half as much again. A disk counts as quick after some syncs in a row that were; one that was not sends
 * the next ones to the pool, so that a slow disk holds the thread once.
 */
class QuickSyncs {
  private quickInARow = 0;

  sync(descriptor: number): Promise<void> {
    const startMs = performance.now();
    if (this.quickInARow < QUICK_SYNCS) {
      return syncInPool(descriptor).then(() => this.took(performance.now() - startMs));
    }
    try {
      fs.fdatasyncSync(descriptor);
    } catch (error) {
      return Promise.reject(error instanceof Error ? error : new Error(String(error)));
    }
    this.took(performance.now() - startMs);
    return SYNCED;
  }

  private took(durationMs: number): void {
    this.quickInARow = durationMs <= QUICK_SYNC_MS ? this.quickInARow + 1 : 0;
  }
}

const QUICK_SYNCS = 8;
const QUICK_SYNC_MS = 1;
const SYNCED = Promise.resolve();
const quickSyncs = new QuickSyncs();

/** writev takes at most IOV_MAX buffers, which is 1024 on Linux and macOS. */
const MAX_VECTORS = 1024;

export class RealFile implements DiskFile {
  readonly path: string;
  private readonly descriptor: number;
  private closed = false;

  constructor(path: string, descriptor: number) {
    this.path = path;
    this.descriptor = descriptor;
  }

  size(): number {
    return fs.fstatSync(this.descriptor).size;
  }

  readAt(target: Uint8Array, position: number): number {
    let done = 0;
    while (done < target.length) {
      const count = fs.readSync(
        this.descriptor,
        target,
        done,
        target.length - done,
        position + done,
      );
      if (count === 0) break;
      done += count;
    }
    return done;
  }

  async readAtAsync(target: Uint8Array, position: number): Promise<number> {
    let done = 0;
    while (done < target.length) {
      const from = done;
      const count = await new Promise<number>((resolve, reject) => {
        const length = target.length - from;
        fs.read(this.descriptor, target, from, length, position + from, (error, bytesRead) => {
          if (error === null) resolve(bytesRead);
          else reject(error);
        });
      });
      if (count === 0) break;
      done += count;
    }
    return done;
  }

  async writeAt(source: Uint8Array, position: number): Promise<void> {
    let done = quickWrites.takes(source.length)
      ? quickWrites.write(this.descriptor, source, position)
      : 0;
    while (done < source.length) {
      done += await writeOnce(this.descriptor, source, done, position + done);
    }
  }

  async writevAt(sources: readonly Uint8Array[], position: number): Promise<void> {
    for (let first = 0; first < sources.length; first += MAX_VECTORS) {
      const part = sources.slice(first, first + MAX_VECTORS);
      let done = await writevOnce(this.descriptor, part, position);
      // A short write is rare (a signal, the disk nearly full): what is left goes buffer by buffer.
      for (const source of part) {
        if (done >= source.length) {
          done -= source.length;
        } else {
          await this.writeAt(source.subarray(done), position + done);
          done = 0;
        }
        position += source.length;
      }
    }
  }

  truncate(size: number): Promise<void> {
    return settled((done) => fs.ftruncate(this.descriptor, size, done));
  }

  datasync(isAlone = false): Promise<void> {
    if (!isAlone) return syncInPool(this.descriptor);
    return quickSyncs.sync(this.descriptor);
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    await settled((done) => fs.close(this.descriptor, done));
  }
}
