// An exclusive lock on a file that the kernel releases when the process ends, however it ends.
//
// Node has no flock. SQLite, which Node carries, takes POSIX record locks (fcntl) on the file it opens: they end with
// the process, kill -9 included, and hold between containers that share a volume, which neither pid files nor
// sockets do. An exclusive transaction on an empty database is never written to, so the file stays empty.
import * as fs from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';

const SQLITE_BUSY = 5;

/** Keeps the handles: a collected one would release its lock. */
const held = new Set<DatabaseSync>();

/** Another process, or this one, holds the lock. `processId` is known on Linux within one pid namespace. */
export class LockedError extends Error {
  readonly code = 'EAGAIN';
  readonly path: string;
  readonly processId: number | undefined;

  constructor(path: string, processId: number | undefined) {
    const owner = processId === undefined ? 'another process' : `process ${processId}`;
    super(
      `${path} is locked by ${owner}: stop it before starting a second one on the same data directory`,
    );
    this.name = 'LockedError';
    this.path = path;
    this.processId = processId;
  }
}

/**
 * Takes the lock or rejects at once. The file is created and stays; its content must be empty.
 * @throws LockedError when it is taken
 */
export async function lockFile(path: string): Promise<{ release(): Promise<void> }> {
  // Loaded here, so that tools which never lock also run on a Node without node:sqlite.
  const { DatabaseSync } = await import('node:sqlite');
  const database = new DatabaseSync(path, { timeout: 0 });
  try {
    database.exec('PRAGMA journal_mode = MEMORY; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
    fs.chmodSync(path, 0o600);
  } catch (error) {
    database.close();
    if (error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY) {
      throw new LockedError(path, lockOwner(path));
    }
    throw error;
  }
  held.add(database);
  return {
    release() {
      if (held.delete(database)) database.close();
      return Promise.resolve();
    },
  };
}

/** The process that /proc/locks names for the file's inode. */
function lockOwner(path: string): number | undefined {
  try {
    const inode = fs.statSync(path).ino;
    for (const line of fs.readFileSync('/proc/locks', 'utf8').split('\n')) {
      const match = /\sWRITE\s+(\d+)\s+[0-9a-f]+:[0-9a-f]+:(\d+)\s/.exec(line);
      if (match !== null && Number(match[2]) === inode && Number(match[1]) > 0)
        return Number(match[1]);
    }
  } catch {
    return undefined; // not Linux
  }
  return undefined;
}
