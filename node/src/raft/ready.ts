// What a RawNode wants done (etcd-io/raft: node.go, Ready).
import type { MemberId } from '../base/index.ts';
import type { Entry, HardState, Message, Snapshot } from '../wire/gen/raft.ts';

export type Role = 'follower' | 'candidate' | 'preCandidate' | 'leader';

/** Volatile: worth knowing and logging, never stored. */
export interface SoftState {
  /** 0 when there is none. */
  readonly leader: MemberId;
  readonly role: Role;
}

/** A linearizable read that was confirmed. */
export interface ReadState {
  /** The read may be served once everything up to here is applied. */
  readonly index: number;
  /** What readIndex was called with. */
  readonly context: Uint8Array;
}

/**
 * Work to do, in this order:
 *
 * 1. Save `snapshot`, `entries` and `hardState` to the disk, with a sync when `mustSync`; put them into the
 *    MemoryStorage too: applySnapshot, append, setHardState.
 * 2. Send `messages`. If `role` (the last one that a softState told) is `leader`, they may be sent before step 1 is
 *    done: a leader's messages promise nothing about its own disk (raft thesis, section 10.2.1). Otherwise they must
 *    wait until step 1 is durable.
 * 3. Apply `snapshot`, then `committedEntries`; for a configuration change call applyConfChange.
 * 4. Call `advance`. That is what acknowledges the leader's own entries, and a candidate's own vote.
 *
 * Between `ready` and `advance`, messages may be stepped, proposals made and ticks counted, but no further Ready taken.
 * Everything in a Ready is read-only. The arrays belong to the receiver; the entries and messages in them are shared.
 */
export interface Ready {
  /** Undefined when it is the same as before. */
  readonly softState: SoftState | undefined;
  /** Undefined when it is the same as before. Has to be on the disk before `messages` are sent (see step 2). */
  readonly hardState: HardState | undefined;
  /** Reads that were asked for here and are confirmed now. */
  readonly readStates: readonly ReadState[];
  /** To be appended to the disk before `messages` are sent (see step 2). The first may replace an older one. */
  readonly entries: Entry[];
  /** To be saved, and to replace the state machine. `committedEntries` is empty then. */
  readonly snapshot: Snapshot | undefined;
  /**
   * A quorum has these on its disks. They may be among `entries`, that is, not on this member's disk yet: who needs
   * them there before they are applied has to wait for step 1.
   */
  readonly committedEntries: Entry[];
  /**
   * To other members only. A MsgSnap holds the storage's last snapshot, which may be from before the receiver joined, and
   * which a receiver that is not in its configuration refuses: a server puts one of its applied state in place of it. It
   * has to be followed by a call of reportSnapshot.
   */
  readonly messages: Message[];
  /** Whether entries, vote or term changed. A commit index alone may be written without a sync. */
  readonly mustSync: boolean;
}
