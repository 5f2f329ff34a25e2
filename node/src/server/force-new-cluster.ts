// --force-new-cluster: this member goes on alone (etcd: server/storage/util.go). Configuration changes that remove all others
// are written as if they had been agreed on. etcd drops what the log does not tell to be committed; here all of the log is
// kept: its last entries may have been acknowledged, though this member had not yet written down that they were.
import { EMPTY_BYTES, formatId, type Logger, type MemberId } from '../base/index.ts';
import { bytesFromMemberChange, memberChangeFromBytes, type Membership } from '../apply/index.ts';
import type { Wal, WalState } from '../storage/index.ts';
import { decode, encode } from '../wire/index.ts';
import { ConfChange, ConfChangeType, EntryType, HardState, type Entry } from '../wire/gen/raft.ts';

export interface ForceParts {
  readonly wal: Wal;
  readonly state: WalState;
  readonly membership: Membership;
  readonly localId: MemberId;
  /** The last entry that the backend holds; it was committed, whatever the log says. */
  readonly appliedIndex: number;
  readonly logger: Logger;
}

export async function forcedNewCluster(
  parts: ForceParts,
): Promise<{ hardState: HardState; entries: Entry[] }> {
  const { wal, state, localId, logger } = parts;
  const commit = Math.max(state.entries.at(-1)?.index ?? 0, parts.appliedIndex);
  if (commit > state.hardState.commit) {
    logger.info('taking entries whose commit the log does not tell for committed', {
      'commit-index-from-wal': state.hardState.commit,
      'number-of-entries': commit - state.hardState.commit,
    });
  }
  const { term } = state.hardState;
  const changes = membersAfter(parts, state.entries);
  const added = changes.map((change, i): Entry => ({
    type: EntryType.EntryConfChange,
    term,
    index: commit + 1 + i,
    data: encode(ConfChange, change),
  }));
  const last = commit + added.length;
  const hardState = HardState.create({ ...state.hardState, commit: last });
  await wal.save(hardState, added, true);
  logger.info('forced a cluster of one member', { 'local-member-id': formatId(localId) });
  return { hardState, entries: [...state.entries, ...added] };
}

/** Changes that leave this member alone: everybody else is removed, and it is added where it is missing. */
function membersAfter(parts: ForceParts, entries: readonly Entry[]): ConfChange[] {
  const ids = new Set(parts.membership.list().map((member) => member.id));
  for (const entry of entries) {
    if (entry.type !== EntryType.EntryConfChange || entry.index <= parts.appliedIndex) continue;
    const change = decode(ConfChange, entry.data);
    if (change.type === ConfChangeType.ConfChangeRemoveNode) ids.delete(change.nodeId);
    else if (change.type !== ConfChangeType.ConfChangeUpdateNode) ids.add(idAdded(change));
  }
  const changes = [...ids]
    .filter((id) => id !== parts.localId)
    .map((id) =>
      ConfChange.create({
        type: ConfChangeType.ConfChangeRemoveNode,
        nodeId: id,
        context: EMPTY_BYTES,
      }),
    );
  if (ids.has(parts.localId)) return changes;
  const member = {
    id: parts.localId,
    peerUrls: ['http://localhost:2380'],
    isLearner: false,
    name: '',
    clientUrls: [],
  };
  const context = bytesFromMemberChange({ member, isPromote: false });
  return [
    ...changes,
    ConfChange.create({ type: ConfChangeType.ConfChangeAddNode, nodeId: parts.localId, context }),
  ];
}

function idAdded(change: ConfChange): MemberId {
  return memberChangeFromBytes(change.context).member.id;
}
