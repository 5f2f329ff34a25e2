// Makes the end of a log fit to be appended to (Repair and the end of ReadAll in etcd's wal package).
import type { Logger } from '../../base/logger.ts';
import type { Disk, DiskFile } from '../../base/world.ts';
import { isZero } from './torn.ts';

const COPY_BYTES = 1024 * 1024;

/** Cuts the interrupted write at `position` off the segment, which is kept beside it as `.broken`. */
export async function cutTornTail(
  disk: Disk,
  folder: string,
  name: string,
  position: number,
  logger: Logger,
): Promise<void> {
  const path = `${folder}/${name}`;
  logger.info('repairing', { path, position });
  const file = await disk.open(path, 'readWrite');
  try {
    await copyFile(disk, file, `${path}.broken`);
    await disk.syncFolder(folder);
    await file.truncate(position);
    await file.datasync();
  } finally {
    await file.close();
  }
  logger.info('repaired', { path, error: 'unexpected EOF' });
}

async function copyFile(disk: Disk, source: DiskFile, path: string): Promise<void> {
  const target = await disk.open(path, 'create');
  try {
    await target.truncate(0);
    const size = source.size();
    for (let position = 0; position < size;) {
      const piece = new Uint8Array(Math.min(COPY_BYTES, size - position));
      await source.readAtAsync(piece, position);
      await target.writeAt(piece, position);
      position += piece.length;
    }
    await target.datasync();
  } finally {
    await target.close();
  }
}

/**
 * Zeros what an interrupted write left behind the end: sectors may have arrived though those before them did not.
 * New records that overwrite only some of them would otherwise run into the rest.
 */
export async function zeroTail(file: DiskFile, position: number): Promise<void> {
  const size = file.size();
  let changed = false;
  const buffer = new Uint8Array(Math.min(COPY_BYTES, size - position));
  for (let at = position; at < size;) {
    const piece = buffer.subarray(0, size - at);
    await file.readAtAsync(piece, at);
    if (!isZero(piece, 0, piece.length)) {
      await file.writeAt(piece.fill(0), at);
      changed = true;
    }
    at += piece.length;
  }
  if (changed) await file.datasync();
}

/**
 * Writes what was read once more, as it is: after a sync that failed, the kernel may take pages for clean that it never
 * brought to the disk (ext4, XFS), and no later sync would write them ("Can Applications Recover from fsync Failures?",
 * USENIX ATC '20). Only the last segment can hold such pages: those before it were synced before it got its name.
 * @param from what lies before it was synced
 */
export async function rewrite(file: DiskFile, from: number, end: number): Promise<void> {
  const buffer = new Uint8Array(Math.min(COPY_BYTES, end - from));
  for (let at = from; at < end;) {
    const piece = buffer.subarray(0, end - at);
    await file.readAtAsync(piece, at);
    await file.writeAt(piece, at);
    at += piece.length;
  }
}
