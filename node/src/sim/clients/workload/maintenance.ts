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

/** To any other voter. Members are named after their machines, so that the leader can be asked, which alone can do it. */
async function moveLeader(actor: Actor): Promise<void> {
  const status = await actor.ask(MaintenanceService.status, {});
  if (status instanceof CallError) return;
  const listed = await actor.ask(ClusterService.memberList, {});
  if (listed instanceof CallError) return;
  const leader = listed.members.find(({ id }) => id === status.leader);
  const others = listed.members.filter((one) => !one.isLearner && one !== leader);
  if (leader === undefined || leader.name === '' || others.length === 0) return;
  if (actor.random.chance(0.8)) actor.host = leader.name;
  await actor.ask(MaintenanceService.moveLeader, { targetId: actor.random.pick(others).id });
}
