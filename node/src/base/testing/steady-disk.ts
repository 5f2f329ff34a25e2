// A disk for benchmarks: operations are done at once, and cost their caller no more than the call itself.
import type { Disk, DiskFile, OpenMode } from '../world.ts';
import { DiskError } from './memory-tree.ts';

const DONE: Promise<void> = Promise.resolve();
const LOCK = Promise.resolve({ release: () => DONE });

/** Every file keeps its first `keptBytes`; what is written behind them is thrown away, and read as zeros. */
export class SteadyDisk implements Disk {
  private readonly files = new Map<string, SteadyFile>();
  private readonly folders = new Set<string>();
  private readonly keptBytes: number;

  constructor(keptBytes: number) {
    this.keptBytes = keptBytes;
  }

  open(path: string, mode: OpenMode): Promise<DiskFile> {
    let file = this.files.get(path);
    if (file === undefined) {
      if (mode !== 'create') return Promise.reject(new DiskError('ENOENT', path));
      file = new SteadyFile(path, this.keptBytes);
      this.files.set(path, file);
    }
    return Promise.resolve(file);
  }

  exists(path: string): Promise<boolean> {
    return Promise.resolve(this.files.has(path) || this.folders.has(path));
  }

  list(path: string): Promise<string[]> {
    const names = [...this.files.keys(), ...this.folders]
      .filter((name) => name.startsWith(`${path}/`))
      .map((name) => name.slice(path.length + 1))
      .filter((name) => !name.includes('/'));
    return Promise.resolve(names.sort());
  }

  makeFolder(path: string): Promise<void> {
    this.folders.add(path);
    return DONE;
  }

  /** A file, or a folder with the files in it. */
  rename(from: string, to: string): Promise<void> {
    for (const [path, file] of [...this.files]) {
      if (path !== from && !path.startsWith(`${from}/`)) continue;
      this.files.delete(path);
      this.files.set(to + path.slice(from.length), file);
    }
    if (this.folders.delete(from)) this.folders.add(to);
    return DONE;
  }

  remove(path: string): Promise<void> {
    this.files.delete(path);
    return DONE;
  }

  removeFolder(path: string): Promise<void> {
    this.folders.delete(path);
    for (const name of [...this.files.keys()]) {
      if (name.startsWith(`${path}/`)) this.files.delete(name);
    }
    return DONE;
  }

  syncFolder(): Promise<void> {
    return DONE;
  }

  lock(): Promise<{ release(): Promise<void> }> {
    return LOCK;
  }
}

class SteadyFile implements DiskFile {
  readonly path: string;
  private readonly kept: Uint8Array;
  private sizeBytes = 0;

  constructor(path: string, keptBytes: number) {
    this.path = path;
    this.kept = new Uint8Array(keptBytes);
  }

  size(): number {
    return this.sizeBytes;
  }

  readAt(target: Uint8Array, position: number): number {
    const length = Math.max(0, Math.min(target.length, this.sizeBytes - position));
    const kept = this.kept.subarray(position, position + length);
    target.fill(0, kept.length, length);
    target.set(kept);
    return length;
  }

  readAtAsync(target: Uint8Array, position: number): Promise<number> {
    return Promise.resolve(this.readAt(target, position));
  }

  writeAt(source: Uint8Array, position: number): Promise<void> {
    if (position + source.length <= this.kept.length) this.kept.set(source, position);
    this.sizeBytes = Math.max(this.sizeBytes, position + source.length);
    return DONE;
  }

  writevAt(sources: readonly Uint8Array[], position: number): Promise<void> {
    let at = position;
    for (const source of sources) {
      void this.writeAt(source, at);
      at += source.length;
    }
    return DONE;
  }

  truncate(size: number): Promise<void> {
    this.kept.fill(0, Math.min(size, this.kept.length));
    this.sizeBytes = size;
    return DONE;
  }

  datasync(): Promise<void> {
    return DONE;
  }

  close(): Promise<void> {
    return DONE;
  }
}
