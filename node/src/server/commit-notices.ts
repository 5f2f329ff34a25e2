// When followers hear that something is committed. The next append says so anyway; a message of its own wakes a process for
// nothing where nobody waits, and with one writing client two of them are a good part of what a write costs a cluster
// (node/decisions/049).
import type { Clock } from '../base/index.ts';
import type { RawNode } from '../raft/index.ts';
import type { WatchHub } from '../watch/index.ts';
import type { Waiters } from './proposals.ts';

/** So long, or twice as long at most, a follower hears nothing of a commit when no append follows. */
const HELD_MS = 5;

export interface CommitNoticeParts {
  readonly clock: Clock;
  readonly node: Pick<RawNode, 'isPatient' | 'heldCommit' | 'tellHeldCommit'>;
  readonly waiters: Pick<Waiters, 'size'>;
  readonly hub: Pick<WatchHub, 'streamCount'>;
  /** Has raft's loop look for a Ready. */
  readonly wake: () => void;
}

export class CommitNotices {
  private readonly parts: CommitNoticeParts;
  private isArmed = false;

  constructor(parts: CommitNoticeParts) {
    this.parts = parts;
  }

  /** Whether any client of this member waits for what will be committed: with a write, or a watch. */
  get isAwaited(): boolean {
    const { waiters, hub } = this.parts;
    return waiters.size > 0 || hub.streamCount > 0;
  }

  /** To be called before messages are given to raft: its answers say whether anybody waits here. */
  beforeStep(): void {
    this.parts.node.isPatient = !this.isAwaited;
  }

  /** To be called after each Ready: what is held back leaves by itself, if no append takes it along. */
  afterReady(): void {
    const { clock, node } = this.parts;
    const index = node.heldCommit;
    if (index === 0 || this.isArmed) return;
    this.isArmed = true;
    clock.after(HELD_MS, () => this.tell(index));
  }

  private tell(index: number): void {
    this.isArmed = false;
    this.parts.node.tellHeldCommit(index);
    this.parts.wake();
    this.afterReady();
  }
}
