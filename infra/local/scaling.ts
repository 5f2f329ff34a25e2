// Carries out the steps of plan.ts.
import * as fs from 'node:fs';
import { basename, join } from 'node:path';
import { syncFolder } from './files.ts';
import { peerUrl } from './member-flags.ts';
import type { Notices } from './notices.ts';
import type { Observer } from './observer.ts';
import type { Paths } from './paths.ts';
import { nextStep, type Step } from './plan.ts';
import { checkPorts } from './ports.ts';
import { newMember, writeState, type ClusterState, type MemberState } from './state.ts';

/** What scaling needs of the supervisor. */
export interface ScalingHost {
  readonly paths: Paths;
  readonly notices: Notices;
  readonly observer: Observer;
  readonly state: ClusterState;
  readonly desired: number;
  isRunning(name: string): boolean;
  startMember(member: MemberState): Promise<void>;
  /** The member will be removed: its end is no reason to start it again. */
  expectEnd(name: string, expected: boolean): void;
  stopMember(name: string): Promise<void>;
}

/**
 * Does one step, if one is due.
 * @returns false when the cluster is as it should be
 * @throws Error when a call fails: nothing is lost, the same step comes next
 */
export async function scaleOnce(host: ScalingHost): Promise<boolean> {
  const { state, observer } = host;
  const leader = await findLeader(host);
  if (leader === undefined) throw new Error('the cluster has no leader at the moment');
  const cluster = await observer.connection(state, leader.name).members();
  const step = nextStep({
    desired: host.desired,
    members: state.members,
    cluster,
    leaderId: leader.id,
    peerUrlOf: (member) => peerUrl(state, member),
  });
  await carryOut(host, step, leader.name);
  return step.kind !== 'none';
}

async function carryOut(host: ScalingHost, step: Step, leader: string): Promise<void> {
  const { state, paths, notices, observer } = host;
  const connection = observer.connection(state, leader);
  switch (step.kind) {
    case 'none':
      return;
    case 'prepare': {
      const member = newMember(state, step.ordinal, 'joining');
      await checkPorts(state, [member]);
      putAside(host, member.name);
      state.members.push(member);
      writeState(paths, state);
      notices.info(`${member.name} joins as a learner`);
      return;
    }
    case 'add':
      await connection.addLearner(peerUrl(state, step.member));
      await host.startMember(step.member);
      return;
    case 'promote':
      if (!host.isRunning(step.member.name)) await host.startMember(step.member);
      await connection.promote(step.id);
      setPhase(host, step.member, 'member');
      notices.done(`${step.member.name} has caught up and votes now: ${countText(state)}`);
      return;
    case 'joined':
      if (!host.isRunning(step.member.name)) await host.startMember(step.member);
      setPhase(host, step.member, 'member');
      return;
    case 'leave':
      setPhase(host, step.member, 'leaving');
      notices.info(`${step.member.name} leaves the cluster`);
      return;
    case 'remove':
      await remove(host, step, leader);
      return;
    case 'clear':
      await clear(host, step.member);
      return;
  }
}

async function remove(
  host: ScalingHost,
  step: Extract<Step, { kind: 'remove' }>,
  leader: string,
): Promise<void> {
  const { state, observer, notices } = host;
  const connection = observer.connection(state, leader);
  if (step.successor !== undefined) {
    notices.info(`${step.member.name} hands its leadership over first`);
    await connection.moveLeader(step.successor);
    return; // the next step finds the new leader
  }
  host.expectEnd(step.member.name, true);
  try {
    await connection.remove(step.id);
  } catch (error) {
    host.expectEnd(step.member.name, false);
    throw error;
  }
}

async function clear(host: ScalingHost, member: MemberState): Promise<void> {
  const { state, paths, notices, observer } = host;
  if (member.phase !== 'leaving') setPhase(host, member, 'leaving');
  await host.stopMember(member.name);
  observer.forget(member.name);
  const folder = putAside(host, member.name);
  state.members.splice(state.members.indexOf(member), 1);
  writeState(paths, state);
  const kept =
    folder === undefined ? '' : `; its data is kept in .binnacle/removed/${basename(folder)}`;
  notices.done(`${member.name} is removed and stopped: ${countText(state)}${kept}`);
}

/** Moves data of a member that is none any more out of the way of the next one with its name. */
function putAside(host: ScalingHost, name: string): string | undefined {
  const { paths } = host;
  const dataDir = paths.dataDir(name);
  if (!fs.existsSync(dataDir)) return undefined;
  fs.mkdirSync(paths.removed, { recursive: true, mode: 0o700 });
  const stamp = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '');
  let target = join(paths.removed, `${name}-${stamp}`);
  for (let n = 2; fs.existsSync(target); n++) target = join(paths.removed, `${name}-${stamp}-${n}`);
  fs.renameSync(dataDir, target);
  syncFolder(paths.removed);
  syncFolder(paths.members);
  return target;
}

function setPhase(host: ScalingHost, member: MemberState, phase: MemberState['phase']): void {
  member.phase = phase;
  writeState(host.paths, host.state);
}

function countText(state: ClusterState): string {
  const count = state.members.length;
  return count === 1 ? '1 member' : `${count} members`;
}

async function findLeader(host: ScalingHost): Promise<{ name: string; id: bigint } | undefined> {
  const { state, observer } = host;
  const views = await observer.look(
    state,
    (name) => ({ pid: host.isRunning(name) ? 1 : undefined, isWaiting: false }),
    false,
  );
  const leader = views.find((view) => view.role === 'leader');
  const id = leader?.status?.header?.memberId;
  return leader === undefined || id === undefined ? undefined : { name: leader.name, id };
}
