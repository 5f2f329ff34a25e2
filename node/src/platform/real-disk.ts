// The disk of the machine.
import * as fs from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Disk, DiskFile, OpenMode, World } from '../base/world.ts';
import { lockFile } from './file-lock.ts';
import { realClock, realRandom } from './real-clock.ts';
import { RealFile } from './real-file.ts';

const OPEN_FLAGS: Readonly<Record<OpenMode, number>> = {
  read: fs.constants.O_RDONLY,
  readWrite: fs.constants.O_RDWR,
  create: fs.constants.O_RDWR | fs.constants.O_CREAT,
};

/** Data belongs to the member alone: etcd's modes 0600 and 0700. */
const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;

/** How a folder above answers that is not this process's to open or to sync. */
const FOREIGN: ReadonlySet<string> = new Set(['EACCES', 'EPERM', 'EROFS', 'EINVAL']);

export class RealDisk implements Disk {
  async open(path: string, mode: OpenMode): Promise<DiskFile> {
    const descriptor = await new Promise<number>((resolve, reject) => {
      fs.open(path, OPEN_FLAGS[mode], FILE_MODE, (error, opened) => {
        if (error === null) resolve(opened);
        else reject(error);
      });
    });
    return new RealFile(path, descriptor);
  }

  async exists(path: string): Promise<boolean> {
    try {
      await fs.promises.stat(path);
      return true;
    } catch (error) {
      if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return false;
      throw error;
    }
  }

  async list(path: string): Promise<string[]> {
    return (await fs.promises.readdir(path)).sort();
  }

  /**
   * Folders that are there already are synced too: whoever made them may have been killed before that. Those above that
   * this process may not open were made by somebody else.
   */
  async makeFolder(path: string): Promise<void> {
    const full = resolve(path);
    const first = await fs.promises.mkdir(full, { recursive: true, mode: FOLDER_MODE });
    let isOurs = first !== undefined;
    for (let folder = full; folder !== dirname(folder); folder = dirname(folder)) {
      try {
        await this.syncFolder(dirname(folder));
      } catch (error) {
        if (isOurs || !FOREIGN.has(errorCode(error) ?? '')) throw error;
        return;
      }
      if (first !== undefined && folder === resolve(first)) isOurs = false;
    }
  }

  rename(from: string, to: string): Promise<void> {
    return fs.promises.rename(from, to);
  }

  remove(path: string): Promise<void> {
    return fs.promises.unlink(path);
  }

  removeFolder(path: string): Promise<void> {
    return fs.promises.rm(path, { recursive: true, force: true });
  }

  async syncFolder(path: string): Promise<void> {
    const folder = await fs.promises.open(path, 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  }

  lock(path: string): Promise<{ release(): Promise<void> }> {
    return lockFile(path);
  }
}

function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}

/** The machine's own time, randomness and disk. */
export function realWorld(): World {
  return { clock: realClock, random: realRandom, disk: new RealDisk() };
}
