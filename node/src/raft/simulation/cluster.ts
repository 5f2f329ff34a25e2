// A cluster under a seed: messages get lost, doubled and reordered, members crash and are cut off, the configuration
// changes. Every step is checked.
import { assert, EMPTY_BYTES, type MemberId } from '../../base/index.ts';
import { decode, encode } from '../../wire/codec.ts';
import {
  type ConfChangeSingle,
  ConfChangeTransition,
  ConfChangeType,
  ConfChangeV2,
  ConfState,
  Message,
  MessageType,
} from '../../wire/gen/raft.ts';
import { MemoryStorage } from '../memory-storage.ts';
import { Checker } from './checker.ts';
import { Member, type MemberOptions } from './member.ts';
import { SeededRandom } from './random.ts';

export interface ClusterOptions {
  readonly seed: number;
  /** Members that exist. */
  readonly memberCount: number;
  /** So many of them are voters in the beginning. Default: 3. */
  readonly voterCount?: number;
  readonly preVote: boolean;
  readonly checkQuorum: boolean;
  readonly changesConfiguration: boolean;
  /** Disks come back older than they were, one at a time; members ask all others before they take part. */
  readonly forgets?: boolean;
  /** Members do not ask: to show what happens then. */
  readonly trusts?: boolean;
}

const FIRST_INDEX = 2;

export class Cluster {
  readonly checker = new Checker();
  private readonly random: SeededRandom;
  private readonly members: Member[] = [];
  private readonly changesConfiguration: boolean;
  private readonly forgets: boolean;
  /** How often a member began on an older disk. */
  rollbacks = 0;
  private inFlight: Uint8Array[] = [];
  /** Members that nobody hears and that hear nobody. */
  private readonly cutOff = new Set<MemberId>();
  private proposals = 0;

  constructor(options: ClusterOptions) {
    this.random = new SeededRandom(options.seed);
    this.changesConfiguration = options.changesConfiguration;
    this.forgets = options.forgets ?? false;
    const voters = [1n, 2n, 3n, 4n, 5n].slice(0, options.voterCount ?? 3);
    for (let id = 1n; id <= BigInt(options.memberCount); id++) {
      const storage = new MemoryStorage();
      if (voters.includes(id)) {
        const metadata = { confState: ConfState.create({ voters }), index: FIRST_INDEX, term: 1 };
        storage.applySnapshot({ data: new Uint8Array(4), metadata });
      }
      const send = (messages: readonly Message[]): void => this.post(messages);
      const memberOptions = this.memberOptions(options);
      this.members.push(new Member(id, storage, memberOptions, this.checker, send));
    }
  }

  /** Small limits, so that they are reached. */
  private memberOptions(options: ClusterOptions): MemberOptions {
    const { preVote, checkQuorum, forgets = false, trusts = false } = options;
    return {
      electionTicks: 6,
      heartbeatTicks: 1,
      maxSizePerMessage: 1 + this.random.below(64),
      maxCommittedSizePerReady: 1 + this.random.below(64),
      maxUncommittedEntriesSize: 200,
      maxInflightMessages: 1 + this.random.below(8),
      maxInflightBytes: this.random.onceIn(2) ? 0 : 128,
      checkQuorum,
      preVote,
      random: this.random,
      stepDownOnRemoval: this.random.onceIn(2),
      probation: forgets && !trusts,
      readOnlyOption: 'safe',
      countAskers: true,
    };
  }

  private post(messages: readonly Message[]): void {
    for (const message of messages) this.inFlight.push(encode(Message, message));
  }

  private someone(): Member {
    return this.random.pick(this.members)!;
  }

  /** One random event. */
  step(): void {
    const { random } = this;
    if (this.forgets) this.testifyOrCopy();
    const dice = random.below(1000);
    if (dice < 430) this.deliverOne(true);
    else if (dice < 790) this.someone().work();
    else if (dice < 920) this.someone().act((raw) => raw.tick());
    else if (dice < 950) this.propose(this.someone());
    else if (dice < 965) this.someone().read();
    else if (dice < 977) this.someone().compact(random.below(4));
    else if (dice < 982) this.crashOrStart(this.someone());
    else if (dice < 987) this.cutOrMend(this.someone());
    else if (dice < 994) this.changeConfiguration(this.someone());
    else this.disturb(this.someone());
  }

  private deliverOne(isFaulty: boolean): void {
    const { random, inFlight } = this;
    if (inFlight.length === 0) return;
    const position = isFaulty ? random.below(Math.min(inFlight.length, 8)) : 0;
    const bytes = inFlight[position]!;
    const isDoubled = isFaulty && random.onceIn(30);
    if (!isDoubled) inFlight.splice(position, 1);
    const message = decode(Message, bytes);
    const isLost =
      (isFaulty && random.onceIn(20)) ||
      this.cutOff.has(message.from) ||
      this.cutOff.has(message.to);
    const to = this.members[Number(message.to) - 1]!;
    const arrived = !isLost && to.raw !== undefined;
    if (arrived) to.act((raw) => raw.step(message));
    if (message.type === MessageType.MsgSnap) this.reportSnapshot(message, arrived);
    else if (!arrived && random.onceIn(4)) this.reportUnreachable(message);
  }

  private reportSnapshot(message: Message, arrived: boolean): void {
    const from = this.members[Number(message.from) - 1]!;
    from.act((raw) => raw.reportSnapshot(message.to, arrived ? 'finish' : 'failure'));
  }

