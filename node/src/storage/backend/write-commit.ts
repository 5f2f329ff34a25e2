// Brings a commit to the disk: its pages, a sync, the meta, a sync.
//
// Each page is a write of its own, as in bbolt: Linux keeps a file in folios as long as the writes that made it, and
// takes a folio as a whole for written when a page of it is. Pages are written again one by one.
import type { DiskFile } from '../../base/index.ts';
import { type Meta, encodeMeta } from './meta.ts';
import type { Page } from './page.ts';

/** Writes under way at once. */
const PARALLEL_WRITES = 64;

/** Size of a small file doubles from here (bbolt: db.mmapSize) … */
const FIRST_FILE_BYTES = 32 * 1024;
/** … and grows in steps of this from here on (bbolt: DefaultAllocSize). */
const GROWTH_BYTES = 16 * 1024 * 1024;

/** `pages` in ascending order of their ids. Resolves when the commit is durable. */
export async function writeCommit(
  file: DiskFile,
  meta: Meta,
  pages: readonly Page[],
): Promise<void> {
  await grow(file, meta.highWater * meta.pageBytes);
  for (let i = 0; i < pages.length; i += PARALLEL_WRITES) {
    const some = pages.slice(i, i + PARALLEL_WRITES);
    await Promise.all(some.map((page) => file.writeAt(page.bytes, page.id * meta.pageBytes)));
  }
  await file.datasync();
  const id = meta.txid % 2;
  await file.writeAt(encodeMeta(meta, id), id * meta.pageBytes);
  await file.datasync();
}

async function grow(file: DiskFile, neededBytes: number): Promise<void> {
  if (neededBytes <= file.size()) return;
  let size = FIRST_FILE_BYTES;
  while (size < neededBytes && size < GROWTH_BYTES) size *= 2;
  if (size < neededBytes) size = neededBytes + GROWTH_BYTES;
  await file.truncate(size);
  await file.datasync();
}
