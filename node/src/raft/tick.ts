// Time passes (etcd-io/raft: raft.go, tickElection and tickHeartbeat).
import { NO_MEMBER } from '../base/index.ts';
import { startElection } from './elections.ts';
import { checkQuorum } from './leader.ts';
import { countRefusals } from './probation.ts';
import type { Raft } from './raft.ts';
import { broadcastHeartbeat } from './replication.ts';

export function tick(raft: Raft): void {
  if (raft.role === 'leader') tickLeader(raft);
  else if (!raft.probation) tickElection(raft);
  countRefusals(raft);
}

function tickElection(raft: Raft): void {
  raft.electionElapsed++;
  if (!raft.promotable || raft.electionElapsed < raft.randomizedElectionTicks) return;
  raft.electionElapsed = 0;
  startElection(raft);
}

function tickLeader(raft: Raft): void {
  raft.heartbeatElapsed++;
  raft.electionElapsed++;
  if (raft.electionElapsed >= raft.config.electionTicks) {
    raft.electionElapsed = 0;
    if (raft.config.checkQuorum) checkQuorum(raft);
    // Who could not take over within an election timeout will not: proposals are accepted again.
    if (stillLeads(raft)) raft.transferee = NO_MEMBER;
  }
  if (stillLeads(raft) && raft.heartbeatElapsed >= raft.config.heartbeatTicks) {
    raft.heartbeatElapsed = 0;
    broadcastHeartbeat(raft);
  }
}

function stillLeads(raft: Raft): boolean {
  return raft.role === 'leader';
}
