// A backup is two objects: the data, and a small manifest that is written last. Without its manifest, data does not count.
import { randomBytes } from 'node:crypto';
import { BackupError } from './errors.ts';

const FORMAT = 1;
const SUFFIX = '.json';
/** Data of etcd's snapshot format: the database with its SHA-256 behind it; `etcdutl snapshot status` reads it as it is. */
const PLAIN_SUFFIX = '.snapshot';
const SEALED_SUFFIX = '.snapshot.sealed';
const NAME = /^\d{8}T\d{6}Z-[0-9a-f]{6}$/;

/** What a store holds at one revision. HashKV covers the history back to the compaction as well. */
export interface ContentMark {
  readonly revision: number;
  readonly compactRevision: number;
  /** HashKV: CRC-32C over keys and history up to `revision`. */
  readonly hash: number;
  /** Keys that exist at `revision`. */
  readonly keys: number;
}

export interface Verified extends ContentMark {
  /** When, as ISO 8601. */
  readonly at: string;
  readonly tookMs: number;
  /** True when the source itself was asked for the hash of the newest revision of the restored copy. */
  readonly comparedWithSource: boolean;
}

export interface Manifest {
  readonly format: 1;
  /** `20261121T071825Z-7f3a01`: when it was begun, in UTC, and what tells it from others of that second. */
  readonly name: string;
  readonly savedAt: string;
  readonly cluster: { readonly name: string; readonly id: string };
  readonly member: { readonly id: string; readonly name: string; readonly role: string };
  /** `scheduled`, `manual`, `before-restore`. */
  readonly reason: string;
  /** What the member held just before its database was copied: the copy has at least that. */
  readonly content: ContentMark;
  /** The newest revision that the copy can have: what the member was at when the first bytes of the copy were there. */
  readonly newestRevision: number;
  /** As it lies at the destination. */
  readonly data: { readonly object: string; readonly bytes: number; readonly sha256: string };
  /** Before it was encrypted. */
  readonly snapshot: { readonly bytes: number; readonly sha256: string };
  /** `keyId` tells which key it was, and nothing about it. */
  readonly encryption: null | { readonly kind: 'AES-256-GCM-chunked'; readonly keyId: string };
  readonly storageVersion: string;
  readonly verified: Verified | null;
  /** Why it was found bad; such a backup is kept for a look, and never chosen. */
  readonly failed: null | { readonly at: string; readonly reason: string };
}

export function newBackupName(now: Date): string {
  const time = now.toISOString().replace(/[-:]|\.\d+/g, '');
  return `${time}-${randomBytes(3).toString('hex')}`;
}

export function manifestObject(name: string): string {
  return `${name}${SUFFIX}`;
}

export function dataObject(name: string, sealed: boolean): string {
  return `${name}${sealed ? SEALED_SUFFIX : PLAIN_SUFFIX}`;
}

/** The backup that an object of a destination belongs to; undefined when it is none of ours. */
export function backupOf(object: string): { name: string; isManifest: boolean } | undefined {
  for (const suffix of [SEALED_SUFFIX, PLAIN_SUFFIX, SUFFIX]) {
    if (!object.endsWith(suffix)) continue;
    const name = object.slice(0, -suffix.length);
    if (NAME.test(name)) return { name, isManifest: suffix === SUFFIX };
  }
  return undefined;
}

export function manifestText(manifest: Manifest): string {
  return `${JSON.stringify(manifest, undefined, 2)}\n`;
}

/** @throws BackupError Damaged */
export function parseManifest(text: string, object: string): Manifest {
  const damaged = (what: string): BackupError =>
    new BackupError('Damaged', `the manifest ${object} ${what}; the backup can't be used`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw damaged('is not JSON');
  }
  const manifest = value as Manifest; // its shape is checked below, as far as anything depends on it
  if (manifest?.format !== FORMAT) {
    throw damaged(`has format ${JSON.stringify(manifest?.format)}, not ${FORMAT}`);
  }
  const { name, content, data, snapshot } = manifest;
  const numbers = [
    ...[content?.revision, content?.compactRevision, content?.hash, content?.keys],
    ...[data?.bytes, snapshot?.bytes, manifest.newestRevision],
  ];
  if (!numbers.every(Number.isSafeInteger)) throw damaged('lacks numbers');
  const texts = [name, manifest.savedAt, manifest.cluster?.id, data?.object];
  if (!texts.every((one) => typeof one === 'string')) throw damaged('lacks names');
  if (![data.sha256, snapshot.sha256].every((one) => /^[0-9a-f]{64}$/.test(one))) {
    throw damaged('lacks checksums');
  }
  // Data lies beside its manifest: a changed name must not lead elsewhere.
  if (backupOf(data.object)?.name !== name || manifestObject(name) !== object) {
    throw damaged('belongs to another object');
  }
  return manifest;
}
