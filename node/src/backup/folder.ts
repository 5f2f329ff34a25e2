// Backups in a folder: a disk, a volume of Kubernetes, a network share.
import { createReadStream } from 'node:fs';
import {
  access,
  constants,
  mkdir,
  open,
  readFile,
  readdir,
  rename,
  rm,
  stat,
} from 'node:fs/promises';
import { join } from 'node:path';
import type { Destination, StoredObject } from './destination.ts';
import { BackupError } from './errors.ts';

const PART_SUFFIX = '.part';
const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;

export class FolderDestination implements Destination {
  readonly label: string;
  private readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
    this.label = folder;
  }

  async prepare(): Promise<void> {
    await this.attempt('make', () => mkdir(this.folder, { recursive: true, mode: FOLDER_MODE }));
    await this.attempt('write to', () => access(this.folder, constants.W_OK));
  }

  list(): Promise<StoredObject[]> {
    return this.attempt('read', async () => {
      const names = (await readdir(this.folder)).filter((name) => !name.endsWith(PART_SUFFIX));
      const objects: StoredObject[] = [];
      for (const name of names) {
        const found = await stat(join(this.folder, name)).catch(() => undefined);
        if (found?.isFile() !== true) continue;
        objects.push({ name, bytes: found.size, modifiedAtMs: found.mtimeMs });
      }
      return objects;
    });
  }

  write(name: string, content: AsyncIterable<Uint8Array>): Promise<void> {
    return this.place(name, content);
  }

  async put(name: string, content: Uint8Array): Promise<void> {
    await this.place(name, once(content));
  }

  get(name: string): Promise<Uint8Array> {
    return this.attempt('read', () => readFile(join(this.folder, name)), name);
  }

  async *read(name: string, from: number): AsyncGenerator<Uint8Array, void, undefined> {
    const stream = createReadStream(join(this.folder, name), {
      start: from,
      highWaterMark: 1 << 20,
    });
    try {
      yield* stream as AsyncIterable<Buffer>; // no encoding is set
    } catch (error) {
      throw this.explained('read', error, name);
    } finally {
      stream.destroy();
    }
  }

  remove(name: string): Promise<void> {
    return this.attempt('remove from', () => rm(join(this.folder, name), { force: true }), name);
  }

  sweep(olderThanMs: number): Promise<number> {
    return this.attempt('read', async () => {
      const limit = Date.now() - olderThanMs;
      let removed = 0;
      for (const name of await readdir(this.folder)) {
        if (!name.endsWith(PART_SUFFIX)) continue;
        const path = join(this.folder, name);
        const { mtimeMs } = await stat(path);
        if (mtimeMs > limit) continue;
        await rm(path, { force: true });
        removed++;
      }
      return removed;
    });
  }

  close(): void {}

  /** Under another name first: what is cut off never looks like an object. */
  private async place(name: string, content: AsyncIterable<Uint8Array>): Promise<void> {
    const path = join(this.folder, name);
    const part = `${path}-${process.pid}${PART_SUFFIX}`;
    await this.prepare();
    const file = await this.attempt('write to', () => open(part, 'w', FILE_MODE), name);
    try {
      try {
        for await (const piece of content) {
          await this.attempt('write to', () => writeAll(file, piece), name);
        }
        await this.attempt('write to', () => file.sync(), name);
      } finally {
        await file.close();
      }
      await this.attempt('write to', () => rename(part, path), name);
      await this.attempt('write to', () => syncFolder(this.folder));
    } catch (error) {
      await rm(part, { force: true }).catch(() => {});
      throw error;
    }
  }

  private async attempt<T>(what: string, work: () => Promise<T>, name?: string): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw this.explained(what, error, name);
    }
  }

  private explained(what: string, error: unknown, name?: string): BackupError {
    const code = (error as NodeJS.ErrnoException).code; // errors of node:fs have one
    const cause = { cause: error };
    if (code === 'ENOENT' && name !== undefined && what === 'read') {
      return new BackupError('NotFound', `${join(this.folder, name)} does not exist`, cause);
    }
    const hint = HINTS[code ?? ''] ?? String(error);
    return new BackupError(
      'Destination',
      `can't ${what} the folder ${this.folder}: ${hint}`,
      cause,
    );
  }
}

const HINTS: Readonly<Record<string, string>> = {
  ENOSPC:
    'the disk is full. Free some space, keep fewer backups (--keep, --keep-days), or grow the volume; nothing half-written is left behind',
  EDQUOT: 'the quota of the disk is used up. Free some space or raise the quota',
  EFBIG: 'the file grows beyond what the file system or ulimit -f allows',
  ENOENT: 'it does not exist. Is the volume mounted?',
  EACCES: 'permission is denied. In a pod, fsGroup 65532 has to own the volume',
  EPERM: 'permission is denied',
  EROFS: 'the file system is read-only',
};

async function writeAll(file: Awaited<ReturnType<typeof open>>, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    const { bytesWritten } = await file.write(bytes, at, bytes.length - at);
    at += bytesWritten;
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield bytes;
}
