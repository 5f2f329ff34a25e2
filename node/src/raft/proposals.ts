// Entries on their way into a leader's log (etcd-io/raft: raft.go).
import { formatId, NO_MEMBER } from '../base/index.ts';
import { Entry } from '../wire/gen/raft.ts';
import {
  asV2,
  confChangeEntry,
  confChangeOf,
  describeConfChange,
} from './confchange/conf-change.ts';
import { RaftError } from './errors.ts';
import type { Raft } from './raft.ts';
import { broadcastAppend } from './replication.ts';
import { formatConfig, isJoint } from './tracker/tracker.ts';

/**
 * Leader: appends and replicates. All entries get in or none. They belong to the log from then on.
 * @throws RaftError ProposalDropped
 */
export function proposeAsLeader(raft: Raft, entries: Entry[]): void {
  // A leader that was removed still leads until it knows better, but takes nothing new.
  if (raft.tracker.get(raft.id) === undefined) throw new RaftError('ProposalDropped');
  if (raft.transferee !== NO_MEMBER) {
    raft.logger.debug(
      `${raft.name} [term ${raft.term}] transfer leadership to ${formatId(raft.transferee)} is in progress; dropping proposal`,
    );
    throw new RaftError('ProposalDropped');
  }
  for (let position = 0; position < entries.length; position++) {
    if (!admitConfChange(raft, entries[position]!, position)) entries[position] = Entry.create();
  }
  if (!raft.append(entries)) throw new RaftError('ProposalDropped');
  broadcastAppend(raft);
}

/** False for a configuration change that cannot be made now; an empty entry takes its place in the log. */
function admitConfChange(raft: Raft, entry: Entry, position: number): boolean {
  const change = confChangeOf(entry);
  if (change === undefined) return true;
  const { log, tracker, pendingConfIndex } = raft;
  const joint = isJoint(tracker.config);
  const leaves = asV2(change).changes.length === 0;
  let refusal: string | undefined;
  if (pendingConfIndex > log.applied) {
    refusal = `possible unapplied conf change at index ${pendingConfIndex} (applied to ${log.applied})`;
  } else if (joint && !leaves) {
    refusal = 'must transition out of joint config first';
  } else if (!joint && leaves) {
    refusal = 'not in joint state; refusing empty conf change';
  }
  if (refusal !== undefined && !raft.config.disableConfChangeValidation) {
    raft.logger.info(
      `${raft.name} ignoring conf change ${describeConfChange(change)} at config ${formatConfig(tracker.config)}: ${refusal}`,
    );
    return false;
  }
  raft.pendingConfIndex = log.lastIndex() + position + 1;
  return true;
}

/** Everything up to `index` is applied, `bytes` of entries; a joint configuration that wants it is left then. */
export function appliedTo(raft: Raft, index: number, bytes: number): void {
  const applied = Math.max(index, raft.log.applied);
  raft.log.appliedTo(applied, bytes);
  const { config } = raft.tracker;
  if (!config.autoLeave || applied < raft.pendingConfIndex || raft.role !== 'leader') return;
  try {
    proposeAsLeader(raft, [confChangeEntry(undefined)]);
    raft.logger.info(
      `initiating automatic transition out of joint configuration ${formatConfig(config)}`,
    );
  } catch (error) {
    // Dropped while leadership is handed over: tried again with the next entries, or by the next leader.
    if (!(error instanceof RaftError)) throw error;
    raft.logger.debug(
      `not initiating automatic transition out of joint configuration ${formatConfig(config)}: ${error.message}`,
    );
  }
}
