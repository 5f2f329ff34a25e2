// The plan of a restore in place, for the eyes of whoever has to confirm it.
import type { Manifest, RestorePlan } from '../../backup/index.ts';

const WIDTH = 12;

/** @param safety where a backup of the present state goes; undefined when none is taken */
export function planText(plan: RestorePlan, safety: string | undefined, now: Date): string {
  const { cluster, participants, backup, absent } = plan;
  const names = participants.map(({ name }) => name).join(', ');
  const rows: [string, string][] = [
    ['backup', backupText(backup, now)],
    ['holds', `revision ${backup.content.revision}, ${backup.content.keys} keys`],
    ['now', `revision ${plan.now.revision}, ${plan.now.keys} keys`],
    ['lost', lostText(plan)],
    ['afterwards', afterwardsText(plan)],
    ['members', `${names}: each starts again on the restored data; its old data stays beside it`],
    ...absent.map(({ name, reason }): [string, string] => [
      'absent',
      `${name} (${reason}): it is not part of the restored cluster`,
    ]),
    [
      'safety',
      safety === undefined
        ? 'NO backup of the present state is taken'
        : `a backup of the present state is taken first, to ${safety}`,
    ],
  ];
  const lines = rows.map(([label, text]) => `  ${label.padEnd(WIDTH)}${text}`);
  return `Restore over the running cluster ${cluster}\n\n${lines.join('\n')}\n\n`;
}

function backupText({ name, savedAt, cluster, member, verified }: Manifest, now: Date): string {
  const age = ageText(now.getTime() - Date.parse(savedAt));
  const state = verified === null ? 'NOT verified' : 'verified';
  return `${name}, saved ${age} ago from ${cluster.name}/${member.name}, ${state}`;
}

function lostText({ backup, now, clusterId, cluster }: RestorePlan): string {
  if (backup.cluster.id !== clusterId && backup.cluster.name === cluster) {
    return 'what changed since; the backup is from before an earlier restore of this cluster';
  }
  if (backup.cluster.id !== clusterId) {
    return `everything that is there now: the backup is of another cluster (${backup.cluster.id}, not ${clusterId})`;
  }
  const later = now.revision - backup.content.revision;
  if (later <= 0) return 'nothing: there were no changes since';
  return `what changed after revision ${backup.content.revision}: ${later} ${later === 1 ? 'revision' : 'revisions'}`;
}

function afterwardsText({ revisionAfter, revisionBump, generation }: RestorePlan): string {
  const past =
    revisionBump === 0
      ? "revisions go on from the backup's: clients that saw newer ones may take old data for new"
      : 'the past is marked as compacted: watches begin anew, leases get their whole time again';
  return `revision ${revisionAfter}, generation ${generation}; ${past}`;
}

function ageText(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  if (minutes < 2) return `${Math.max(Math.round(ms / 1000), 0)} seconds`;
  if (minutes < 120) return `${minutes} minutes`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} hours` : `${Math.round(hours / 24)} days`;
}
