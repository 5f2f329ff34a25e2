// A snapshot as `snapshot save` writes it: the database, and its SHA-256 behind it.
import { createHash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';

const DIGEST_BYTES = 32;
/** Pages are multiples of this, so that a digest shows in the size. */
const SECTOR_BYTES = 512;
const CHUNK_BYTES = 1 << 20;

/**
 * Finds the database in a snapshot file and checks the digest behind it.
 * @throws Error when there is no digest, or it does not match, unless `skipHashCheck`
 */
export async function readSnapshotFile(
  path: string,
  skipHashCheck: boolean,
): Promise<{ databaseBytes: number }> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const hasDigest = size % SECTOR_BYTES === DIGEST_BYTES;
    const databaseBytes = hasDigest ? size - DIGEST_BYTES : size;
    if (skipHashCheck) return { databaseBytes };
    if (!hasDigest) throw new Error('snapshot missing hash but --skip-hash-check=false');
    const sha256 = createHash('sha256');
    for await (const chunk of chunksOf(file, databaseBytes)) sha256.update(chunk);
    const wanted = Buffer.alloc(DIGEST_BYTES);
    await file.read(wanted, 0, DIGEST_BYTES, databaseBytes);
    const actual = sha256.digest();
    if (!actual.equals(wanted)) {
      throw new Error(
        `${path}: expected sha256 ${wanted.toString('hex')}, got ${actual.toString('hex')}`,
      );
    }
    return { databaseBytes };
  } finally {
    await file.close();
  }
}

/** Copies the first `databaseBytes` of a file to a new one; durable when it resolves. */
export async function copyDatabase(from: string, databaseBytes: number, to: string): Promise<void> {
  const source = await open(from, 'r');
  try {
    const target = await open(to, 'wx', 0o600);
    try {
      let position = 0;
      for await (const chunk of chunksOf(source, databaseBytes)) {
        await target.write(chunk, 0, chunk.length, position);
        position += chunk.length;
      }
      await target.sync();
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

/** The buffer is used again for the next chunk. */
async function* chunksOf(file: FileHandle, bytes: number): AsyncGenerator<Buffer> {
  const buffer = Buffer.alloc(CHUNK_BYTES);
  for (let position = 0; position < bytes;) {
    const length = Math.min(CHUNK_BYTES, bytes - position);
    const { bytesRead } = await file.read(buffer, 0, length, position);
    if (bytesRead === 0) throw new Error('the file became shorter while it was read');
    yield buffer.subarray(0, bytesRead);
    position += bytesRead;
  }
}
