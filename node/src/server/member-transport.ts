// What a member needs of the way to the others: the peer room's transport, or a simulated one.
import type { PeerTransport } from '../peer/index.ts';

export type MemberTransport = Pick<
  PeerTransport,
  | 'send'
  | 'flush'
  | 'sendSnapshot'
  | 'addRemote'
  | 'addPeer'
  | 'updatePeer'
  | 'removePeer'
  | 'removeAllPeers'
  | 'activeSince'
>;
