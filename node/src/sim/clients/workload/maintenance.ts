// A client that does what operators and their tools do: status, hashes, alarms, defragmentation, backups, leadership.
import {
  AlarmAction,
  AlarmType,
  ClusterService,
  MaintenanceService,
} from '../../../wire/gen/rpc.ts';
import { CallError } from '../call-error.ts';
import { contentOf } from '../snapshot.ts';
import type { Actor } from './actor.ts';
import { pickWeighted, type Weighted } from './weighted.ts';

const PAUSE_MS = 1_500;
const LONG_MS = 20_000;

const ACTS: Weighted<(actor: Actor) => Promise<unknown>> = [
  [30, (actor) => actor.ask(MaintenanceService.status, {})],
  [20, hashKeys],
  [5, (actor) => actor.ask(MaintenanceService.hash, {})],
  [10, alarms],
  [10, (actor) => actor.ask(ClusterService.memberList, { linearizable: actor.random.chance(0.5) })],
  [6, (actor) => actor.ask(MaintenanceService.defragment, {}, { timeoutMs: LONG_MS })],
  [5, backup],
  [4, moveLeader],
];

export function runMaintenance(actor: Actor): Promise<void> {
  return actor.repeat(() => {
    actor.switchHost();
    return pickWeighted(actor.random, ACTS)(actor);
  }, PAUSE_MS);
}

function hashKeys(actor: Actor): Promise<unknown> {
  const revision = actor.random.chance(0.5) ? 0 : actor.oldRevision();
  return actor.ask(MaintenanceService.hashKV, { revision });
}

/** Lists alarms, and disarms those for space: the compactions may have made some. */
async function alarms(actor: Actor): Promise<void> {
  const listed = await actor.ask(MaintenanceService.alarm, { action: AlarmAction.GET });
  if (listed instanceof CallError) return;
  for (const { alarm, memberId } of listed.alarms) {
    if (alarm !== AlarmType.NOSPACE) continue;
    const request = { action: AlarmAction.DEACTIVATE, alarm, memberId };
    await actor.ask(MaintenanceService.alarm, request);
  }
}

async function backup(actor: Actor): Promise<void> {
  const messages = await actor.askStream(MaintenanceService.snapshot, {}, { timeoutMs: LONG_MS });
  if (messages instanceof CallError) return;
  if (contentOf(messages) === undefined) {
    actor.report(
      'snapshot',
      `${actor.name}: a download does not have the SHA-256 that it ends with`,
    );
  }
}

/** Only the leader can hand over: most often it is not the one that is asked. */
async function moveLeader(actor: Actor): Promise<void> {
  const status = await actor.ask(MaintenanceService.status, {});
  if (status instanceof CallError) return;
  const members = await actor.ask(ClusterService.memberList, {});
  if (members instanceof CallError) return;
  const voters = members.members.filter(({ isLearner, id }) => !isLearner && id !== status.leader);
  if (voters.length === 0) return;
  await actor.ask(MaintenanceService.moveLeader, { targetId: actor.random.pick(voters).id });
}
