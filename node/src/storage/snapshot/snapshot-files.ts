// The snapshot files of a member, in <data-dir>/member/snap: raft's snapshots (.snap) and databases that a leader sent
// (.snap.db). Each appears whole or not at all (etcd server/etcdserver/api/snap: snapshotter.go, db.go).
import { present } from '../../base/assert.ts';
import type { Logger } from '../../base/logger.ts';
import type { Disk, DiskFile } from '../../base/world.ts';
import type { Snapshot } from '../../wire/gen/raft.ts';
import {
  databaseFileName,
  databaseIndexOf,
  decodeSnapshotFile,
  encodeSnapshotFile,
  isSnapshotFileName,
  snapshotFileName,
} from './snapshot-file.ts';

/** What the log knows of a snapshot. */
export interface SnapshotPoint {
  readonly index: number;
  readonly term: number;
}

export class SnapshotFiles {
  private readonly disk: Disk;
  private readonly folder: string;
  private readonly logger: Logger;
  private received = 0;

  constructor(disk: Disk, folder: string, logger: Logger) {
    this.disk = disk;
    this.folder = folder;
    this.logger = logger;
  }

  /** Writes the snapshot's file; it is durable when this resolves. Record it in the log only afterwards. */
  async save(snapshot: Snapshot): Promise<void> {
    const metadata = present(snapshot.metadata, 'a snapshot to save has metadata');
    if (metadata.index === 0) return;
    const path = this.pathOf(snapshotFileName(metadata.term, metadata.index));
    const temporary = `${path}.tmp`;
    await this.write(temporary, async (file) => {
      await file.writeAt(encodeSnapshotFile(snapshot), 0);
    });
    await this.disk.rename(temporary, path);
    await this.disk.syncFolder(this.folder);
  }

  /**
   * The newest readable snapshot among those that the log knows. Damaged files are renamed to `.broken` and passed over.
   * @returns undefined when there is none
   */
  async load(known: readonly SnapshotPoint[]): Promise<Snapshot | undefined> {
    const names = (await this.disk.list(this.folder)).filter(isSnapshotFileName).sort().reverse();
    for (const name of names) {
      const snapshot = await this.read(name);
      const metadata = snapshot?.metadata;
      if (metadata === undefined) continue;
      if (known.some((k) => k.index === metadata.index && k.term === metadata.term))
        return snapshot;
    }
    return undefined;
  }

  /**
   * Receives a database that belongs to the snapshot at `index`; it is durable when this resolves.
   * @returns its size in bytes
   */
  async saveDatabase(index: number, chunks: AsyncIterable<Uint8Array>): Promise<number> {
    const path = this.databasePath(index);
    const temporary = this.pathOf(`tmp-${this.received++}-${databaseFileName(index)}`);
    let position = 0;
    await this.write(temporary, async (file) => {
      // A chunk is written while the next one arrives.
      let written = Promise.resolve();
      try {
        for await (const chunk of chunks) {
          await written;
          written = file.writeAt(chunk, position);
          written.catch(() => undefined); // seen by whoever waits for it
          position += chunk.length;
        }
      } finally {
        // Also when the chunks fail: the file is closed next.
        await written;
      }
    });
    // One that is there already was received whole: an earlier attempt whose answer was lost.
    if (await this.disk.exists(path)) await this.disk.remove(temporary);
    else await this.disk.rename(temporary, path);
    await this.disk.syncFolder(this.folder);
    this.logger.info('saved database snapshot to disk', { path, bytes: position });
    return position;
  }

  /** Indexes of all snapshots that have a file. */
  async indexes(): Promise<number[]> {
    const names = (await this.disk.list(this.folder)).filter(isSnapshotFileName);
    return names.map((name) => Number.parseInt(name.slice(name.indexOf('-') + 1), 16));
  }

  databasePath(index: number): string {
    return this.pathOf(databaseFileName(index));
  }

  /** Path of the received database for the snapshot at `index`, or undefined when there is none. */
  async findDatabase(index: number): Promise<string | undefined> {
    const path = this.databasePath(index);
    if (await this.disk.exists(path)) return path;
    this.logger.warn('failed to find [SNAPSHOT-INDEX].snap.db', {
      'snapshot-index': index,
      'snapshot-file-path': path,
    });
    return undefined;
  }

  /** Deletes received databases of snapshots before `index` (ReleaseSnapDBs). */
  async releaseDatabases(index: number): Promise<void> {
    for (const name of await this.disk.list(this.folder)) {
      const found = databaseIndexOf(name);
      if (found === undefined || found >= index) continue;
      this.logger.info('found orphaned .snap.db file; deleting', { path: name });
      await this.disk.remove(this.pathOf(name));
    }
  }

  /** Deletes what an earlier run left unfinished. Call it before anything else writes into the folder. */
  async removeOrphans(): Promise<void> {
    for (const name of await this.disk.list(this.folder)) {
      const isOrphan =
        name.startsWith('db.tmp') || name.startsWith('tmp') || name.endsWith('.snap.tmp');
      if (!isOrphan) continue;
      this.logger.info('found orphaned temporary file; deleting', { path: name });
      await this.disk.remove(this.pathOf(name));
    }
  }

  private pathOf(name: string): string {
    return `${this.folder}/${name}`;
  }

  /** Makes a synced file; when that fails nothing of it stays. */
  private async write(path: string, fill: (file: DiskFile) => Promise<void>): Promise<void> {
    const file = await this.disk.open(path, 'create');
    try {
      await file.truncate(0);
      await fill(file);
      await file.datasync();
      await file.close();
    } catch (error) {
      this.logger.warn('failed to write a snap file', { path, error });
      await file.close().catch(() => {}); // the first failure is the one to report
      await this.disk.remove(path).catch(() => {});
      throw error;
    }
  }

  private async read(name: string): Promise<Snapshot | undefined> {
    const path = this.pathOf(name);
    try {
      return decodeSnapshotFile(await this.readWhole(path));
    } catch (error) {
      this.logger.warn('failed to read a snap file', { path, error });
    }
    const brokenPath = `${path}.broken`;
    await this.disk.rename(path, brokenPath);
    this.logger.warn('renamed to a broken snap file', { path, 'broken-path': brokenPath });
    return undefined;
  }

  private async readWhole(path: string): Promise<Uint8Array> {
    const file = await this.disk.open(path, 'read');
    try {
      const content = new Uint8Array(file.size());
      await file.readAtAsync(content, 0);
      return content;
    } finally {
      await file.close();
    }
  }
}
