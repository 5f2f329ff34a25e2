// The disk of a simulated machine. It outlives processes, and loses in a power failure what a real one may lose: written
// content that was not synced, whole or by sectors, and changes of names behind those that were.
import { CONTENT_PAGE_BYTES } from '../../base/testing/paged-content.ts';
import { MemoryInode, type FailedSync } from '../../base/testing/memory-inode.ts';
import { DiskError, MemoryTree } from '../../base/testing/memory-tree.ts';
import type { Disk } from '../../base/index.ts';
import type { SimRandom } from '../world/random.ts';
import { corrupt, type CorruptKind, type CorruptPlace } from './corruption.ts';
import { DiskImage } from './disk-image.ts';
import { MountedDisk, lengthOf, pageEndWithin, writeUntil } from './mounted-disk.ts';
import {
  OperationQueue,
  type CrashMoment,
  type DiskCounters,
  type OperationQueueParts,
} from './operation-queue.ts';

export type { CorruptKind, CorruptPlace } from './corruption.ts';
export type { CrashMoment, DiskCounters, DiskRates } from './operation-queue.ts';
export { DiskImage } from './disk-image.ts';
export { DiskError };

/** A process's view of the disk. */
export interface Mount {
  readonly disk: Disk;
  /** The process has ended: its locks are free, no operation of it settles any more, and no byte is written. */
  end(): void;
}

const FAILED_SYNCS: readonly FailedSync[] = ['kept', 'dropped', 'reverted'];

export class SimDisk {
  readonly name: string;
  private readonly queue: OperationQueue;
  private readonly crashes: SimRandom;
  private readonly failures: SimRandom;
  private tree = new MemoryTree();
  private readonly mounts = new Set<MountedDisk>();
  private readonly locks = new Map<string, MountedDisk>();
  private readonly failing: { operation: 'datasync' | 'write'; code: 'EIO' }[] = [];
  private capacityBytes: number | undefined;

  constructor(parts: OperationQueueParts) {
    this.name = parts.name;
    this.queue = new OperationQueue(parts);
    this.crashes = parts.random.fork('power');
    this.failures = parts.random.fork('failures');
  }

  get counters(): Readonly<DiskCounters> {
    return this.queue.counters;
  }

  mount(): Mount {
    const { tree, queue, locks } = this;
    const mounted: MountedDisk = new MountedDisk({
      tree,
      queue,
      locks,
      write: (inode, path, sources, position) => this.write(inode, path, sources, position),
      sync: (inode, path, mark) => this.sync(inode, path, mark),
    });
    this.mounts.add(mounted);
    return { disk: mounted, end: () => this.end(mounted) };
  }

  /** The process died and the machine lives: what was written stays, as it is in the page cache. */
  killed(): void {
    for (const mounted of [...this.mounts]) this.end(mounted);
  }

  /**
   * The machine lost its power. Of what was not synced, content survives, is lost, or survives in some sectors of 512
   * bytes; of a folder's names survives a prefix of their changes.
   */
  powerFailed(): void {
    this.killed();
    this.tree = this.tree.crash(() => this.crashes.fraction());
  }

  /**
   * The process crashes at the n-th operation from now that changes anything, before it takes effect, after that, or
   * (writes) half-way: its mount ends, the operation never settles, and `onCrash` is called, which says by killed() or
   * powerFailed() what happened. Reads don't count, nor do paths that `counts` leaves out. A later call replaces an earlier one.
   */
  crashAt(
    operations: number,
    onCrash: () => void,
    moment?: CrashMoment,
    counts?: (path: string) => boolean,
  ): void {
    const crashed = (): void => {
      this.dropEnded();
      onCrash();
    };
    this.queue.crashAt(operations, crashed, moment, counts);
  }

  /** Takes `crashAt` back. */
  forgetCrash(): void {
    this.queue.forgetCrash();
  }

  /** Told before each operation that changes something takes effect: the moment for an image of each state there is. */
  observe(beforeChange: (kind: string, path: string) => void): void {
    this.queue.onChange = beforeChange;
  }

  /** The disk as it is, with what is not synced as not synced. Costs little: pages are shared until they change. */
  image(): DiskImage {
    return new DiskImage(this.tree.fork());
  }

