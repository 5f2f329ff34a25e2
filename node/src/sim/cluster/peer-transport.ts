// The way of one member's raft messages over the simulated network, in place of the peer room: encoded on one side,
// decoded on the other, with what the real transport tells raft about peers that can't be reached.
import { assert, concatBytes, type MemberId } from '../../base/index.ts';
import type { MemberTransport, Member } from '../../server/index.ts';
import { decode, encode } from '../../wire/index.ts';
import { Message, MessageType } from '../../wire/gen/raft.ts';
import type { ProcessClock } from '../world/clock.ts';
import type { Network } from '../world/network.ts';
import type { Directory, Endpoint } from './directory.ts';

/** How often the state of the connections is looked at. */
const LOOK_MS = 100;
const SNAPSHOT_CHUNK_TIMEOUT_MS = 5_000;

type OutgoingSnapshot = Parameters<MemberTransport['sendSnapshot']>[0];

export interface TransportParts {
  readonly host: string;
  readonly clusterId: bigint;
  readonly clock: ProcessClock;
  readonly network: Network;
  readonly directory: Directory;
  readonly member: Member;
  /** A connection counts as lost after so long without a sign of life. */
  readonly linkTimeoutMs: number;
  saveDatabase(index: number, database: AsyncIterable<Uint8Array>): Promise<unknown>;
  /** Called with each message that leaves. */
  sent(message: Message): void;
  selfRemoved(): void;
  /** True while transfers of snapshots are to break off. */
  interruptsSnapshots(): boolean;
}

interface Peer {
  readonly id: MemberId;
  host: string | undefined;
  activeSinceMs: number;
  lastHeardMs: number;
}

export class SimTransport implements MemberTransport {
  private readonly parts: TransportParts;
  private readonly peers = new Map<MemberId, Peer>();
  private readonly remotes = new Map<MemberId, Peer>();
  private readonly unreachable = new Set<MemberId>();
  private saidRemoved = false;

  constructor(parts: TransportParts) {
    this.parts = parts;
    this.look();
  }

  flush(): void {
    // Each message is on its way at once.
  }

  send(messages: readonly Message[]): void {
    for (const message of messages) {
      const peer = this.peers.get(message.to) ?? this.remotes.get(message.to);
      if (peer === undefined) continue;
      this.parts.sent(message);
      if (peer.activeSinceMs === 0) {
        this.reportUnreachable(peer.id);
        if (message.type === MessageType.MsgProp && this.peers.has(peer.id))
          this.parts.clock.soon(() => this.parts.member.proposalUnsent(message));
        if (message.type !== MessageType.MsgProp) this.post(peer, message);
        continue;
      }
      this.post(peer, message);
    }
  }

  addRemote(id: MemberId, urls: readonly string[]): void {
    if (id === this.parts.member.localId || this.peers.has(id) || this.remotes.has(id)) return;
    this.remotes.set(id, this.newPeer(id, urls));
  }

  addPeer(id: MemberId, urls: readonly string[]): void {
    if (this.peers.has(id)) return;
    const known = this.remotes.get(id);
    this.remotes.delete(id);
    this.peers.set(id, known ?? this.newPeer(id, urls));
  }

  updatePeer(id: MemberId, urls: readonly string[]): void {
    const peer = this.peers.get(id);
    if (peer !== undefined) peer.host = this.parts.directory.hostOf(urls);
  }

  removePeer(id: MemberId): void {
    this.peers.delete(id);
  }

  removeAllPeers(): void {
    this.peers.clear();
  }

  activeSince(id: MemberId): number {
    return this.peers.get(id)?.activeSinceMs ?? 0;
  }

  async sendSnapshot({ message, database }: OutgoingSnapshot): Promise<void> {
    const { member } = this.parts;
    const peer = this.peers.get(message.to);
    let isSaved = false;
    try {
      if (peer !== undefined) {
        this.parts.sent(message);
        isSaved = await this.transfer(peer, message, database);
      }
    } catch {
      // The receiver went away, or did not take it.
    } finally {
      await database[Symbol.asyncIterator]().return?.();
    }
    member.reportSnapshot(message.to, isSaved);
  }

  /** Bytes of one raft message, as they arrive. */
  receive(fromHost: string, clusterId: bigint, bytes: Uint8Array, urls: readonly string[]): void {
    const { member } = this.parts;
    if (clusterId !== this.parts.clusterId) return;
    const message = decode(Message, bytes);
    if (!this.admits(fromHost, message, urls)) return;
    member.receive([message]);
  }

  /** A snapshot with all of its database. Resolves when it is saved and raft has it. */
  async receiveSnapshot(
    fromHost: string,
    clusterId: bigint,
    bytes: Uint8Array,
    database: readonly Uint8Array[],
  ): Promise<boolean> {
    if (clusterId !== this.parts.clusterId) return false;
    const message = decode(Message, bytes);
    const index = message.snapshot?.metadata?.index;
    if (index === undefined || !this.admits(fromHost, message, [])) return false;
    await this.parts.saveDatabase(index, streamOf(database));
    this.parts.member.receive([message]);
    return true;
  }

