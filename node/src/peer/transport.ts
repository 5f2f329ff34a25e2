// The way from a member to the others and back: etcd's rafthttp.Transport (rafthttp/transport.go).
import { assert } from '../base/assert.ts';
import { formatId, type MemberId } from '../base/ids.ts';
import type { Message } from '../wire/gen/raft.ts';
import type { PeerLink, TransportContext } from './context.ts';
import { createPeerAgent } from './http-client.ts';
import {
  DIAL_TIMEOUT_MS,
  LINK_TIMEOUT_MS,
  MIN_CLUSTER_VERSION,
  PROBE_INTERVAL_MS,
} from './limits.ts';
import type { LinkRoutes } from './link-server.ts';
import { PeerListener } from './listener.ts';
import { LogLimiter } from './log-limiter.ts';
import type { OutgoingSnapshot, PeerRoute, PeerTransportOptions } from './options.ts';
import { Peer, type Recipient, Remote } from './peer.ts';
import { PeerStatus } from './peer-status.ts';
import { Reports } from './reports.ts';
import { Routes } from './routes.ts';
import { UrlPicker } from './url-picker.ts';

/** Senders that are not members yet are kept up to this number. */
const MAX_REMOTES = 64;

export class PeerTransport {
  /** Serves one request of the peer port: for a server that has a port of its own. */
  readonly handler: PeerRoute;
  private readonly context: TransportContext;
  private readonly links: LinkRoutes;
  private readonly peers = new Map<MemberId, Peer>();
  private readonly remotes = new Map<MemberId, Remote>();
  private unflushed: Recipient[] = [];
  private readonly reports: Reports;
  private readonly listeners: PeerListener[] = [];
  private stopped = false;

  constructor(options: PeerTransportOptions) {
    this.reports = new Reports(options.handlers);
    this.context = buildContext(options, this.reports);
    const directory = {
      peer: (id: MemberId) => this.peers.get(id),
      addRemote: (id: MemberId, urls: readonly string[]) => this.addRemote(id, urls),
    };
    this.links = options.links ?? {};
    this.handler = new Routes(this.context, directory, options.routes ?? {}).serve;
  }

  /** Serves the peer port on each of these URLs; port 0 picks one. Returns the URLs with their real ports. */
  async listen(urls: readonly string[]): Promise<string[]> {
    const bound: string[] = [];
    for (const url of urls) {
      const listener = await PeerListener.open(url, this.handler, this.context, this.links);
      this.listeners.push(listener);
      bound.push(listener.url);
    }
    return bound;
  }

  /**
   * Sends without waiting and without a promise that anything arrives. All that is sent in one turn of the event
   * loop leaves in one write a stream. The messages must not change afterwards.
   */
  send(messages: readonly Message[]): void {
    for (const message of messages) {
      const to = message.to;
      const recipient = this.peers.get(to) ?? this.remotes.get(to);
      if (recipient === undefined) {
        if (to !== 0n) this.logUnknown(message);
        continue;
      }
      recipient.send(message);
      if (this.unflushed.length === 0) process.nextTick(this.flush);
      if (!this.unflushed.includes(recipient)) this.unflushed.push(recipient);
    }
  }

  /** What was sent in this turn leaves now. */
  readonly flush = (): void => {
    const { unflushed } = this;
    this.unflushed = [];
    for (const recipient of unflushed) recipient.flush();
  };

  /** Sends a MsgSnap with its database; the outcome goes to `handlers.reportSnapshot`. Resolves when it is over. */
  async sendSnapshot(snapshot: OutgoingSnapshot): Promise<void> {
    const peer = this.peers.get(snapshot.message.to);
    if (peer !== undefined) {
      await peer.sendSnapshot(snapshot);
      return;
    }
    this.context.reportSnapshot(snapshot.message.to, false);
    await snapshot.database[Symbol.asyncIterator]().return?.();
  }

  /** A sender that is not in the log yet; ignored when it is known. */
  addRemote(id: MemberId, urls: readonly string[]): void {
    if (this.stopped || id === this.context.identity.memberId) return;
    if (this.peers.has(id) || this.remotes.has(id) || this.remotes.size >= MAX_REMOTES) return;
    this.remotes.set(id, new Remote(this.newLink(id, urls)));
    this.logChange('added new remote peer', id, urls);
  }

  addPeer(id: MemberId, urls: readonly string[]): void {
    assert(!this.stopped, 'transport stopped');
    if (this.peers.has(id)) return;
    this.remotes.get(id)?.stop();
    this.remotes.delete(id);
    this.peers.set(id, new Peer(this.newLink(id, urls), urls));
    this.logChange('added remote peer', id, urls);
  }

  removePeer(id: MemberId): void {
    const peer = this.peers.get(id);
    this.peers.delete(id);
    peer?.stop();
    if (peer !== undefined) this.logChange('removed remote peer', id, []);
    else {
      this.context.logger.warn('skipped removing already removed peer', {
        'local-member-id': formatId(this.context.identity.memberId),
        'removed-remote-peer-id': formatId(id),
      });
    }
  }

