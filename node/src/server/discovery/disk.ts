// What a pod's volume holds: whose data, of which generation, and whether its member has left the cluster. Data that does
// not count any more is moved aside, never deleted here before the member is a voter again.
import { join } from 'node:path';
import {
  formatId,
  type ClusterId,
  type Logger,
  type MemberId,
  type World,
} from '../../base/index.ts';
import { Wal } from '../../storage/index.ts';
import { decode } from '../../wire/index.ts';
import { Metadata } from '../../wire/gen/etcdserver.ts';
import type { ServerConfig } from '../config.ts';
import { findData } from '../found-data.ts';
import { dataPaths } from '../paths.ts';
import {
  readGeneration,
  readIfThere,
  removeOldData,
  siblingPaths,
  writeGeneration,
  writeWhole,
} from '../restore/siblings.ts';
import { commitStaged, finishRestore } from '../restore/staging.ts';

export type DiskState =
  | { readonly kind: 'empty' }
  /** A first start that ended before it had a log, or anything in it: nothing was ever acknowledged with it. */
  | { readonly kind: 'partial' }
  | {
      readonly kind: 'data';
      readonly memberId: MemberId;
      readonly clusterId: ClusterId;
      readonly generation: number;
      /** The member left the cluster before it stopped. */
      readonly hasLeft: boolean;
    };

/** The folder of the volume: the data directory, and beside it the files `generation` and `left`, and old data. */
export class Volume {
  private readonly config: ServerConfig;
  private readonly world: World;
  private readonly logger: Logger;
  private readonly leftPath: string;

  constructor(config: ServerConfig, world: World, logger: Logger) {
    this.config = config;
    this.world = world;
    this.logger = logger;
    this.leftPath = join(siblingPaths(config.dataDir).folder, 'left');
  }

  /** A restore in place that was committed takes its place first. @throws Error when the disk can't be read, or the log is damaged */
  async inspect(): Promise<DiskState> {
    const { disk } = this.world;
    const { dataDir } = this.config;
    const restored = await finishRestore({ world: this.world, logger: this.logger, dataDir });
    const paths = dataPaths(this.config);
    const { memberDir, walDir } = paths;
    const hasLog = await Wal.exists(disk, walDir);
    if (hasLog && (await findData(this.world, paths, this.logger)) === 'data') {
      const { nodeId, clusterId } = decode(Metadata, await Wal.metadata(disk, walDir, this.logger));
      const left = restored === undefined ? await readIfThere(this.leftPath) : undefined;
      return {
        kind: 'data',
        memberId: nodeId,
        clusterId,
        generation: await this.generation(),
        hasLeft: left?.trim() === formatId(nodeId),
      };
    }
    const isEmpty = !(await disk.exists(memberDir)) || (await disk.list(memberDir)).length === 0;
    return { kind: isEmpty ? 'empty' : 'partial' };
  }

  /**
   * The record is of a newer generation. Where that restore is staged here, this member was away only when the others were told
   * to go over to it: then it does now. Returns whether it is.
   */
  commitRestore(generation: number): Promise<boolean> {
    return commitStaged(this.config.dataDir, generation);
  }

  /** Of the data; 1 where nothing says so, as for data that came from elsewhere. */
  generation(): Promise<number> {
    return readGeneration(this.config.dataDir);
  }

  /** Durable when it resolves. To be called before the data of that generation is made. */
  async setGeneration(generation: number): Promise<void> {
    await this.makeFolder();
    await writeGeneration(this.config.dataDir, generation);
  }

  /** The member is no longer of the cluster: at its next start it has to join anew. */
  markLeft(memberId: MemberId): Promise<void> {
    return writeWhole(this.leftPath, `${formatId(memberId)}\n`);
  }

  /** Moves the data directory to `old-<time>` beside it. Returns where, or undefined when there was none. */
  async setAside(): Promise<string | undefined> {
    const { disk, clock } = this.world;
    const { dataDir } = this.config;
    if (!(await disk.exists(dataDir))) return undefined;
    const { folder, oldPrefix } = siblingPaths(dataDir);
    const stamp = new Date(clock.wallMs()).toISOString().replaceAll(':', '-');
    const aside = `${oldPrefix}${stamp}`;
    await disk.rename(dataDir, aside);
    await disk.syncFolder(folder);
    return aside;
  }

  /** Deletes what was moved aside, but for the newest. */
  async dropOld(): Promise<void> {
    await removeOldData(this.config.dataDir);
  }

  private makeFolder(): Promise<void> {
    return this.world.disk.makeFolder(siblingPaths(this.config.dataDir).folder);
  }
}
