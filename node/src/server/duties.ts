// What runs beside a member as long as it lives: the leader's duties, compaction by time, comparing hashes, and removing
// old files.
import { Purger } from '../storage/index.ts';
import { AutoCompactor } from './auto-compactor.ts';
import type { Bootstrapped } from './bootstrap.ts';
import { CorruptionCheck } from './corruption-check.ts';
import { LeaderDuties } from './leader-duties.ts';
import type { Member } from './member.ts';
import { dataPaths } from './paths.ts';
import type { PeerCalls } from './peer-calls.ts';

export class Duties {
  private readonly member: Member;
  private readonly boot: Bootstrapped;
  private readonly corruption: CorruptionCheck;
  private readonly running: { start(): void; stop(): void }[];
  private purger: Purger | undefined;

  constructor(member: Member, boot: Bootstrapped, calls: PeerCalls) {
    this.member = member;
    this.boot = boot;
    this.corruption = new CorruptionCheck(member, calls);
    this.running = [
      new LeaderDuties(member, (urls) => calls.serverVersion(urls)),
      new AutoCompactor(member),
      this.corruption,
    ];
  }

  /** @throws Error when another member has another hash for the same history: this one must not serve */
  async checkBeforeServing(): Promise<void> {
    const { boot, member } = this;
    const holdsData = boot.snapshotIndex + boot.consistentIndex.index > 0;
    if (member.config.featureGates.initialCorruptCheck && holdsData)
      await this.corruption.beforeServing();
  }

  start(): void {
    for (const one of this.running) one.start();
    this.purger = newPurger(this.member, this.boot);
  }

  stop(): void {
    for (const one of this.running) one.stop();
    this.purger?.stop();
  }
}

function newPurger(member: Member, boot: Bootstrapped): Purger {
  const { config, world, logger } = member;
  const { snapDir, walDir } = dataPaths(config);
  return new Purger(
    world,
    [
      { folder: snapDir, suffix: '.snap', keep: config.maxSnapshotFiles },
      { folder: snapDir, suffix: '.snap.db', keep: config.maxSnapshotFiles },
      {
        folder: walDir,
        suffix: '.wal',
        keep: config.maxWalFiles,
        isHeld: (name) => boot.wal.holds(name),
      },
    ],
    logger,
  );
}
