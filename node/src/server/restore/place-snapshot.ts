// A snapshot as it comes in, put into its place: the database into a file, the SHA-256 behind it checked.
import { createHash } from 'node:crypto';
import { EMPTY_BYTES, type World } from '../../base/index.ts';
import { checkFile } from '../../storage/index.ts';

const DIGEST_BYTES = 32;

/** What came is not a snapshot as it was saved. */
export class SnapshotError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'SnapshotError';
  }
}

/**
 * Writes the database of a snapshot (etcd's format: the database with its SHA-256 behind it) to `path`, and looks at each of
 * its pages. Holds no more than a piece of it. Durable when it resolves, but for the entry in the folder.
 * @param sha256 of all bytes, in hex; undefined when nobody knows it
 * @throws SnapshotError when the bytes are not those that were saved; what was written has to be removed then
 */
export async function placeSnapshot(
  world: World,
  content: AsyncIterable<Uint8Array>,
  path: string,
  sha256?: string,
): Promise<{ databaseBytes: number }> {
  const whole = createHash('sha256');
  const database = createHash('sha256');
  const file = await world.disk.open(path, 'create');
  let position = 0;
  // The last bytes that came may be the digest: they are held back until there are more.
  let held: Uint8Array = EMPTY_BYTES;
  try {
    await file.truncate(0);
    for await (const piece of content) {
      whole.update(piece);
      const joined = held.length === 0 ? piece : Buffer.concat([held, piece]);
      const ready = Math.max(0, joined.length - DIGEST_BYTES);
      const written = joined.subarray(0, ready);
      held = joined.slice(ready);
      if (ready === 0) continue;
      database.update(written);
      await file.writeAt(written, position);
      position += ready;
    }
    await file.datasync();
  } finally {
    await file.close();
  }
  if (sha256 !== undefined && whole.digest('hex') !== sha256) {
    throw new SnapshotError('the snapshot does not match its SHA-256');
  }
  if (held.length !== DIGEST_BYTES || !database.digest().equals(held)) {
    throw new SnapshotError('the database does not match the SHA-256 behind it');
  }
  const problems = await checkFile(world, path);
  if (problems.length > 0) throw new SnapshotError(problems.join('\n'));
  return { databaseBytes: position };
}
