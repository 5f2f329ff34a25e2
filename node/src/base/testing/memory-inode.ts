// One file of the memory disk: what it holds now, and what of that a crash may take away.

const SECTOR_BYTES = 512;

type ContentChange =
  | { readonly kind: 'write'; readonly position: number; readonly bytes: Uint8Array }
  | { readonly kind: 'truncate'; readonly size: number };

/** A growing byte array. */
class Content {
  private bytes = new Uint8Array(0);
  size = 0;

  view(): Uint8Array {
    return this.bytes.subarray(0, this.size);
  }

  write(source: Uint8Array, position: number): void {
    this.grow(position + source.length);
    this.bytes.set(source, position);
  }

  grow(size: number): void {
    if (size > this.bytes.length) {
      const larger = new Uint8Array(Math.max(size, this.bytes.length * 2));
      larger.set(this.view());
      this.bytes = larger;
    }
    if (size > this.size) this.size = size;
  }

  resize(size: number): void {
    if (size >= this.size) {
      this.grow(size);
      return;
    }
    this.bytes.fill(0, size, this.size);
    this.size = size;
  }
}

export class MemoryInode {
  private readonly current = new Content();
  private readonly durable = new Content();
  private readonly pending: ContentChange[] = [];

  static of(content: Uint8Array): MemoryInode {
    const inode = new MemoryInode();
    inode.current.write(content, 0);
    inode.durable.write(content, 0);
    return inode;
  }

  get size(): number {
    return this.current.size;
  }

  view(): Uint8Array {
    return this.current.view();
  }

  readAt(target: Uint8Array, position: number): number {
    const part = this.current.view().subarray(position, position + target.length);
    target.set(part);
    return part.length;
  }

  write(source: Uint8Array, position: number): void {
    this.current.write(source, position);
    this.pending.push({ kind: 'write', position, bytes: source.slice() });
  }

  truncate(size: number): void {
    this.current.resize(size);
    this.pending.push({ kind: 'truncate', size });
  }

  sync(): void {
    for (const change of this.pending) {
      if (change.kind === 'write') this.durable.write(change.bytes, change.position);
      else this.durable.resize(change.size);
    }
    this.pending.length = 0;
  }

  /** The file after a power failure: each unsynced change is kept, lost, or kept in some of its sectors. */
  crash(chance: () => number): MemoryInode {
    const after = MemoryInode.of(this.durable.view());
    for (const change of this.pending) {
      const fate = chance();
      if (fate < 0.3) continue;
      if (change.kind === 'truncate') after.current.resize(change.size);
      else if (fate < 0.6) after.current.write(change.bytes, change.position);
      else writeSomeSectors(after.current, change.bytes, change.position, chance);
    }
    return MemoryInode.of(after.current.view());
  }
}

function writeSomeSectors(
  content: Content,
  bytes: Uint8Array,
  position: number,
  chance: () => number,
): void {
  const end = position + bytes.length;
  if (chance() < 0.5) content.grow(end); // the size reached the disk, the content did not: zeros
  for (let at = position; at < end;) {
    const next = Math.min(end, at - (at % SECTOR_BYTES) + SECTOR_BYTES);
    if (chance() < 0.5) content.write(bytes.subarray(at - position, next - position), at);
    at = next;
  }
}