  /** Another member says that this one is not part of the cluster any more. */
  hearRemoved(): void {
    if (this.saidRemoved) return;
    this.saidRemoved = true;
    this.parts.selfRemoved();
  }

  private admits(fromHost: string, message: Message, urls: readonly string[]): boolean {
    const { member, network, host, directory } = this.parts;
    if (message.to !== member.localId) return false;
    if (member.membership.isRemoved(message.from)) {
      const sender = directory.endpoint(fromHost);
      if (sender !== undefined)
        network.sendReliably(host, fromHost, () =>
          sender.clock.enter(() => sender.transport?.hearRemoved()),
        );
      return false;
    }
    if (!this.peers.has(message.from) && urls.length > 0) this.addRemote(message.from, urls);
    const peer = this.peers.get(message.from) ?? this.remotes.get(message.from);
    if (peer !== undefined) this.heard(peer);
    return true;
  }

  private post(peer: Peer, message: Message): void {
    const { network, host, directory, clusterId, member } = this.parts;
    const to = peer.host;
    if (to === undefined) return;
    const urls = member.config.advertisePeerUrls;
    const bytes = encode(Message, message);
    const deliver = (): void => {
      const receiver = directory.endpoint(to);
      if (receiver === undefined) return;
      receiver.clock.enter(() => receiver.transport?.receive(host, clusterId, bytes, urls));
    };
    // Raft bears a proposal that is lost, but writes one down as often as it comes: the streams of etcd send it once.
    network.send(host, to, deliver, message.type === MessageType.MsgProp);
  }

  private async transfer(
    peer: Peer,
    message: Message,
    database: AsyncIterable<Uint8Array>,
  ): Promise<boolean> {
    const { host, directory, clusterId } = this.parts;
    const to = peer.host;
    if (to === undefined) return false;
    const receiver = directory.endpoint(to);
    const pieces: Uint8Array[] = [];
    for await (const piece of database) {
      pieces.push(concatBytes([piece]));
      if (this.parts.interruptsSnapshots()) return false;
      await this.roundTrip(to, receiver, () => true);
    }
    return this.roundTrip(to, receiver, (transport) =>
      transport.receiveSnapshot(host, clusterId, encode(Message, message), pieces),
    );
  }

  /** Rejects when there is no answer in time, or nobody to answer. */
  private roundTrip(
    to: string,
    receiver: Endpoint | undefined,
    work: (transport: SimTransport) => Promise<boolean> | boolean,
  ): Promise<boolean> {
    const { network, clock, host } = this.parts;
    return new Promise((resolve, reject) => {
      const timer = clock.after(SNAPSHOT_CHUNK_TIMEOUT_MS, () => reject(new Error('timed out')));
      network.sendReliably(host, to, () => {
        if (receiver?.transport === undefined || receiver.clock.hasEnded) return;
        const { transport } = receiver;
        receiver.clock.enter(() => {
          void Promise.resolve(work(transport)).then(
            (isSaved) => {
              network.sendReliably(to, host, () =>
                clock.enter(() => {
                  timer.cancel();
                  resolve(isSaved);
                }),
              );
            },
            () => {},
          );
        });
      });
    });
  }

  private reportUnreachable(id: MemberId): void {
    if (this.unreachable.has(id)) return;
    this.unreachable.add(id);
    this.parts.clock.soon(() => {
      this.unreachable.delete(id);
      this.parts.member.reportUnreachable(id);
    });
  }

  private newPeer(id: MemberId, urls: readonly string[]): Peer {
    return { id, host: this.parts.directory.hostOf(urls), activeSinceMs: 0, lastHeardMs: 0 };
  }

  private heard(peer: Peer): void {
    peer.lastHeardMs = this.parts.clock.monotonicMs();
    if (peer.activeSinceMs === 0) peer.activeSinceMs = this.parts.clock.wallMs();
  }

  /** What the streams' own heartbeats and resets tell: who is there, and who is not any more. */
  private look(): void {
    const { clock, directory, network, host, linkTimeoutMs } = this.parts;
    for (const peer of this.peers.values()) {
      if (peer.host === undefined) continue;
      const isCut = network.isCut(host, peer.host) || network.isCut(peer.host, host);
      if (!isCut) {
        const there = directory.endpoint(peer.host);
        if (there?.transport === undefined) peer.activeSinceMs = 0;
        else if (!there.clock.isPaused) this.heard(peer);
      }
      const isSilent = clock.monotonicMs() - peer.lastHeardMs > linkTimeoutMs;
      if (isSilent) peer.activeSinceMs = 0;
    }
    clock.after(LOOK_MS, () => this.look());
  }
}

async function* streamOf(pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  assert(pieces.length > 0, 'a database has pages');
  yield* pieces;
}
