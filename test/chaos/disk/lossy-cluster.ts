// A cluster whose members live on lossy disks.
import { join } from 'node:path';
import type { SimRandom } from '../../../node/src/sim/world/random.ts';
import type { ClusterOptions } from '../../integration/support/cluster.ts';
import type { TestMember } from '../../integration/support/member.ts';
import { LossyDisk } from './lossy-disk.ts';
import { ALL_SURVIVES, NOTHING_SURVIVES, type Losses, type Survival } from './rollback.ts';

const CRASH_MS = 60_000;
const SYNC_DELAY_US = 2_000;

export class LossyDisks {
  readonly #library: string;
  readonly #disks: LossyDisk[] = [];
  readonly total: Losses = { unsynced: 0, writes: 0, names: 0 };

  constructor(library: string) {
    this.#library = library;
  }

  readonly place: NonNullable<ClusterOptions['place']> = (index, folder) => {
    const disk = new LossyDisk(join(folder, `disk-${index}`), this.#library);
    disk.set('syncDelayUs', SYNC_DELAY_US);
    this.#disks[index] = disk;
    return { dataDir: join(disk.root, 'data'), launch: () => disk.launch() };
  };

  of(index: number): LossyDisk {
    const disk = this.#disks[index];
    if (disk === undefined) throw new Error(`no disk ${index}`);
    return disk;
  }

  get count(): number {
    return this.#disks.length;
  }

  /** Resolves when the process has died at one of its next `within` changes of the disk. */
  async crash(member: TestMember, index: number, within: number, random: SimRandom): Promise<void> {
    const moment = random.pick(['before', 'halfway', 'after'] as const);
    this.of(index).crashAfter(random.between(1, within), moment);
    // Its end is known at once, so that others die in the same moment.
    const timer = setTimeout(() => void member.kill(), CRASH_MS);
    await member.ended();
    clearTimeout(timer);
  }

  /** How long syncs take from now on: at once for the member `fast`, long for the others. Who is fast is ahead of them. */
  setPace(fast: number, othersUs: number): void {
    this.#disks.forEach((disk, index) => disk.set('syncDelayUs', index === fast ? 0 : othersUs));
  }

  /** The members' machines go off at the same time and on again; starts nothing. */
  async losePower(
    members: readonly TestMember[],
    indexes: readonly number[],
    random: SimRandom,
  ): Promise<void> {
    await Promise.all(indexes.map((index) => members[index]?.kill()));
    const losesAll = random.chance(0.7);
    for (const index of indexes) {
      const survival = losesAll ? NOTHING_SURVIVES : survivalOf(random);
      const losses = this.of(index).losePower(survival);
      this.total.unsynced += losses.unsynced;
      this.total.writes += losses.writes;
      this.total.names += losses.names;
    }
  }
}

/** Nothing, all, or any part of what was not synced. */
export function survivalOf(random: SimRandom): Survival {
  const kind = random.below(4);
  if (kind === 0) return NOTHING_SURVIVES;
  if (kind === 1) return ALL_SURVIVES;
  const share = random.pick([0.1, 0.5, 0.9]);
  return {
    sector: () => random.chance(share),
    names: (count) => random.below(count + 1),
  };
}