  private reportUnreachable(message: Message): void {
    this.members[Number(message.from) - 1]!.act((raw) => raw.reportUnreachable(message.to));
  }

  private propose(member: Member): void {
    const datas: Uint8Array[] = [];
    for (let count = 1 + this.random.below(4); count > 0; count--) {
      datas.push(new Uint8Array(1 + this.random.below(24)).fill(++this.proposals));
    }
    member.act((raw) => raw.proposeBatch(datas));
  }

  private testifyOrCopy(): void {
    const { random } = this;
    const dice = random.below(1000);
    if (dice < 10) this.someone().copyDisk();
    else if (dice < 20) this.crashOrStart(this.someone());
    else if (dice < 100) this.testify(this.someone(), this.someone());
  }

  private testify(about: Member, witness: Member): void {
    if (!this.cutOff.has(about.id) && !this.cutOff.has(witness.id)) about.hear(witness);
  }

  private crashOrStart(member: Member): void {
    if (member.raw !== undefined) {
      if (this.random.onceIn(5)) member.crash();
      return;
    }
    const mayForget =
      this.forgets && !this.members.some((one) => one !== member && one.isForgetful);
    if (mayForget && this.random.onceIn(2)) {
      if (member.rollBack((images) => this.random.pick(images))) this.rollbacks++;
    }
    member.start();
  }

  private cutOrMend(member: Member): void {
    if (this.cutOff.has(member.id)) this.cutOff.delete(member.id);
    else if (this.random.onceIn(4)) this.cutOff.add(member.id);
  }

  private disturb(member: Member): void {
    const other = this.someone().id;
    const action = this.random.below(3);
    member.act((raw) => {
      if (action === 0) raw.transferLeader(other);
      else if (action === 1) raw.forgetLeader();
      else raw.campaign();
    });
  }

  private changeConfiguration(member: Member): void {
    if (!this.changesConfiguration) return;
    member.act((raw) => {
      if (raw.basicStatus().role !== 'leader') return;
      const { confState } = raw.status();
      if (confState.votersOutgoing.length > 0) {
        raw.proposeConfChange(ConfChangeV2.create());
        return;
      }
      const changes = this.someChanges(confState);
      const transition = this.random.pick(Object.values(ConfChangeTransition))!;
      raw.proposeConfChange(ConfChangeV2.create({ transition, changes, context: EMPTY_BYTES }));
    });
  }

  /** Always leaves a voter: the first change is to keep one. */
  private someChanges({ voters }: ConfState): ConfChangeSingle[] {
    const { random } = this;
    const survivor = random.pick(voters)!;
    const changes: ConfChangeSingle[] = [];
    for (let count = 1 + random.below(3); count > 0; count--) {
      const nodeId = this.someone().id;
      if (nodeId === survivor) continue;
      changes.push({ type: random.pick(Object.values(ConfChangeType))!, nodeId });
    }
    const keep = { type: ConfChangeType.ConfChangeAddNode, nodeId: survivor };
    return changes.length === 0 ? [keep] : changes;
  }

  checkLogs(): void {
    for (const a of this.members) {
      for (const b of this.members) {
        if (a.id >= b.id || a.raw === undefined || b.raw === undefined) continue;
        this.checker.checkLogMatching(a.raw.raft, b.raw.raft);
      }
    }
  }

  /** From here on nothing goes wrong any more. */
  heal(): void {
    this.cutOff.clear();
    for (const member of this.members) if (member.raw === undefined) member.start();
  }

  /** Everyone ticks once, and everything there is to do gets done. */
  settle(): void {
    for (const about of this.members) for (const witness of this.members) about.hear(witness);
    for (const member of this.members) member.act((raw) => raw.tick());
    for (let rounds = 0; rounds < 1000; rounds++) {
      let isIdle = this.inFlight.length === 0;
      for (const member of this.members) if (member.work()) isIdle = false;
      const count = this.inFlight.length;
      for (let position = 0; position < count; position++) this.deliverOne(false);
      if (isIdle) return;
    }
    assert(false, 'the cluster comes to rest between ticks');
  }

  /**
   * Ticks until a proposal made now is applied by the whole configuration. Undefined when that does not happen within
   * `maxTicks`; otherwise how many ticks it took.
   */
  ticksUntilProgress(maxTicks: number): number | undefined {
    let target = Infinity;
    let term = 0;
    for (let ticks = 0; ticks < maxTicks; ticks++) {
      this.settle();
      this.checkLogs();
      const leader = this.members.find(({ raw }) => raw?.basicStatus().role === 'leader');
      if (leader?.raw === undefined) continue;
      const status = leader.raw.status();
      const { voters, learners } = status.confState;
      if (![...voters, ...learners].includes(leader.id)) {
        // A server stops when it applies its own removal.
        leader.crash();
        leader.start();
      } else if (status.term !== term || target === Infinity) {
        term = status.term;
        target = this.proposeOn(leader);
      } else if ([...voters, ...learners].every((id) => this.hasApplied(id, target))) {
        return ticks;
      }
    }
    return undefined;
  }

  /** The index that the proposal got, or Infinity when it was dropped. */
  private proposeOn(leader: Member): number {
    let index = Infinity;
    leader.act((raw) => {
      raw.propose(EMPTY_BYTES);
      index = raw.basicStatus().lastIndex;
    });
    return index;
  }

  private hasApplied(id: MemberId, index: number): boolean {
    const { raw } = this.members[Number(id) - 1]!;
    return raw !== undefined && raw.basicStatus().appliedIndex >= index;
  }
}
