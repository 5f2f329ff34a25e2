// What a leader calls committed is durable on a majority of the voters: its own copy counts only when it is on its disk
// (Raft, section 5.4; Ongaro's thesis, section 10.2.1).
import type { MemberId } from '../../base/index.ts';
import { decode } from '../../wire/codec.ts';
import {
  ConfChange,
  ConfChangeType,
  EntryType,
  MessageType,
  type Entry,
  type Message,
} from '../../wire/gen/raft.ts';
import type { CheckContext } from './context.ts';
import type { Model } from './model/model.ts';
import type { DurableState } from './observer.ts';

const CHECK = 'durableCommit';

export class CommitCheck {
  private readonly context: CheckContext;
  private voters: Voters;
  /** Highest index that was ever durable on a member. */
  private readonly durable = new Map<MemberId, number>();
  private judged = 0;

  constructor(context: CheckContext) {
    this.context = context;
    this.voters = new Voters(context.model);
  }

  sent({ type, from, commit }: Message, { lastIndex }: DurableState): void {
    if (lastIndex > (this.durable.get(from) ?? 0)) this.durable.set(from, lastIndex);
    // A heartbeat names less than what is committed, an append all of it.
    if (type !== MessageType.MsgApp || commit <= this.judged) return;
    this.judged = commit;
    const configurations = this.voters.recent();
    if (configurations.length === 0 || configurations.some((one) => this.has(one, commit))) return;
    const latest = configurations.at(-1) ?? new Set();
    const stored = [...latest].map((id) => `${id.toString(16)} ${this.durable.get(id) ?? 0}`);
    this.context.report(CHECK, `entry ${commit} is committed, durable are: ${stored.join(', ')}`);
  }

  restored(): void {
    this.voters = new Voters(this.context.model);
    this.durable.clear();
    this.judged = 0;
  }

  private has(voters: ReadonlySet<MemberId>, index: number): boolean {
    const holders = [...voters].filter((id) => (this.durable.get(id) ?? 0) >= index);
    return holders.length * 2 > voters.size;
  }
}

/** Who may vote, by the committed configuration changes. */
class Voters {
  private readonly model: Model;
  private next = 1;
  private isKnown = true;
  private now: ReadonlySet<MemberId> = new Set();
  private before: ReadonlySet<MemberId> = new Set();

  constructor(model: Model) {
    this.model = model;
  }

  /**
   * The present voters and those before: a change that is committed counts for each member from when that applies it.
   * Empty when the log does not tell: nothing is applied yet, or it began with a restore.
   */
  recent(): ReadonlySet<MemberId>[] {
    if (this.model.firstIndex !== 1) return [];
    for (; this.next <= this.model.appliedIndex; this.next++) {
      const entry = this.model.entryAt(this.next);
      if (entry !== undefined) this.take(entry);
    }
    return this.isKnown && this.now.size > 0 ? [this.before, this.now] : [];
  }

  private take({ type, data }: Entry): void {
    if (type === EntryType.EntryConfChangeV2) this.isKnown = false;
    if (type !== EntryType.EntryConfChange) return;
    const change = decode(ConfChange, data);
    const voters = new Set(this.now);
    if (change.type === ConfChangeType.ConfChangeAddNode) voters.add(change.nodeId);
    if (change.type === ConfChangeType.ConfChangeRemoveNode) voters.delete(change.nodeId);
    this.before = this.now;
    this.now = voters;
  }
}
