// Finds the newest sound meta of a file, whatever its page size.
import type { DiskFile } from '../../base/index.ts';
import { BackendCorruptError } from './errors.ts';
import { DEFAULT_PAGE_BYTES, FIRST_DATA_PAGE } from './format.ts';
import { type Meta, META_PAGE_BYTES, decodeMeta } from './meta.ts';

const MIN_PAGE_BYTES = 1024;
/** bbolt looks for the second meta at 1 KiB, 2 KiB, … 16 MiB. */
const PAGE_SIZES = 15;

/**
 * The sound meta with the higher txid. When the newer one is damaged, its commit never finished or the file has
 * suffered since: the commit before it is complete and is used, with a warning.
 * @throws BackendCorruptError when neither is sound or the file is shorter than the commit needs
 */
export function readMeta(
  file: DiskFile,
  warn?: (message: string, fields: Record<string, unknown>) => void,
): Meta {
  const pageBytes = findPageBytes(file);
  const metas = [readAt(file, 0), readAt(file, pageBytes)];
  let newest: Meta | undefined;
  for (const [id, meta] of metas.entries()) {
    if (typeof meta === 'string') {
      warn?.('a meta page of the database is damaged; using the other one', {
        path: file.path,
        page: id,
        cause: meta,
      });
    } else if (newest === undefined || meta.txid > newest.txid) newest = meta;
  }
  if (newest === undefined)
    throw new BackendCorruptError(
      file.path,
      0,
      0,
      `both meta pages are damaged: ${String(metas[0])}`,
    );
  validate(file, newest);
  return newest;
}

function readAt(file: DiskFile, position: number): Meta | string {
  const bytes = new Uint8Array(META_PAGE_BYTES);
  return decodeMeta(bytes.subarray(0, file.readAt(bytes, position)));
}

function findPageBytes(file: DiskFile): number {
  const first = readAt(file, 0);
  if (typeof first !== 'string') return first.pageBytes;
  for (let i = 0; i < PAGE_SIZES; i++) {
    const second = readAt(file, MIN_PAGE_BYTES << i);
    if (typeof second !== 'string') return second.pageBytes;
  }
  return DEFAULT_PAGE_BYTES;
}

function validate(file: DiskFile, meta: Meta): void {
  const id = meta.txid % 2;
  const fail = (what: string): never => {
    throw new BackendCorruptError(file.path, id, id * meta.pageBytes, what);
  };
  if (meta.pageBytes < 512 || (meta.pageBytes & (meta.pageBytes - 1)) !== 0)
    fail(`page size ${meta.pageBytes}`);
  const outside = (page: number): boolean => page < FIRST_DATA_PAGE || page >= meta.highWater;
  if (outside(meta.rootId)) fail(`the root page ${meta.rootId} is beyond the file's pages`);
  if (meta.freelistId !== undefined && outside(meta.freelistId))
    fail(`the free list page ${meta.freelistId} is beyond the file's pages`);
  const needed = meta.highWater * meta.pageBytes;
  if (!Number.isSafeInteger(needed) || file.size() < needed) {
    const size = file.size();
    const page = Math.floor(size / meta.pageBytes);
    throw new BackendCorruptError(
      file.path,
      page,
      size,
      `the file was cut: it has ${size} of ${needed} bytes`,
    );
  }
}
