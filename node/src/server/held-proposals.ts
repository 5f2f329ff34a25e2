// Proposals under way between members that surely came into no log: the leader was just handing over, or the connection to it
// was gone. They go to raft again when it may take them, instead of leaving a client to wait until its time is over.
import type { Clock } from '../base/index.ts';
import { RaftError, type RawNode } from '../raft/index.ts';
import { decode } from '../wire/index.ts';
import { ConfChange, EntryType, MessageType, type Entry, type Message } from '../wire/gen/raft.ts';
import { InternalRaftRequest } from '../wire/gen/raft-internal.ts';
import type { Waiters } from './proposals.ts';

/** Beyond, the oldest is let go, and its client times out. */
const MAX_HELD = 1_000;
/** Longer than two elections: who proposed it has given it up by then, or soon will. */
const HOLD_MS = 3_000;

export interface HeldParts {
  readonly clock: Clock;
  readonly waiters: Waiters;
  readonly node: RawNode;
}

export class HeldProposals {
  private readonly parts: HeldParts;
  private held: { readonly message: Message; readonly untilMs: number }[] = [];

  constructor(parts: HeldParts) {
    this.parts = parts;
  }

  /** Messages that are no proposals are not held: raft repeats what it needs. */
  hold(message: Message): void {
    if (message.type !== MessageType.MsgProp) return;
    for (const entry of message.entries) this.parts.waiters.unproposed(idOf(entry));
    if (this.held.length >= MAX_HELD) this.held.shift();
    this.held.push({ message, untilMs: this.parts.clock.monotonicMs() + HOLD_MS });
  }

  /** To be called when a leader may be there that was not. */
  retry(): void {
    if (this.held.length === 0) return;
    const held = this.held;
    this.held = [];
    const nowMs = this.parts.clock.monotonicMs();
    for (const one of held) {
      if (one.untilMs > nowMs && !this.step(one.message)) this.held.push(one);
    }
  }

  private step(message: Message): boolean {
    try {
      this.parts.node.step({ ...message, to: 0n });
    } catch (error) {
      if (error instanceof RaftError) return false;
      throw error;
    }
    const { term } = this.parts.node.raft;
    for (const entry of message.entries) this.parts.waiters.proposed(idOf(entry), term);
    return true;
  }
}

/** Under which a member waits for it. */
function idOf({ type, data }: Entry): bigint {
  if (type !== EntryType.EntryNormal) return decode(ConfChange, data).id;
  return decode(InternalRaftRequest, data).header?.id ?? 0n;
}
