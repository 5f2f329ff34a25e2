// How far one follower is, as its leader sees it (etcd-io/raft: tracker/progress.go; design.md there).
import { AssertionError, type MemberId } from '../../base/index.ts';
import { Inflights } from './inflights.ts';

/**
 * - `probe`: the follower's last index is not known; at most one append a heartbeat interval.
 * - `replicate`: appends are sent ahead of their answers, up to the inflight limits.
 * - `snapshot`: the entries it needs are compacted; it gets a snapshot, and nothing else until that is settled.
 */
export type ProgressState = 'probe' | 'replicate' | 'snapshot';

const STATE_NAMES: Readonly<Record<ProgressState, string>> = {
  probe: 'StateProbe',
  replicate: 'StateReplicate',
  snapshot: 'StateSnapshot',
};

export class Progress {
  readonly id: MemberId;
  /** The follower's log equals the leader's up to here. */
  match = 0;
  /** The next index to send. Everything between match and next is on the wire. Always greater than match. */
  next: number;
  state: ProgressState = 'probe';
  /** In state snapshot: the index of the snapshot that was sent; otherwise 0. */
  pendingSnapshot = 0;
  /** Something came from the follower since the last check of the quorum. */
  recentActive = false;
  /** No append until a heartbeat is answered: a probe is out, or the inflights are full. */
  appendPaused = false;
  isLearner: boolean;
  /** Nobody there waits to hear what is committed, so that the next append is soon enough. As it last said itself. */
  isPatient = false;
  inflights: Inflights;
  /** The highest commit index on its way to the follower. May go back when messages turn out to be lost. */
  private sentCommit = 0;

  constructor(id: MemberId, next: number, isLearner: boolean, inflights: Inflights) {
    this.id = id;
    this.next = next;
    this.isLearner = isLearner;
    this.inflights = inflights;
  }

  /** A copy that shares the inflights: enough for a configuration change, which only touches `isLearner`. */
  clone(): Progress {
    return Object.assign(new Progress(this.id, this.next, this.isLearner, this.inflights), this);
  }

  /** Forgets everything but whether it is a learner: a new term begins. */
  restart(match: number, next: number): void {
    this.enter('probe');
    this.match = match;
    this.next = next;
    this.recentActive = false;
    this.isPatient = false;
    this.sentCommit = 0;
  }

  private enter(state: ProgressState): void {
    this.appendPaused = false;
    this.pendingSnapshot = 0;
    this.state = state;
    this.inflights.reset();
  }

  /** After a snapshot that arrived, probing starts behind it. */
  becomeProbe(): void {
    const pendingSnapshot = this.state === 'snapshot' ? this.pendingSnapshot : 0;
    this.enter('probe');
    this.next = Math.max(this.match + 1, pendingSnapshot + 1);
    this.sentCommit = Math.min(this.sentCommit, this.next - 1);
  }

  becomeReplicate(): void {
    this.enter('replicate');
    this.next = this.match + 1;
  }

  becomeSnapshot(snapshotIndex: number): void {
    this.enter('snapshot');
    this.pendingSnapshot = snapshotIndex;
    this.next = snapshotIndex + 1;
    this.sentCommit = snapshotIndex;
  }

  /** An append with `count` entries from `next` on was sent. */
  sentEntries(count: number, bytes: number): void {
    if (this.state === 'replicate') {
      if (count > 0) {
        this.next += count;
        this.inflights.add(this.next - 1, bytes);
      }
      this.appendPaused = this.inflights.full;
    } else if (this.state === 'probe') {
      if (count > 0) this.appendPaused = true;
    } else {
      throw new AssertionError('no append is sent while a snapshot is pending');
    }
  }

  /** Whether a message with this commit index could move the follower's. */
  canBumpCommit(index: number): boolean {
    return index > this.sentCommit && this.sentCommit < this.next - 1;
  }

  sentCommitIndex(index: number): void {
    this.sentCommit = index;
  }

  /** The follower holds everything up to `index`. False when that is old news. */
  maybeUpdate(index: number): boolean {
    if (index <= this.match) return false;
    this.match = index;
    this.next = Math.max(this.next, index + 1);
    this.appendPaused = false;
    return true;
  }

  /**
   * The follower refused the append behind `rejected` and suggests `matchHint`. False when the refusal is stale:
   * answers may be repeated or reordered.
   */
  maybeDecreaseTo(rejected: number, matchHint: number): boolean {
    if (this.state === 'replicate') {
      if (rejected <= this.match) return false;
      this.next = this.match + 1;
      this.sentCommit = Math.min(this.sentCommit, this.next - 1);
      return true;
    }
    // Outside of replicate, one entry is probed at a time, so a genuine refusal is about the one before next.
    if (this.next - 1 !== rejected) return false;
    this.next = Math.max(Math.min(rejected, matchHint + 1), this.match + 1);
    this.sentCommit = Math.min(this.sentCommit, this.next - 1);
    this.appendPaused = false;
    return true;
  }

  get paused(): boolean {
    return this.state === 'snapshot' || this.appendPaused;
  }

  /** etcd's text, for logs. */
  toString(): string {
    let text = `${STATE_NAMES[this.state]} match=${this.match} next=${this.next}`;
    if (this.isLearner) text += ' learner';
    if (this.paused) text += ' paused';
    if (this.pendingSnapshot > 0) text += ` pendingSnap=${this.pendingSnapshot}`;
    if (!this.recentActive) text += ' inactive';
    if (this.inflights.count > 0) {
      text += ` inflight=${this.inflights.count}${this.inflights.full ? '[full]' : ''}`;
    }
    return text;
  }
}
