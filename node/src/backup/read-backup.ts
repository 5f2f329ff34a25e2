// Reads a backup from its destination: again from where it broke off, decrypted, and compared with its manifest.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Destination } from './destination.ts';
import { open, type SealingKey } from './encryption.ts';
import { BackupError, isBackupError, reasonOf } from './errors.ts';
import type { Manifest } from './manifest.ts';
import { Meter } from './pieces.ts';

/** Without a byte in between; each pause is twice as long as the one before. */
const MAX_FAILURES = 6;
const FIRST_PAUSE_MS = 100;

/**
 * The snapshot of a backup, in etcd's format.
 * @throws BackupError Damaged, at the end at the latest, when it is not what was saved; Key, NotFound, Destination
 */
export async function* readSnapshot(
  destination: Destination,
  manifest: Manifest,
  key: SealingKey | undefined,
  firstPauseMs = FIRST_PAUSE_MS,
): AsyncGenerator<Uint8Array, void, undefined> {
  const stored = new Meter();
  const plain = new Meter();
  const { data, snapshot, encryption } = manifest;
  const content = stored.of(readResuming(destination, data.object, data.bytes, firstPauseMs));
  yield* plain.of(
    encryption === null ? content : open(content, keyFor(manifest, key), manifest.name),
  );
  if (stored.bytes !== data.bytes || stored.sha256 !== data.sha256) {
    throw new BackupError(
      'Damaged',
      `${data.object} has ${stored.bytes} bytes with SHA-256 ${stored.sha256}, but ${data.bytes} bytes with ${data.sha256} were saved`,
    );
  }
  if (plain.sha256 !== snapshot.sha256) {
    throw new BackupError('Damaged', `${data.object} does not decrypt to what was saved`);
  }
}

function keyFor({ name, encryption }: Manifest, key: SealingKey | undefined): SealingKey {
  const keyId = encryption?.keyId ?? '';
  if (key === undefined) {
    throw new BackupError('Key', `${name} is encrypted (key ${keyId}): give --encryption-key-file`);
  }
  if (key.id !== keyId) {
    throw new BackupError('Key', `${name} is encrypted with key ${keyId}; the file has ${key.id}`);
  }
  return key;
}

/** The bytes of an object; a connection that breaks is followed by another one from the same place on. */
async function* readResuming(
  destination: Destination,
  object: string,
  bytes: number,
  firstPauseMs: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  let position = 0;
  let failures = 0;
  for (;;) {
    const from = position;
    let problem: unknown = new Error(`the connection ended at byte ${position} of ${bytes}`);
    try {
      for await (const piece of destination.read(object, from)) {
        position += piece.length;
        failures = 0;
        yield piece;
      }
      // One that ends here again is too short; that, and one that is too long, is for the checksum to say.
      if (position >= bytes || (position === from && from > 0) || bytes === 0) return;
    } catch (error) {
      if (isBackupError(error, 'NotFound') || isBackupError(error, 'Damaged')) throw error;
      problem = error;
    }
    if (++failures > MAX_FAILURES) {
      throw isBackupError(problem)
        ? problem
        : new BackupError('Destination', `reading ${object} failed: ${reasonOf(problem)}`);
    }
    await sleep(firstPauseMs * 2 ** (failures - 1));
  }
}
