// One file of a disk in memory: what it holds now, and what of that a power failure may take away.
import { CONTENT_PAGE_BYTES, PagedContent, isZero } from './paged-content.ts';

export const SECTOR_BYTES = 512;

type ContentChange =
  | {
      readonly kind: 'write';
      readonly position: number;
      readonly length: number;
      /** Undefined for zeros. */
      readonly bytes: Uint8Array | undefined;
    }
  | { readonly kind: 'truncate'; readonly size: number };

/** What a failed fsync leaves of the pages it was to write ("Can Applications Recover from fsync Failures?", ATC '20). */
export type FailedSync =
  /** They stay dirty: the next sync writes them. */
  | 'kept'
  /** They count as clean: reads see them, the disk never gets them (ext4, XFS). */
  | 'dropped'
  /** They are as they were on the disk (Btrfs). */
  | 'reverted';

export class MemoryInode {
  private current = new PagedContent();
  private durable = new PagedContent();
  /** Changes since the last sync, oldest first; the first one has the number `firstPending`. */
  private pending: ContentChange[] = [];
  private firstPending = 0;
  /** Once a failed sync has dropped pages: what the page cache held before the pending changes. The disk has less. */
  private cached: PagedContent | undefined;
  private replaced: { readonly page: number; readonly bytes: Uint8Array } | undefined;

  static of(content: Uint8Array): MemoryInode {
    const inode = new MemoryInode();
    inode.current.write(content.slice(), 0, true);
    inode.durable = inode.current.fork();
    return inode;
  }

  private static whole(content: PagedContent): MemoryInode {
    const inode = new MemoryInode();
    inode.current = content;
    inode.durable = content.fork();
    return inode;
  }

  get size(): number {
    return this.current.size;
  }

  /** What it holds now; for reading. */
  get content(): PagedContent {
    return this.current;
  }

  /** The present content as one array: changing that changes the file. */
  view(): Uint8Array {
    return this.current.view();
  }

  readAt(target: Uint8Array, position: number): number {
    return this.current.readAt(target, position);
  }

  write(source: Uint8Array, position: number): void {
    const { length } = source;
    if (isZero(source)) {
      this.current.writeZeros(position, length);
      this.pending.push({ kind: 'write', position, length, bytes: undefined });
      return;
    }
    const bytes = source.slice();
    this.current.write(bytes, position, true);
    this.pending.push({ kind: 'write', position, length, bytes });
  }

  truncate(size: number): void {
    this.current.resize(size);
    this.pending.push({ kind: 'truncate', size });
  }

  /** A number that says how far a sync has to go that begins now. */
  mark(): number {
    return this.firstPending + this.pending.length;
  }

  /** All that was written before the mark is durable. */
  sync(mark = this.mark()): void {
    const changes = this.take(mark);
    const last = changes.at(-1);
    if (last?.kind === 'write') this.remember(last.position);
    for (const change of changes) {
      if (this.cached === undefined) {
        apply(this.durable, change);
        continue;
      }
      apply(this.cached, change);
      if (change.kind === 'truncate') this.durable.resize(change.size);
      else takePages(this.durable, this.cached, change.position, change.position + change.length);
    }
  }

  /** The page that the last synced write began in, and what the disk had there before: where a write may be missing. */
  get lastReplaced(): { readonly page: number; readonly bytes: Uint8Array } | undefined {
    return this.replaced;
  }

  /** A sync of what was written before the mark failed. */
  syncFailed(mark: number, outcome: FailedSync): void {
    if (outcome === 'kept') return;
    const failed = this.take(mark);
    if (outcome === 'dropped') this.cached ??= this.durable.fork();
    else this.cached = undefined;
    for (const change of failed) {
      if (this.cached !== undefined) apply(this.cached, change);
      // Sizes are the file system's own data, which it keeps in its journal.
      if (change.kind === 'truncate') this.durable.resize(change.size);
    }
    if (outcome === 'dropped') return;
    this.current = this.durable.fork();
    for (const change of this.pending) apply(this.current, change);
  }

  private take(mark: number): ContentChange[] {
    const taken = this.pending.splice(0, Math.max(0, mark - this.firstPending));
    this.firstPending += taken.length;
    return taken;
  }

  private remember(position: number): void {
    const page = Math.floor(position / CONTENT_PAGE_BYTES);
    this.replaced = { page, bytes: this.durable.pageAt(page) };
  }

  /** The file after a power failure: each unsynced change is kept, lost, or kept in some of its sectors. */
  crash(chance: () => number): MemoryInode {
    const after = this.durable.fork();
    if (this.pending.length === 0) return MemoryInode.whole(after);
    // Sectors reach the disk from the page cache, whole: with all that was ever written into them before.
    const cached = (this.cached ?? this.durable).fork();
    // A size that was lost takes along what lies beyond it.
    let lostFrom = Infinity;
    for (const change of this.pending) {
      const sizeBefore = cached.size;
      apply(cached, change);
      const fate = chance();
      if (change.kind === 'truncate') {
        if (fate < 0.3 || lostFrom < Infinity)
          lostFrom = Math.min(lostFrom, sizeBefore, change.size);
        else after.resize(change.size);
        continue;
      }
      if (fate < 0.3) continue;
      const sectors = aligned(change.position, change.position + change.length, SECTOR_BYTES);
      sectors.end = Math.min(sectors.end, lostFrom);
      if (fate < 0.6) after.take(cached, sectors.start, sectors.end);
      else takeSomeSectors(after, cached, sectors, chance);
    }
    return MemoryInode.whole(after);
  }

  /** A file that holds the present content, durably. */
  settled(): MemoryInode {
    return MemoryInode.whole(this.current.fork());
  }

  /** A copy, unsynced changes included. */
  fork(): MemoryInode {
    const copy = new MemoryInode();
    copy.current = this.current.fork();
    copy.durable = this.durable.fork();
    copy.pending = this.pending.slice();
    copy.firstPending = this.firstPending;
    copy.cached = this.cached?.fork();
    copy.replaced = this.replaced;
    return copy;
  }

  /** Changes what is on the disk and what is read of it, as decay does. */
  damage(change: (content: PagedContent) => void): void {
    change(this.current);
    change(this.durable);
    if (this.cached !== undefined) change(this.cached);
  }
}

function apply(content: PagedContent, change: ContentChange): void {
  if (change.kind === 'truncate') content.resize(change.size);
  else if (change.bytes === undefined) content.writeZeros(change.position, change.length);
  else content.write(change.bytes, change.position, true);
}

interface Span {
  start: number;
  end: number;
}

/** [start, end) widened to whole units. */
function aligned(start: number, end: number, unit: number): Span {
  return { start: start - (start % unit), end: Math.ceil(end / unit) * unit };
}

/** Writeback: the whole of each page that was written into. */
function takePages(disk: PagedContent, cache: PagedContent, from: number, to: number): void {
  const { start, end } = aligned(from, to, CONTENT_PAGE_BYTES);
  disk.take(cache, start, end);
}

/** Brings those of the sectors from the cache to the disk that `chance` picks. */
function takeSomeSectors(
  disk: PagedContent,
  cache: PagedContent,
  sectors: Span,
  chance: () => number,
): void {
  const end = Math.min(sectors.end, cache.size);
  // The size may reach the disk without the content: zeros.
  if (chance() < 0.5 && end > disk.size) disk.resize(end);
  for (let at = sectors.start; at < end; at += SECTOR_BYTES)
    if (chance() < 0.5) disk.take(cache, at, Math.min(at + SECTOR_BYTES, end));
}