  removeAllPeers(): void {
    for (const id of [...this.peers.keys()]) this.removePeer(id);
  }

  updatePeer(id: MemberId, urls: readonly string[]): void {
    const peer = this.peers.get(id);
    if (peer === undefined) return;
    peer.update(urls);
    this.logChange('updated remote peer', id, urls);
  }

  /**
   * To be called when `tls` accepts or dials otherwise than before: streams move to where they should be dialed now, and
   * connections that would not be accepted any more are cut after `graceMs`.
   */
  reconsider(graceMs: number): void {
    for (const peer of this.peers.values()) peer.redial();
    for (const listener of this.listeners) listener.reconsider(graceMs, this.context.clock);
  }

  /** Milliseconds since the Unix epoch since which the member can be reached; 0 when it cannot, or is none. */
  activeSince(id: MemberId): number {
    return this.peers.get(id)?.link.status.activeSinceMs ?? 0;
  }

  /** By which URL the streams of each peer come here now; undefined where they are not up. */
  dialedUrls(): Map<MemberId, string | undefined> {
    return new Map([...this.peers].map(([id, peer]) => [id, peer.dialedUrl]));
  }

  activePeers(): number {
    let count = 0;
    for (const peer of this.peers.values()) if (peer.link.status.active) count++;
    return count;
  }

  /** Drops all messages from and to all members, or to one, until `resume`: for tests. */
  pause(id?: MemberId): void {
    for (const recipient of this.recipients(id)) recipient.pause();
  }

  resume(id?: MemberId): void {
    for (const recipient of this.recipients(id)) recipient.resume();
  }

  /** Ends all connections; requests being served get `graceMs`. */
  async stop(graceMs = 1_000): Promise<void> {
    this.stopped = true;
    this.flush();
    for (const recipient of this.recipients()) recipient.stop();
    this.peers.clear();
    this.remotes.clear();
    this.context.agent.close();
    await Promise.all(
      this.listeners.map((listener) => listener.close(graceMs, this.context.clock)),
    );
  }

  private recipients(id?: MemberId): Recipient[] {
    const all = [...this.peers.values(), ...this.remotes.values()];
    return id === undefined ? all : all.filter((recipient) => recipient.link.peerId === id);
  }

  private newLink(peerId: MemberId, urls: readonly string[]): PeerLink {
    return {
      context: this.context,
      peerId,
      picker: new UrlPicker(urls, this.context.dialUrls),
      status: new PeerStatus(peerId, this.context),
    };
  }

  private logUnknown(message: Message): void {
    this.context.logger.debug('ignored message send request; unknown remote peer target', {
      type: message.type,
      'unknown-target-peer-id': formatId(message.to),
    });
  }

  private logChange(text: string, id: MemberId, urls: readonly string[]): void {
    this.context.logger.info(text, {
      'local-member-id': formatId(this.context.identity.memberId),
      'remote-peer-id': formatId(id),
      'remote-peer-urls': urls,
    });
  }
}

function buildContext(options: PeerTransportOptions, reports: Reports): TransportContext {
  const { clock, logger, handlers, tls, memberId } = options;
  const dialTimeoutMs = options.dialTimeoutMs ?? DIAL_TIMEOUT_MS;
  const limiter = new LogLimiter(clock);
  return {
    identity: {
      memberId,
      clusterId: options.clusterId,
      get urls() {
        return options.urls();
      },
      serverVersion: options.serverVersion,
      minClusterVersion: options.minClusterVersion ?? MIN_CLUSTER_VERSION,
    },
    handlers,
    logger,
    limiter,
    clock,
    tls,
    dialUrls: (urls) => tls?.dialUrls?.(urls) ?? urls,
    metrics: options.metrics ?? {},
    agent: createPeerAgent(tls, dialTimeoutMs),
    dialTimeoutMs,
    linkTimeoutMs: options.linkTimeoutMs ?? LINK_TIMEOUT_MS,
    probeIntervalMs: options.probeIntervalMs ?? PROBE_INTERVAL_MS,
    reportUnreachable: (id) => reports.unreachable(id),
    reportSnapshot: (id, ok) => reports.snapshot(id, ok),
    reportUnsent: (message) => reports.unsent(message),
    reportSelfRemoved: () => reports.selfRemoved(logger),
    admit(messages) {
      const admitted = (message: Message): boolean =>
        message.to === memberId && !handlers.isIdRemoved(message.from);
      if (messages.every(admitted)) return messages;
      limiter.log('rejected message', () => {
        logger.warn('rejected Raft message from removed member or to mismatch member', {
          'local-member-id': formatId(memberId),
        });
      });
      return messages.filter(admitted);
    },
  };
}
