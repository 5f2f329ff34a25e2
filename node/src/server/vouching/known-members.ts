// Who the members are by what a member has on its disk: the database, and behind it what the log knows to be committed.
import { memberChangeFromBytes, type ClusterMember } from '../../apply/index.ts';
import { decode } from '../../wire/index.ts';
import {
  ConfChange,
  ConfChangeType,
  EntryType,
  type Entry,
  type HardState,
} from '../../wire/gen/raft.ts';

export interface MemberLog {
  readonly entries: readonly Entry[];
  readonly hardState: HardState;
}

/** @param applied - the index up to which `members` is right */
export function membersOnDisk(
  members: readonly ClusterMember[],
  applied: number,
  { entries, hardState }: MemberLog,
): ClusterMember[] {
  const known = new Map(members.map((member) => [member.id, member]));
  for (const { type, index, data } of entries) {
    if (type !== EntryType.EntryConfChange || index <= applied || index > hardState.commit)
      continue;
    const change = decode(ConfChange, data);
    if (change.type === ConfChangeType.ConfChangeRemoveNode) {
      known.delete(change.nodeId);
    } else {
      const { member } = memberChangeFromBytes(change.context);
      known.set(member.id, member);
    }
  }
  return [...known.values()];
}
