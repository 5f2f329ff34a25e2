// The life of a member that is a cluster of its own: writes that overlap, compaction, defragmentation, raft snapshots, cut
// and purged segments, stops and starts.
import {
  SILENT_LOGGER,
  assert,
  textFromUtf8,
  utf8FromText,
  type World,
} from '../../../base/index.ts';
import { checkFile, purgeFiles } from '../../../storage/index.ts';
import { dataPaths } from '../../../server/index.ts';
import { CompactionRequest, PutRequest } from '../../../wire/gen/rpc.ts';
import type { SimRandom } from '../../world/random.ts';
import type { Workload } from './crash-everywhere.ts';
import { DATA_DIR, startLoneMember, type LoneMember } from './lone-member.ts';

const PATHS = dataPaths({ dataDir: DATA_DIR, walDir: '' });

interface Written {
  readonly value: string;
  /** Undefined while it is not acknowledged. */
  revision: number | undefined;
}

export class MemberLife implements Workload {
  /** Each key is written once. */
  private written = new Map<string, Written>();
  private readonly choices: SimRandom;
  private readonly steps: number;
  private lone!: LoneMember;

  constructor(choices: SimRandom, steps = 8) {
    this.choices = choices;
    this.steps = steps;
  }

  fork(): MemberLife {
    const copy = new MemberLife(this.choices.fork('again'));
    for (const [key, written] of this.written) copy.written.set(key, { ...written });
    return copy;
  }

  async run(world: World): Promise<void> {
    await this.live(world);
    await this.lone.member.stop();
  }

  /** The same without the end. */
  async live(world: World): Promise<void> {
    this.lone = await startLoneMember(world);
    for (let i = 0; i < this.steps; i++) await this.step(world);
  }

  async recover(world: World): Promise<void> {
    this.lone = await startLoneMember(world);
    this.verify();
    await this.put();
    this.verify();
    await this.lone.member.stop();
    const problems = await checkFile(world, PATHS.database);
    assert(problems.length === 0, problems.join('; '));
  }

  private async step(world: World): Promise<void> {
    const { choices } = this;
    const { member, boot, lock } = this.lone;
    const kind = choices.below(9);
    if (kind < 5) {
      const puts = Array.from({ length: choices.between(1, 5) }, () => this.put());
      const all = Promise.all(puts);
      all.catch(() => {}); // the member has ended
      if (choices.chance(0.7)) await all;
    } else if (kind === 5) {
      const revision = member.store.revision;
      const { error } = await member.propose({
        compaction: CompactionRequest.create({ revision }),
      });
      assert(error === undefined || error.message.includes('compacted'), String(error));
    } else if (kind === 6) {
      await Promise.all([member.defragment(), this.put()]);
    } else if (kind === 7) {
      const isHeld = (name: string): boolean => boot.wal.holds(name);
      const { walDir, snapDir } = PATHS;
      await purgeFiles(
        world.disk,
        { folder: walDir, suffix: '.wal', keep: 1, isHeld },
        SILENT_LOGGER,
      );
      await purgeFiles(world.disk, { folder: snapDir, suffix: '.snap', keep: 1 }, SILENT_LOGGER);
    } else {
      await member.stop();
      await lock.release();
      this.lone = await startLoneMember(world);
      this.verify();
    }
  }

  private async put(): Promise<void> {
    const key = `key ${this.written.size}`;
    const value = `value of ${key} `.padEnd(this.choices.below(3000), 'x');
    const written: Written = { value, revision: undefined };
    this.written.set(key, written);
    const put = PutRequest.create({ key: utf8FromText(key), value: utf8FromText(value) });
    const applied = await this.lone.member.propose({ put });
    assert(applied.error === undefined, String(applied.error));
    written.revision = this.revisionOf(key)?.revision;
  }

  private verify(): void {
    const { store } = this.lone.member;
    for (const [key, { value, revision }] of this.written) {
      const found = this.revisionOf(key);
      if (found === undefined) {
        assert(revision === undefined, `${key}, acknowledged at revision ${revision}, is lost`);
        continue;
      }
      assert(found.value === value, `${key} has another value`);
      if (revision !== undefined)
        assert(found.revision === revision, `${key} moved from ${revision} to ${found.revision}`);
      assert(found.revision <= store.revision, 'the store knows its own revisions');
    }
  }

  private revisionOf(key: string): { value: string; revision: number } | undefined {
    const { kvs } = this.lone.member.store.range(utf8FromText(key), undefined);
    const [found] = kvs;
    if (found === undefined) return undefined;
    return { value: textFromUtf8(found.value) ?? '', revision: found.modRevision };
  }
}