  /** Puts an image in the disk's place: the machine is rolled back. Ends all mounts. */
  restore(image: DiskImage): void {
    this.killed();
    this.tree = image.tree.fork();
  }

  /** An empty disk in place of this one. Ends all mounts. */
  wipe(): void {
    this.killed();
    this.tree = new MemoryTree();
  }

  /**
   * Damages a file of the kind at rest: on the medium and in the page cache. Best while no process has it open.
   * @returns what was done to which file; undefined when there was nothing to damage
   */
  corrupt(kind: CorruptKind, where: CorruptPlace, random: SimRandom): string | undefined {
    return corrupt(this.tree, kind, where, random);
  }

  /**
   * The next datasync or write fails. After a datasync the written pages stay dirty, are dropped, or are reverted, as
   * kernels do it; a later one succeeds. A failed write may have written a part.
   */
  failNext(operation: 'datasync' | 'write', code: 'EIO'): void {
    this.failing.push({ operation, code });
  }

  /** What all files together may take; undefined for no limit. */
  setCapacity(bytes: number | undefined): void {
    this.capacityBytes = bytes;
  }

  /** No operation takes effect before that time. Reads that don't wait (readAt) are not held up. */
  stall(untilMs: number): void {
    this.queue.stall(untilMs);
  }

  /** What the files take now. Holes are free. */
  get usedBytes(): number {
    return this.tree.allocatedBytes();
  }

  /** Paths of all files, in order. */
  paths(): string[] {
    return this.tree.files().map(({ path }) => path);
  }

  /** A copy of the file's present content. */
  contentOf(path: string): Uint8Array {
    const inode = this.tree.inode(path);
    const content = new Uint8Array(inode.size);
    inode.readAt(content, 0);
    return content;
  }

  /** Puts a file on the disk, durably, making folders as needed: an operator's hand. */
  setContent(path: string, content: Uint8Array): void {
    this.tree.put(path, content);
  }

  private end(mounted: MountedDisk): void {
    this.queue.end(mounted.owner);
    this.dropEnded();
  }

  private dropEnded(): void {
    for (const mounted of [...this.mounts]) {
      if (mounted.owner.isAlive) continue;
      this.mounts.delete(mounted);
      for (const [path, holder] of [...this.locks]) if (holder === mounted) this.locks.delete(path);
    }
  }

  private write(
    inode: MemoryInode,
    path: string,
    sources: readonly Uint8Array[],
    position: number,
  ): void {
    const end = position + lengthOf(sources);
    const code = this.takeFailure('write');
    if (code !== undefined) {
      writeUntil(inode, sources, position, pageEndWithin(position, end, this.failures));
      throw new DiskError(code, path);
    }
    const fitting = this.fittingEnd(inode, position, end);
    writeUntil(inode, sources, position, fitting);
    if (fitting < end) throw new DiskError('ENOSPC', path);
  }

  /** Where a write to [position, end) stops because the disk is full. */
  private fittingEnd(inode: MemoryInode, position: number, end: number): number {
    if (this.capacityBytes === undefined) return end;
    const { content } = inode;
    const missing = content.missingPages(position, end) * CONTENT_PAGE_BYTES;
    if (missing === 0) return end;
    let freeBytes = this.capacityBytes - this.tree.allocatedBytes();
    if (missing <= freeBytes) return end;
    for (let at = position; at < end;) {
      const next = Math.min(end, at - (at % CONTENT_PAGE_BYTES) + CONTENT_PAGE_BYTES);
      freeBytes -= content.missingPages(at, next) * CONTENT_PAGE_BYTES;
      if (freeBytes < 0) return at;
      at = next;
    }
    return end;
  }

  private sync(inode: MemoryInode, path: string, mark: number): void {
    const code = this.takeFailure('datasync');
    if (code === undefined) {
      inode.sync(mark);
      return;
    }
    inode.syncFailed(mark, this.failures.pick(FAILED_SYNCS));
    throw new DiskError(code, path);
  }

  private takeFailure(operation: 'datasync' | 'write'): string | undefined {
    const at = this.failing.findIndex((failure) => failure.operation === operation);
    return at < 0 ? undefined : this.failing.splice(at, 1)[0]?.code;
  }
}
