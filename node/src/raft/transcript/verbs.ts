// The commands of a transcript, one handler each (etcd-io/raft: rafttest/interaction_env_handler*.go).
import { assert, utf8FromText } from '../../base/index.ts';
import {
  ConfChange,
  ConfChangeTransition,
  ConfChangeV2,
  ConfState,
  MessageType,
} from '../../wire/gen/raft.ts';
import type { RaftConfig } from '../config.ts';
import { RaftError } from '../errors.ts';
import { jointVoters } from '../quorum/joint.ts';
import type { Argument, Block } from './datadriven.ts';
import { parseChanges, roleName } from './describe.ts';
import { Group } from './group.ts';

/** Writes to the group's output; what it returns is an error that is shown even when the output is silenced. */
type Verb = (group: Group, block: Block) => string | undefined;

/** Runs one command and returns what it put out. */
export function runCommand(group: Group, block: Block): string {
  group.output.take();
  const verb = VERBS[block.command];
  const error = verb === undefined ? 'unknown command' : guarded(() => verb(group, block));
  if (error !== undefined && group.output.isQuiet) return withLineBreak(error);
  group.output.write(error ?? '');
  const text = group.output.take();
  return withLineBreak(text === '' ? 'ok' : text);
}

function withLineBreak(text: string): string {
  return text.endsWith('\n') ? text : `${text}\n`;
}

function guarded(body: () => string | undefined): string | undefined {
  try {
    return body();
  } catch (error) {
    if (error instanceof RaftError) return error.message;
    throw error;
  }
}

/** The arguments that are member numbers. */
function idsOf(block: Block): number[] {
  return block.args.filter(({ values }) => values.length === 0).map(({ key }) => Number(key));
}

function firstId(block: Block): number {
  return Number(block.args[0]!.key);
}

function valueOf(block: Block, key: string): string | undefined {
  return block.args.find((argument) => argument.key === key)?.values[0];
}

function eachId(group: Group, block: Block, title: string, body: (id: number) => void): void {
  const ids = idsOf(block);
  for (const id of ids) {
    if (ids.length === 1) {
      body(id);
    } else {
      group.output.writeLine(`> ${id} ${title}`);
      group.output.indented(() => body(id));
    }
  }
}

const VERBS: Readonly<Record<string, Verb>> = {
  'add-nodes': addNodes,
  campaign: (group, block) => void group.node(firstId(block)).raw.campaign(),
  compact(group, block) {
    const [id = 0, firstIndex = 0] = idsOf(block);
    const isDone = group.node(id).storage.compact(firstIndex);
    if (!isDone) return 'requested index is unavailable due to compaction';
    return void group.writeLog(id);
  },
  'deliver-msgs': deliver,
  'forget-leader': (group, block) => void group.node(firstId(block)).raw.forgetLeader(),
  'log-level': (group, block) =>
    group.output.setLevel(block.args[0]!.key) ? undefined : 'no such log level',
  'process-ready': (group, block) =>
    void eachId(group, block, 'handling Ready', (id) => group.processReady(id)),
  propose(group, block) {
    const [id, ...datas] = block.args.map(({ key }) => key);
    group.node(Number(id)).raw.proposeBatch(datas.map(utf8FromText));
    return undefined;
  },
  'propose-conf-change': proposeConfChange,
  'raft-log': (group, block) => void group.writeLog(firstId(block)),
  'raft-state': writeState,
  'read-index'(group, block) {
    const [id, context = ''] = block.args.map(({ key }) => key);
    group.node(Number(id)).raw.readIndex(utf8FromText(context));
    return undefined;
  },
  'report-snapshot'(group, block) {
    const [from = 0, to = 0] = idsOf(block);
    const isFailure = valueOf(block, 'outcome') === 'failure';
    group.node(from).raw.reportSnapshot(BigInt(to), isFailure ? 'failure' : 'finish');
    return undefined;
  },
  'report-unreachable'(group, block) {
    const [from = 0, to = 0] = idsOf(block);
    group.node(from).raw.reportUnreachable(BigInt(to));
    return undefined;
  },
  restart: (group, block) => void group.restart(firstId(block)),
  'send-snapshot'(group, block) {
    const [from = 0, to = 0] = idsOf(block);
    return void group.sendSnapshot(from, to);
  },
  'set-randomized-election-timeout'(group, block) {
    const ticks = Number(valueOf(block, 'timeout'));
    group.node(firstId(block)).raw.raft.randomizedElectionTicks = ticks;
    return undefined;
  },
  stabilize,
  status(group, block) {
    const { raft } = group.node(firstId(block)).raw;
    if (raft.role !== 'leader') return undefined;
    for (const member of raft.tracker.members) group.output.writeLine(`${member.id}: ${member}`);
    return undefined;
  },
  'tick-election': (group, block) => tick(group, block, 'electionTicks'),
  'tick-heartbeat': (group, block) => tick(group, block, 'heartbeatTicks'),
  'transfer-leadership'(group, block) {
    const to = BigInt(valueOf(block, 'to') ?? 0);
    group.node(Number(valueOf(block, 'from'))).raw.transferLeader(to);
    return undefined;
  },
};

