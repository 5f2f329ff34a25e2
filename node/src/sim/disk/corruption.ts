// Damage to files at rest: what disks, controllers and file systems do to data behind everybody's back.
import type { MemoryInode } from '../../base/testing/memory-inode.ts';
import { SECTOR_BYTES } from '../../base/testing/memory-inode.ts';
import type { MemoryTree } from '../../base/testing/memory-tree.ts';
import { CONTENT_PAGE_BYTES, type PagedContent } from '../../base/testing/paged-content.ts';
import type { SimRandom } from '../world/random.ts';

export const CORRUPT_KINDS = [
  'bitFlip', 'zeroedPage', 'misdirectedPage', 'tornSector', 'lostDirectoryEntry', 'truncated',
] as const; // prettier-ignore
export type CorruptKind = (typeof CORRUPT_KINDS)[number];

export const CORRUPT_PLACES = ['wal', 'db', 'snap'] as const;
/** `snap`: raft's snapshot files, and databases that were received and not put in place yet. */
export type CorruptPlace = (typeof CORRUPT_PLACES)[number];

interface Target {
  readonly path: string;
  readonly inode: MemoryInode;
}

const IS_AT: Readonly<Record<CorruptPlace, (path: string) => boolean>> = {
  wal: (path) => path.endsWith('.wal'),
  db: (path) => path.endsWith('/db') || path === 'db',
  snap: (path) => path.endsWith('.snap') || path.endsWith('.snap.db'),
};

const DAMAGE: Readonly<
  Record<
    Exclude<CorruptKind, 'lostDirectoryEntry'>,
    (target: Target, random: SimRandom) => string | undefined
  >
> = {
  bitFlip: flipBit,
  zeroedPage: zeroPage,
  misdirectedPage: misdirectPage,
  tornSector: tearSector,
  truncated: truncate,
};

/** @returns what was done; undefined when there is no such file or nothing in it to damage */
export function corrupt(
  tree: MemoryTree,
  kind: CorruptKind,
  where: CorruptPlace,
  random: SimRandom,
): string | undefined {
  const targets = tree.files().filter(({ path }) => IS_AT[where](path));
  if (targets.length === 0) return undefined;
  const target = random.pick(targets);
  const done =
    kind === 'lostDirectoryEntry' ? loseEntry(tree, target) : DAMAGE[kind](target, random);
  return done === undefined ? undefined : `${kind}: ${done}`;
}

function loseEntry(tree: MemoryTree, { path }: Target): string {
  const slash = path.lastIndexOf('/');
  tree.folder(slash < 0 ? '' : path.slice(0, slash)).lose(path.slice(slash + 1));
  return `${path} is gone`;
}

function flipBit({ path, inode }: Target, random: SimRandom): string | undefined {
  const page = pickPage(inode, random);
  if (page === undefined) return undefined;
  const start = page * CONTENT_PAGE_BYTES;
  const at = start + random.below(Math.min(CONTENT_PAGE_BYTES, inode.size - start));
  const bit = random.below(8);
  change(inode, at, 1, (bytes) => (bytes[0] = (bytes[0] ?? 0) ^ (1 << bit)));
  return `bit ${bit} of byte ${at} of ${path}`;
}

function zeroPage({ path, inode }: Target, random: SimRandom): string | undefined {
  const page = pickPage(inode, random);
  if (page === undefined) return undefined;
  change(inode, page * CONTENT_PAGE_BYTES, CONTENT_PAGE_BYTES, (bytes) => bytes.fill(0));
  return `page ${page} of ${path}`;
}

/** The last write went to another place: there it is, and its own place has what was there before. */
function misdirectPage({ path, inode }: Target, random: SimRandom): string | undefined {
  const pages = inode.content.pagesWithData();
  if (pages.length < 2) return undefined;
  const replaced = inode.lastReplaced;
  const meant =
    replaced !== undefined && pages.includes(replaced.page) ? replaced.page : random.pick(pages);
  const hit = random.pick(pages.filter((page) => page !== meant));
  const written = new Uint8Array(CONTENT_PAGE_BYTES);
  inode.readAt(written, meant * CONTENT_PAGE_BYTES);
  change(inode, hit * CONTENT_PAGE_BYTES, CONTENT_PAGE_BYTES, (bytes) =>
    bytes.set(written.subarray(0, bytes.length)),
  );
  if (replaced?.page === meant)
    change(inode, meant * CONTENT_PAGE_BYTES, CONTENT_PAGE_BYTES, (bytes) =>
      bytes.set(replaced.bytes.subarray(0, bytes.length)),
    );
  const left = replaced?.page === meant ? ', which has its older content' : '';
  return `page ${hit} of ${path} has what was meant for page ${meant}${left}`;
}

/** The second half of a sector is something else. */
function tearSector({ path, inode }: Target, random: SimRandom): string | undefined {
  const page = pickPage(inode, random);
  if (page === undefined) return undefined;
  const start = page * CONTENT_PAGE_BYTES;
  const bytes = Math.min(CONTENT_PAGE_BYTES, inode.size - start);
  const sector = random.below(Math.ceil(bytes / SECTOR_BYTES)) * SECTOR_BYTES;
  const half = Math.ceil(Math.min(SECTOR_BYTES, bytes - sector) / 2);
  const at = start + sector + half;
  const noise = random.bytes(half);
  change(inode, at, noise.length, (bytes) => bytes.set(noise.subarray(0, bytes.length)));
  return `bytes ${at} to ${at + half} of ${path}`;
}

/** The file ends somewhere in what was written; half of the time between two sectors. */
function truncate({ path, inode }: Target, random: SimRandom): string | undefined {
  const page = pickPage(inode, random);
  if (page === undefined) return undefined;
  const start = page * CONTENT_PAGE_BYTES;
  const at = start + random.below(Math.min(CONTENT_PAGE_BYTES, inode.size - start));
  const size = random.chance(0.5) ? at - (at % SECTOR_BYTES) : at;
  const before = inode.size;
  inode.damage((content) => content.resize(Math.min(size, content.size)));
  return `${path} ends at byte ${size} of ${before}`;
}

function pickPage(inode: MemoryInode, random: SimRandom): number | undefined {
  const pages = inode.content.pagesWithData();
  return pages.length === 0 ? undefined : random.pick(pages);
}

/** Changes [at, at + length), or what of it the file has. */
function change(
  inode: MemoryInode,
  at: number,
  length: number,
  edit: (bytes: Uint8Array) => void,
): void {
  inode.damage((content: PagedContent) => {
    const bytes = new Uint8Array(Math.max(0, Math.min(length, content.size - at)));
    content.readAt(bytes, at);
    edit(bytes);
    content.write(bytes, at);
  });
}
