// The two meta pages: which tree, which free list and how many pages make up the newest durable commit.
import {
  META_PAGE,
  PAGE_HEADER_BYTES,
  readU32,
  readU64,
  writePageHeader,
  writeU32,
  writeU64,
} from './format.ts';

const MAGIC = 0xed0cdaed;
const VERSION = 2;
const META_BYTES = 64;
const CHECKSUM_AT = 56;

/** Bytes of the file that hold a meta with its page header. */
export const META_PAGE_BYTES = PAGE_HEADER_BYTES + META_BYTES;

export interface Meta {
  readonly pageBytes: number;
  readonly flags: number;
  /** Root page of the tree of buckets. */
  readonly rootId: number;
  readonly rootSequence: number;
  /** First page of the free list; undefined when the file holds none (bbolt's NoFreelistSync). */
  readonly freelistId: number | undefined;
  /** Pages of the file that were ever used: the high-water mark. */
  readonly highWater: number;
  /** Number of the commit. Its parity names the meta page. */
  readonly txid: number;
}

/** A whole meta page. `id` is where it goes: txid mod 2, but for the copies that a snapshot holds. */
export function encodeMeta(meta: Meta, id: number): Uint8Array {
  const bytes = new Uint8Array(meta.pageBytes);
  writePageHeader(bytes, id, META_PAGE, 0, 0);
  const body = bytes.subarray(PAGE_HEADER_BYTES);
  writeU32(body, 0, MAGIC);
  writeU32(body, 4, VERSION);
  writeU32(body, 8, meta.pageBytes);
  writeU32(body, 12, meta.flags);
  writeU64(body, 16, meta.rootId);
  writeU64(body, 24, meta.rootSequence);
  if (meta.freelistId === undefined) body.fill(0xff, 32, 40);
  else writeU64(body, 32, meta.freelistId);
  writeU64(body, 40, meta.highWater);
  writeU64(body, 48, meta.txid);
  const sum = fnv64a(body.subarray(0, CHECKSUM_AT));
  writeU32(body, CHECKSUM_AT, Number(sum & 0xffff_ffffn));
  writeU32(body, CHECKSUM_AT + 4, Number(sum >> 32n));
  return bytes;
}

/** The meta in a page, or why it is none. */
export function decodeMeta(page: Uint8Array): Meta | string {
  if (page.length < META_PAGE_BYTES) return 'the file ends inside the meta page';
  const body = page.subarray(PAGE_HEADER_BYTES);
  if (readU32(body, 0) !== MAGIC) return 'the meta page lacks the magic number of a bbolt file';
  if (readU32(body, 4) !== VERSION) return `unknown file version ${readU32(body, 4)}`;
  const stored =
    (BigInt(readU32(body, CHECKSUM_AT + 4)) << 32n) | BigInt(readU32(body, CHECKSUM_AT));
  if (stored !== fnv64a(body.subarray(0, CHECKSUM_AT))) return 'wrong checksum of the meta page';
  const noFreelist = body.subarray(32, 40).every((byte) => byte === 0xff);
  return {
    pageBytes: readU32(body, 8),
    flags: readU32(body, 12),
    rootId: readU64(body, 16),
    rootSequence: readU64(body, 24),
    freelistId: noFreelist ? undefined : readU64(body, 32),
    highWater: readU64(body, 40),
    txid: readU64(body, 48),
  };
}

function fnv64a(bytes: Uint8Array): bigint {
  let hash = 0xcbf29ce484222325n;
  for (const byte of bytes) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  return hash;
}
