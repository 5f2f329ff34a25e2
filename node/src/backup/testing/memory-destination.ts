// A destination in memory, whose reads can break off.
import type { Destination, StoredObject } from '../destination.ts';
import { BackupError } from '../errors.ts';

export class MemoryDestination implements Destination {
  readonly label = 'memory';
  readonly objects = new Map<string, { bytes: Buffer; modifiedAtMs: number }>();
  /** Reads that begin now end with an error after this many bytes each, one behind the other. */
  readonly breaks: number[] = [];
  reads = 0;

  prepare(): Promise<void> {
    return Promise.resolve();
  }

  list(): Promise<StoredObject[]> {
    return Promise.resolve(
      [...this.objects].map(([name, { bytes, modifiedAtMs }]) => ({
        name,
        bytes: bytes.length,
        modifiedAtMs,
      })),
    );
  }

  async write(name: string, content: AsyncIterable<Uint8Array>): Promise<void> {
    const pieces: Uint8Array[] = [];
    for await (const piece of content) pieces.push(piece);
    await this.put(name, Buffer.concat(pieces));
  }

  put(name: string, content: Uint8Array): Promise<void> {
    this.objects.set(name, { bytes: Buffer.from(content), modifiedAtMs: Date.now() });
    return Promise.resolve();
  }

  get(name: string): Promise<Uint8Array> {
    return Promise.resolve(this.bytesOf(name));
  }

  async *read(name: string, from: number): AsyncGenerator<Uint8Array, void, undefined> {
    this.reads++;
    const bytes = this.bytesOf(name).subarray(from);
    const breakAt = this.breaks.shift();
    await Promise.resolve();
    if (breakAt === undefined) {
      yield bytes;
      return;
    }
    if (breakAt > 0) yield bytes.subarray(0, breakAt);
    throw new Error('the connection was cut');
  }

  remove(name: string): Promise<void> {
    this.objects.delete(name);
    return Promise.resolve();
  }

  sweep(): Promise<number> {
    return Promise.resolve(0);
  }

  close(): void {}

  private bytesOf(name: string): Buffer {
    const found = this.objects.get(name);
    if (found === undefined) throw new BackupError('NotFound', `${name} does not exist`);
    return found.bytes;
  }
}
