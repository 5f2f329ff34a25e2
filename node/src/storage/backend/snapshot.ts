// A point-in-time copy of the file, streamed while the backend goes on writing elsewhere.
import type { Meta } from './meta.ts';
import { encodeMeta } from './meta.ts';
import { FIRST_DATA_PAGE } from './format.ts';
import type { PageStore } from './page-store.ts';
import { bucketsOf } from './scan.ts';

const CHUNK_BYTES = 256 * 1024;

export class BackendSnapshot {
  readonly store: PageStore;
  readonly meta: Meta;
  private release: (() => void) | undefined;

  /** @param release gives the pages back */
  constructor(store: PageStore, meta: Meta, release: () => void) {
    this.store = store;
    this.meta = meta;
    this.release = release;
  }

  get sizeBytes(): number {
    return this.meta.highWater * this.meta.pageBytes;
  }

  /** A value as it was when the copy was taken; undefined when there is none. */
  get(bucket: string, key: Uint8Array): Uint8Array | undefined {
    for (const { name, tree } of bucketsOf(this.store, this.meta)) {
      if (name === bucket) return tree.get(key);
    }
    return undefined;
  }

  /** The bytes of a database file, exactly `sizeBytes` of them; each chunk is the reader's own (bbolt: Tx.WriteTo). */
  async *read(): AsyncGenerator<Uint8Array> {
    const { meta, store } = this;
    yield encodeMeta(meta, 0);
    yield encodeMeta({ ...meta, txid: meta.txid - 1 }, 1);
    for (let at = FIRST_DATA_PAGE * meta.pageBytes; at < this.sizeBytes;) {
      const chunk = new Uint8Array(Math.min(CHUNK_BYTES, this.sizeBytes - at));
      const read = await store.file.readAtAsync(chunk, at);
      if (read < chunk.length) {
        const page = Math.floor((at + read) / meta.pageBytes);
        throw store.corrupt(
          page,
          (at + read) % meta.pageBytes,
          'the file ends inside the snapshot',
        );
      }
      yield chunk;
      at += chunk.length;
    }
  }

  close(): void {
    this.release?.();
    this.release = undefined;
  }
}
