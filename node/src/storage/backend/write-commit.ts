// Brings a commit to the disk: its pages, a sync, the meta, a sync.
//
// Linux keeps a file in folios as large as the writes that made it, and takes a folio as a whole for written when a page
// of it is: so only few neighbouring pages share a write, though one for each page would cost the thread too much.
import type { DiskFile } from '../../base/index.ts';
import { type Meta, encodeMeta } from './meta.ts';
import type { Page } from './page.ts';

const MAX_WRITE_BYTES = 16 * 1024;
/** Writes under way at once. They share libuv's four threads with the log, whose writes must not queue behind them. */
const PARALLEL_WRITES = 2;

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
  const runs = contiguousRuns(pages, meta.pageBytes);
  for (let i = 0; i < runs.length; i += PARALLEL_WRITES) {
    await Promise.all(
      runs.slice(i, i + PARALLEL_WRITES).map((run) => file.writevAt(run.buffers, run.position)),
    );
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

interface Run {
  readonly position: number;
  readonly buffers: Uint8Array[];
}

function contiguousRuns(pages: readonly Page[], pageBytes: number): Run[] {
  const runs: Run[] = [];
  let run: Run | undefined;
  let bytes = 0;
  for (const page of pages) {
    const position = page.id * pageBytes;
    const isNext =
      run !== undefined &&
      run.position + bytes === position &&
      bytes + page.bytes.length <= MAX_WRITE_BYTES;
    if (run === undefined || !isNext) {
      run = { position, buffers: [] };
      runs.push(run);
      bytes = 0;
    }
    run.buffers.push(page.bytes);
    bytes += page.bytes.length;
  }
  return runs;
}
