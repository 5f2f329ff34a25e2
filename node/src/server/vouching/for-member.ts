// The vouching of a member, from its parts.
import type { RawNode } from '../../raft/index.ts';
import type { MemberParts } from '../member-parts.ts';
import { advanceFirstElection } from '../raft-node.ts';
import { Vouching } from './vouching.ts';

/** @param wake - raft has something to do */
export function vouchingOf(parts: MemberParts, node: RawNode, wake: () => void): Vouching {
  const { config, boot, world, logger, state } = parts;
  return new Vouching({
    node,
    logger,
    localId: boot.localId,
    clock: world.clock,
    timeoutMs: config.vouchTimeoutMs,
    electionTimeoutMs: config.electionTimeoutMs,
    members: () => [...boot.members, ...state.membership.list()],
    ask: parts.askTestimony,
    onReady: () => {
      advanceFirstElection(node, config);
      wake();
    },
  });
}
