// What the peer room is given, and what it calls back.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { LookupFunction } from 'node:net';
import type tls from 'node:tls';
import type { ClusterId, MemberId } from '../base/ids.ts';
import type { Logger } from '../base/logger.ts';
import type { Clock } from '../base/world.ts';
import type { Message } from '../wire/gen/raft.ts';
import type { LinkRoutes } from './link-server.ts';

/** The member that the transport belongs to. None of the calls may be made from within `PeerTransport.send`: they come later. */
export interface PeerHandlers {
  /**
   * Raft messages of one sender, in order, all that one read from the network brought. Their byte fields are views
   * into network buffers that are not used again. A returned promise holds back further reading from that
   * connection; for a posted message or a snapshot, the sender is answered when it settles, with an error if it
   * rejects.
   */
  process(messages: readonly Message[]): Promise<void> | void;
  /** True for a member that was removed from the cluster for good. */
  isIdRemoved(id: MemberId): boolean;
  /** A message to this member was lost (raft's MsgUnreachable). At most once a turn of the event loop. */
  reportUnreachable(id: MemberId): void;
  /** A forwarded proposal (MsgProp) that surely never left: it may be proposed again. */
  proposalUnsent?(message: Message): void;
  /** The outcome of one sendSnapshot (raft's MsgSnapStatus). */
  reportSnapshot(id: MemberId, ok: boolean): void;
  /**
   * Saves the database of a snapshot at `index`, durably, before the promise resolves; the raft message is processed
   * afterwards. It has to read all of `database`, or reject.
   */
  saveDatabaseSnapshot(
    from: MemberId,
    database: AsyncIterable<Uint8Array>,
    index: number,
  ): Promise<unknown>;
  /** Another member says that this one was removed from the cluster: it has to stop. Called once. */
  selfRemoved?(): void;
}

/** Certificates; contexts are asked for at each new connection, so that reloaded ones apply. */
export interface PeerTls {
  /** For connections to others: at least `secureContext`; `rejectUnauthorized`, `servername` as needed. */
  clientOptions(): tls.ConnectionOptions;
  serverContext(): tls.SecureContext;
  /**
   * What a peer port takes at this moment, whatever the scheme of its URL: plain HTTP, TLS, or both, told apart by the
   * first byte. By default the scheme decides.
   */
  accepts?(): 'plain' | 'both' | 'tls';
  /** Where to dial for a member's URLs, best first. Default: the URLs themselves. */
  dialUrls?(urls: readonly string[]): readonly string[];
  /** Finds the address of another member's host. Default: DNS. */
  readonly lookup?: LookupFunction;
  /** Ask connecting peers for a certificate and refuse those without a valid one. Default true. */
  readonly requestClientCertificate?: boolean;
  /** Accept any address for a client certificate that names hosts or addresses (etcd: --peer-skip-client-san-verification). */
  readonly skipClientSanVerification?: boolean;
  /** Accept only certificates with one of these common names, of servers as well as of clients (--peer-cert-allowed-cn). */
  readonly allowedCommonName?: string | readonly string[];
  /** Accept only certificates that are good for one of these hosts (--peer-cert-allowed-hostname). */
  readonly allowedHostname?: string | readonly string[];
}

/** Counters under etcd's names (rafthttp/metrics.go); every call is optional. */
export interface PeerMetrics {
  sentBytes?(to: MemberId, bytes: number): void;
  receivedBytes?(from: MemberId, bytes: number): void;
  sentFailure?(to: MemberId): void;
  receivedFailure?(from: string): void;
  /** The peer became active or inactive. */
  peerActive?(remote: MemberId, active: boolean): void;
  roundTripSeconds?(to: MemberId, seconds: number): void;
  snapshotSend?(to: MemberId, outcome: SnapshotOutcome, seconds: number): void;
  snapshotReceive?(from: MemberId, outcome: SnapshotOutcome, seconds: number): void;
}
export type SnapshotOutcome = 'started' | 'success' | 'failure';

export type PeerRoute = (request: IncomingMessage, response: ServerResponse) => void;

export interface PeerTransportOptions {
  readonly memberId: MemberId;
  readonly clusterId: ClusterId;
  /** This member's advertised peer URLs, at this moment. */
  readonly urls: () => readonly string[];
  readonly tls?: PeerTls | undefined;
  readonly handlers: PeerHandlers;
  readonly logger: Logger;
  readonly clock: Clock;
  /** `major.minor.patch` of etcd that this member speaks. */
  readonly serverVersion: string;
  readonly minClusterVersion?: string;
  /** Further paths on the peer port; a path that ends in `/` stands for all below it, as in Go's ServeMux. */
  readonly routes?: Readonly<Record<string, PeerRoute>>;
  /** Paths that are also answered over links. */
  readonly links?: LinkRoutes;
  readonly metrics?: PeerMetrics;
  /** Default 2 s; etcd: 1 s and the election timeout. */
  readonly dialTimeoutMs?: number;
  /** Default 5 s, as in etcd; tests shorten it. */
  readonly linkTimeoutMs?: number;
  readonly probeIntervalMs?: number;
}

/** What a snapshot transfer needs: the raft message (MsgSnap) and the database that belongs to it. */
export interface OutgoingSnapshot {
  readonly message: Message;
  /** Closed (its iterator's `return` is called) when the transfer ends early. */
  readonly database: AsyncIterable<Uint8Array>;
  readonly sizeBytes: number;
}
