// Which of the disks a cluster goes on from, and what that may cost. Pure.
import { formatId } from '../../base/index.ts';
import { titleOf, type DiskSurvey } from './survey.ts';

export interface RecoveryPlan {
  readonly survivor: DiskSurvey;
  /** Older disks, which are moved aside. */
  readonly others: readonly DiskSurvey[];
  /** What may be lost, a sentence each. */
  readonly losses: readonly string[];
  /** Entries that are kept although this disk does not tell that they were acknowledged. */
  readonly unsureEntries: number;
}

/**
 * The newest log wins, by raft's own rule: the higher last term, then the higher last index (raft paper, section 5.4.1).
 * @throws Error when recovery is not the way: several clusters, or a quorum that only needs to be started
 */
export function planRecovery(disks: readonly DiskSurvey[], force: boolean): RecoveryPlan {
  requireOneCluster(disks);
  const newest = [...disks].sort(newestFirst);
  const membership = newest[0]?.members ?? [];
  const voters = membership.filter((member) => !member.isLearner);
  const isVoter = (disk: DiskSurvey) => voters.some(({ id }) => id === disk.memberId);
  const survivor = newest.find(isVoter);
  if (survivor === undefined) {
    throw new Error(
      'none of these disks is that of a member with a vote: a learner may lack anything. Look for the disks of ' +
        `${voters.map(({ name, id }) => name || formatId(id)).join(', ')}, or restore a backup`,
    );
  }
  const present = disks.filter(isVoter).length;
  const needed = Math.floor(voters.length / 2) + 1;
  if (present >= needed && !force) {
    throw new Error(
      `these disks are ${present} of ${voters.length} voters, which is a quorum: start the members as they are, and nothing is ` +
        'lost. Recovery is for when that cannot be; --force recovers all the same',
    );
  }
  const others = newest.filter((disk) => disk !== survivor);
  return {
    survivor,
    others,
    losses: lossesOf(survivor, newest, voters.length, present),
    unsureEntries: survivor.lastIndex - survivor.commitIndex,
  };
}

function newestFirst(a: DiskSurvey, b: DiskSurvey): number {
  return b.lastTerm - a.lastTerm || b.lastIndex - a.lastIndex;
}

function requireOneCluster(disks: readonly DiskSurvey[]): void {
  const clusters = Map.groupBy(disks, (disk) => disk.clusterId);
  if (clusters.size > 1) {
    const parts = [...clusters].map(
      ([id, of]) => `${formatId(id)}: ${of.map((disk) => disk.dataDir).join(', ')}`,
    );
    throw new Error(
      `the disks belong to different clusters: ${parts.join('; ')}. Name those of one`,
    );
  }
  const members = Map.groupBy(disks, (disk) => disk.memberId);
  for (const [id, copies] of members) {
    if (copies.length === 1) continue;
    const dirs = copies.map((disk) => disk.dataDir).join(', ');
    throw new Error(`${dirs} are copies of one member's disk (${formatId(id)}). Name one of them`);
  }
}

function lossesOf(
  survivor: DiskSurvey,
  newest: readonly DiskSurvey[],
  voters: number,
  present: number,
): string[] {
  const losses: string[] = [];
  const needed = Math.floor(voters / 2) + 1;
  const absent = voters - present;
  if (absent >= needed) {
    losses.push(
      `writes behind index ${survivor.lastIndex} that only the ${absent} missing disks have: they may have been acknowledged, and no disk here can tell`,
    );
  }
  const first = newest[0];
  if (first !== undefined && first !== survivor) {
    losses.push(
      `entries ${survivor.lastIndex + 1} to ${first.lastIndex}, which only the learner ${titleOf(first)} has`,
    );
  }
  return losses;
}
