// Deletes old files of a kind, as etcd does each half minute (fileutil.PurgeFile, --max-snapshots, --max-wals).
import type { Logger } from '../../base/logger.ts';
import type { Clock, Disk, Timer } from '../../base/world.ts';

export const PURGE_INTERVAL_MS = 30_000;

/** A kind of files, whose names are in the order of their age. */
export interface PurgeTask {
  readonly folder: string;
  /** `.snap`, `.snap.db` or `.wal` */
  readonly suffix: string;
  /** How many stay; 0 keeps all. */
  readonly keep: number;
  /** Whether a file is still needed: it and all newer ones stay (Wal.holds). */
  readonly isHeld?: ((name: string) => boolean) | undefined;
}

/** Deletes the oldest files beyond `keep`; returns their names. */
export async function purgeFiles(disk: Disk, task: PurgeTask, logger: Logger): Promise<string[]> {
  if (task.keep === 0) return [];
  const names = (await disk.list(task.folder)).filter((name) => name.endsWith(task.suffix));
  const purged: string[] = [];
  for (const name of names.slice(0, Math.max(0, names.length - task.keep))) {
    if (task.isHeld?.(name) === true) break;
    const path = `${task.folder}/${name}`;
    await disk.remove(path);
    logger.info('purged', { path });
    purged.push(name);
  }
  return purged;
}

/** Purges again and again until it is stopped. A failure is logged and tried again the next time. */
export class Purger {
  private readonly disk: Disk;
  private readonly clock: Clock;
  private readonly logger: Logger;
  private readonly tasks: readonly PurgeTask[];
  private timer: Timer | undefined;
  private stopped = false;

  constructor(world: { disk: Disk; clock: Clock }, tasks: readonly PurgeTask[], logger: Logger) {
    this.disk = world.disk;
    this.clock = world.clock;
    this.logger = logger;
    this.tasks = tasks;
    this.schedule();
  }

  stop(): void {
    this.stopped = true;
    this.timer?.cancel();
  }

  private schedule(): void {
    if (this.stopped) return;
    this.timer = this.clock.after(PURGE_INTERVAL_MS, () => void this.run());
  }

  private async run(): Promise<void> {
    for (const task of this.tasks) {
      try {
        await purgeFiles(this.disk, task, this.logger);
      } catch (error) {
        this.logger.error('failed to purge files', { dir: task.folder, error });
      }
    }
    this.schedule();
  }
}
