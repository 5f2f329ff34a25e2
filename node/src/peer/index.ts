// The peer room: etcd's rafthttp, the wire between members.
export { PeerTransport } from './transport.ts';
export { allowMethod, answerJson, answerText, BodyTooLargeError, readBody } from './http-body.ts';
export {
  createPeerAgent,
  peerGet,
  peerPost,
  type PeerAgent,
  type PeerAnswer,
  type PeerRequestOptions,
} from './http-client.ts';
export { PeerLinks } from './link.ts';
export type { LinkAnswer, LinkRoutes } from './link-server.ts';
export type {
  OutgoingSnapshot,
  PeerHandlers,
  PeerMetrics,
  PeerRoute,
  PeerTls,
  PeerTransportOptions,
  SnapshotOutcome,
} from './options.ts';
