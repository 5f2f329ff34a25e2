// A member begins: from its storage, or a whole cluster from nothing (etcd-io/raft: raft.go, bootstrap.go).
import { assert, formatId, type MemberId, NO_MEMBER } from '../base/index.ts';
import { encode } from '../wire/codec.ts';
import { ConfChange, ConfChangeType, Entry, EntryType, type HardState } from '../wire/gen/raft.ts';
import { asV2 } from './confchange/conf-change.ts';
import { type RaftConfig, resolveConfig } from './config.ts';
import { panic } from './errors.ts';
import { applyConfChange, restoreConfState } from './membership.ts';
import { Raft } from './raft.ts';

/** A member that the cluster starts with. */
export interface BootstrapPeer {
  readonly id: MemberId;
  /** What the server stores with the member: etcd's is the member as JSON. */
  readonly context: Uint8Array;
}

export function startRaft(config: RaftConfig): Raft {
  const raft = new Raft(resolveConfig(config));
  const { log, logger, name } = raft;
  const { hardState, confState } = config.storage.initialState();
  const last = log.lastEntryId();
  restoreConfState(raft, confState);
  if (!isEmptyHardState(hardState)) loadHardState(raft, hardState);
  if (config.applied > 0) log.appliedTo(config.applied, 0);
  raft.becomeFollower(raft.term, NO_MEMBER);
  const peers = voterNames(raft).join(',');
  logger.info(
    `newRaft ${name} [peers: [${peers}], term: ${raft.term}, commit: ${log.committed}, applied: ${log.applied}, lastindex: ${last.index}, lastterm: ${last.term}]`,
  );
  return raft;
}

function voterNames(raft: Raft): string[] {
  const { incoming, outgoing } = raft.tracker.config.voters;
  return incoming.union(outgoing).ids.map(formatId);
}

export function isEmptyHardState({ term, vote, commit }: HardState): boolean {
  return term === 0 && vote === NO_MEMBER && commit === 0;
}

function loadHardState(raft: Raft, { term, vote, commit }: HardState): void {
  const { log } = raft;
  if (commit < log.committed || commit > log.lastIndex()) {
    panic(
      raft.logger,
      `${raft.name} state.commit ${commit} is out of range [${log.committed}, ${log.lastIndex()}]`,
    );
  }
  log.committed = commit;
  raft.term = term;
  raft.vote = vote;
}

/**
 * The first entries of a new cluster: one configuration change a member, committed at term 1. Every member has to start
 * with the same.
 */
export function bootstrap(raft: Raft, peers: readonly BootstrapPeer[]): void {
  assert(peers.length > 0, 'a cluster starts with a member');
  assert(raft.log.storage.lastIndex() === 0, 'only an empty storage is bootstrapped');
  raft.becomeFollower(1, NO_MEMBER);
  const changes = peers.map(({ id, context }) =>
    ConfChange.create({ type: ConfChangeType.ConfChangeAddNode, nodeId: id, context }),
  );
  raft.log.append(
    changes.map((change, position) =>
      Entry.create({
        type: EntryType.EntryConfChange,
        term: 1,
        index: position + 1,
        data: encode(ConfChange, change),
      }),
    ),
  );
  raft.log.committed = peers.length;
  // The application applies them once more, when it sees them as committed entries; that changes nothing then.
  for (const change of changes) applyConfChange(raft, asV2(change));
}
