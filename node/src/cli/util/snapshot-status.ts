// What a snapshot file, or the database of a member, holds (etcd: etcdutl/snapshot/v3_snapshot.go, Status).
import {
  EMPTY_BYTES,
  bytesFromLatin1,
  crc32c,
  latin1FromBytes,
  textFromUtf8,
  utf8FromText,
} from '../../base/index.ts';
import { ReadOnlyBackend, checkFile } from '../../storage/index.ts';
import { decode } from '../../wire/index.ts';
import { KeyValue } from '../../wire/gen/kv.ts';
import { requireFile, type Tool } from './world.ts';

export interface SnapshotStatus {
  /** CRC-32C of all buckets: their names, keys and values. */
  readonly hash: number;
  /** The newest revision; 0 when there is none. */
  readonly revision: number;
  /** Keys that exist at that revision. */
  readonly totalKey: number;
  readonly totalSize: number;
  /** Of the storage schema; empty before 3.6. */
  readonly version: string;
}

const KEY_BUCKET = 'key';
/** 8 bytes, `_`, 8 bytes; a tombstone has a `t` behind them. */
const REVISION_BYTES = 17;

/** @throws Error that lists what is wrong with the file */
export async function snapshotStatus(tool: Tool, path: string): Promise<SnapshotStatus> {
  await requireFile(tool, path);
  const problems = await checkFile(tool.world, path);
  if (problems.length > 0) {
    throw new Error(
      `snapshot file integrity check failed. ${problems.length} errors found.\n${problems.join('\n')}`,
    );
  }
  const backend = await ReadOnlyBackend.open(tool.world, path);
  try {
    const version = backend.get('meta', utf8FromText('storageVersion'));
    return {
      ...(await contentOf(tool, backend)),
      totalSize: backend.sizeBytes,
      version: version === undefined ? '' : (textFromUtf8(version) ?? ''),
    };
  } finally {
    await backend.close();
  }
}

async function contentOf(
  { world }: Tool,
  backend: ReadOnlyBackend,
): Promise<Pick<SnapshotStatus, 'hash' | 'revision' | 'totalKey'>> {
  let hash = 0;
  let revision = 0;
  const keys = new Set<string>();
  for (const name of backend.bucketNames()) {
    hash = crc32c(hash, bytesFromLatin1(name));
    backend.forEach(name, EMPTY_BYTES, undefined, (key, value) => {
      hash = crc32c(crc32c(hash, key), value);
      if (name !== KEY_BUCKET) return;
      if (key.length < REVISION_BYTES)
        throw new Error(`bucket ${name} has a key that is no revision`);
      revision = Number(new DataView(key.buffer, key.byteOffset, 8).getBigUint64(0));
      const changed = latin1FromBytes(decode(KeyValue, value).key);
      if (key.length === REVISION_BYTES) keys.add(changed);
      else keys.delete(changed);
    });
    await world.clock.yieldNow();
  }
  return { hash, revision, totalKey: keys.size };
}
