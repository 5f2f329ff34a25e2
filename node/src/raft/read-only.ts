// Reads that wait until a quorum confirms that the leader still leads (raft thesis, section 6.4; etcd-io/raft:
// read_only.go).
import { EMPTY_BYTES, type MemberId } from '../base/index.ts';
import type { Message } from '../wire/gen/raft.ts';
import { type JointConfig, jointCommittedIndex } from './quorum/joint.ts';
import type { AckedIndex } from './quorum/majority.ts';

export interface PendingRead {
  readonly request: Message;
  /** The commit index when the request came. */
  readonly index: number;
}

/**
 * Reads are numbered 1, 2, … within a leader's term. A heartbeat carries the number of the last one as its context (8
 * bytes, little endian), a follower returns it, and so acknowledges all reads up to there: confirming reads is the same
 * sum as committing entries.
 */
export class ReadOnly {
  private readonly acks = new Map<MemberId, number>();
  private unconfirmed: PendingRead[] = [];
  private confirmedCount = 0;
  private readonly ackOf: AckedIndex = (id) => this.acks.get(id);

  add(request: Message, commitIndex: number): void {
    this.unconfirmed.push({ request, index: commitIndex });
  }

  /** Number of the last read, or 0 when none waits. */
  private get lastNumber(): number {
    return this.unconfirmed.length === 0 ? 0 : this.confirmedCount + this.unconfirmed.length;
  }

  /** What a heartbeat carries in order to confirm all waiting reads; empty when none waits. */
  heartbeatContext(): Uint8Array {
    const number = this.lastNumber;
    return number === 0 ? EMPTY_BYTES : encodeNumber(number);
  }

  /** The leader counts for itself. */
  acknowledgeSelf(id: MemberId): void {
    this.acknowledge(id, this.lastNumber);
  }

  /** A heartbeat came back. A context that this leader did not write confirms nothing. */
  receive(from: MemberId, context: Uint8Array): void {
    if (context.length === 8) this.acknowledge(from, decodeNumber(context));
  }

  private acknowledge(id: MemberId, number: number): void {
    // Nobody can confirm a read that has not been asked for.
    const known = Math.min(number, this.confirmedCount + this.unconfirmed.length);
    this.acks.set(id, Math.max(this.acks.get(id) ?? 0, known));
  }

  /** The reads that a quorum has confirmed since the last call, in the order in which they came. */
  takeConfirmed(voters: JointConfig): PendingRead[] {
    const confirmed = jointCommittedIndex(voters, this.ackOf);
    if (confirmed <= this.confirmedCount) return [];
    const reads = this.unconfirmed.splice(0, confirmed - this.confirmedCount);
    this.confirmedCount = confirmed;
    return reads;
  }

  reset(): void {
    this.acks.clear();
    this.unconfirmed = [];
    this.confirmedCount = 0;
  }
}

function encodeNumber(number: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(number), true);
  return bytes;
}

function decodeNumber(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Number(view.getBigUint64(0, true));
}