type Template = Omit<RaftConfig, 'id' | 'storage' | 'logger' | 'random'>;

/** Without limits: `add-nodes 3 voters=(1,2,3) learners=(4) index=2 inflight=2 prevote=true …` */
function addNodes(group: Group, block: Block): string | undefined {
  const template: Template = {
    electionTicks: 3,
    heartbeatTicks: 1,
    applied: Number(valueOf(block, 'index') ?? 0),
    maxSizePerMessage: Infinity,
    maxCommittedSizePerReady: 0,
    maxUncommittedEntriesSize: 0,
    maxInflightMessages: 2 ** 31,
    maxInflightBytes: 0,
    checkQuorum: false,
    preVote: false,
    readOnlyOption: 'safe',
  };
  const confState = ConfState.create();
  for (const argument of block.args.slice(1)) setOption(template, confState, argument);
  const index = template.applied;
  const data = utf8FromText(valueOf(block, 'content') ?? '');
  const term = index > 0 ? 1 : 0;
  for (let count = firstId(block); count > 0; count--) {
    group.add(template, { data, metadata: { confState, index, term } });
  }
  return undefined;
}

function setOption(template: Template, confState: ConfState, { key, values }: Argument): void {
  const [value = ''] = values;
  const isOn = value === 'true';
  const ids = (): bigint[] => values.map(BigInt);
  const options: Record<string, () => unknown> = {
    voters: () => (confState.voters = ids()),
    learners: () => (confState.learners = ids()),
    inflight: () => (template.maxInflightMessages = Number(value)),
    'inflight-bytes': () => (template.maxInflightBytes = Number(value)),
    'max-size-per-msg': () => (template.maxSizePerMessage = Number(value)),
    'max-committed-size-per-ready': () => (template.maxCommittedSizePerReady = Number(value)),
    'max-uncommitted-size': () => (template.maxUncommittedEntriesSize = Number(value)),
    prevote: () => (template.preVote = isOn),
    checkquorum: () => (template.checkQuorum = isOn),
    'disable-conf-change-validation': () => (template.disableConfChangeValidation = isOn),
    'disable-proposal-forwarding': () => (template.disableProposalForwarding = isOn),
    'step-down-on-removal': () => (template.stepDownOnRemoval = isOn),
    'read-only': () => (template.readOnlyOption = value === 'safe' ? 'safe' : 'leaseBased'),
    index: () => undefined,
    content: () => undefined,
  };
  const option = options[key];
  assert(option !== undefined, `add-nodes has an option ${key}`);
  option();
}

/** `deliver-msgs 1 drop=(2,3) type=MsgApp` */
function deliver(group: Group, block: Block): string | undefined {
  const typeName = valueOf(block, 'type');
  const type = Object.entries(MessageType).find(([name]) => name === typeName)?.[1];
  assert(typeName === undefined || type !== undefined, `${typeName} is a message type`);
  let count = 0;
  for (const { key, values } of block.args) {
    if (values.length === 0) count += group.deliver(Number(key), { drop: false, type });
    if (key !== 'drop') continue;
    for (const value of values) count += group.deliver(Number(value), { drop: true, type });
  }
  return count === 0 ? 'no messages\n' : undefined;
}

const TRANSITIONS: Readonly<Record<string, number>> = {
  auto: ConfChangeTransition.ConfChangeTransitionAuto,
  implicit: ConfChangeTransition.ConfChangeTransitionJointImplicit,
  explicit: ConfChangeTransition.ConfChangeTransitionJointExplicit,
};

/** The changes are the input: `v1 l2 r3`. */
function proposeConfChange(group: Group, block: Block): string | undefined {
  const changes = parseChanges(block.input);
  const transition = TRANSITIONS[valueOf(block, 'transition') ?? 'auto'];
  if (changes === undefined || transition === undefined) return 'unknown change';
  const { raw } = group.node(firstId(block));
  raw.proposeConfChange(
    valueOf(block, 'v1') === 'true'
      ? ConfChange.create(changes[0])
      : ConfChangeV2.create({ transition, changes }),
  );
  return undefined;
}

function writeState(group: Group): string | undefined {
  for (const { raw } of group.nodes) {
    const { id, role, term, leader } = raw.basicStatus();
    const isVoter = jointVoters(raw.raft.tracker.config.voters).has(id);
    group.output.writeLine(
      `${id}: ${roleName(role)} ${isVoter ? '(Voter)' : '(Non-Voter)'} Term:${term} Lead:${leader}`,
    );
  }
  return undefined;
}

function stabilize(group: Group, block: Block): string | undefined {
  const ids = idsOf(block);
  const before = group.output.levelName;
  const level = valueOf(block, 'log-level');
  if (level !== undefined) group.output.setLevel(level);
  group.stabilize(ids.length > 0 ? ids : group.nodes.map((_, position) => position + 1));
  group.output.setLevel(before);
  return undefined;
}

function tick(
  group: Group,
  block: Block,
  interval: 'electionTicks' | 'heartbeatTicks',
): string | undefined {
  const { raw, config } = group.node(firstId(block));
  for (let count = config[interval]; count > 0; count--) raw.tick();
  return undefined;
}
