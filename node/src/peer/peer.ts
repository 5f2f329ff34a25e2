// One other member: two streams in, two streams out, the pipeline, snapshot transfers, probing (etcd: rafthttp/peer.go).
import type { Socket } from 'node:net';
import { formatId } from '../base/ids.ts';
import { type Message, MessageType } from '../wire/gen/raft.ts';
import { linkFields, type PeerLink } from './context.ts';
import type { OutgoingSnapshot } from './options.ts';
import { Pipeline } from './pipeline.ts';
import { Prober } from './prober.ts';
import { SnapshotSender } from './snapshot-sender.ts';
import type { StreamKind } from './stream-kind.ts';
import { StreamReader } from './stream-reader.ts';
import { StreamWriter } from './stream-writer.ts';

/** Whom a transport can send to: a member of the cluster, or a remote. */
export interface Recipient {
  readonly link: PeerLink;
  /** Queues a message; a lost one is reported, never thrown. `flush` must follow in the same turn. */
  send(message: Message): void;
  flush(): void;
  pause(): void;
  resume(): void;
  stop(): void;
}

export class Peer implements Recipient {
  readonly link: PeerLink;
  private readonly writers: Record<StreamKind, StreamWriter>;
  private readonly readers: readonly StreamReader[];
  private readonly pipeline: Pipeline;
  private readonly snapshots: SnapshotSender;
  private readonly prober: Prober;
  private paused = false;

  constructor(link: PeerLink, urls: readonly string[]) {
    const { logger } = link.context;
    logger.info('starting remote peer', { 'remote-peer-id': formatId(link.peerId) });
    this.link = link;
    this.writers = {
      msgAppV2: new StreamWriter(link, 'msgAppV2'),
      message: new StreamWriter(link, 'message'),
    };
    this.readers = [new StreamReader(link, 'msgAppV2'), new StreamReader(link, 'message')];
    this.pipeline = new Pipeline(link);
    this.snapshots = new SnapshotSender(link);
    this.prober = new Prober(link, urls);
    for (const reader of this.readers) reader.start();
    logger.info('started remote peer', { 'remote-peer-id': formatId(link.peerId) });
  }

  send(message: Message): void {
    if (this.paused) return;
    const writer = this.pick(message);
    const taken = writer === undefined ? this.pipeline.enqueue(message) : writer.enqueue(message);
    if (taken) return;
    reportDropped(this.link, message);
    this.link.context.reportUnreachable(this.link.peerId);
    this.link.context.reportUnsent(message);
    if (message.type === MessageType.MsgSnap) {
      this.link.context.reportSnapshot(this.link.peerId, false);
    }
  }

  flush(): void {
    this.writers.msgAppV2.flush();
    this.writers.message.flush();
  }

  sendSnapshot(snapshot: OutgoingSnapshot): Promise<void> {
    return this.snapshots.send(snapshot);
  }

  update(urls: readonly string[]): void {
    this.link.picker.update(urls);
    this.prober.update(urls);
    this.redial();
  }

  /** The URL by which the peer's streams come here; undefined while one is missing, or while they come by different ones. */
  get dialedUrl(): string | undefined {
    const [url, ...others] = this.readers.map((reader) => reader.url);
    return others.every((other) => other === url) ? url : undefined;
  }

  /** Moves the streams to where they should be dialed now. */
  redial(): void {
    for (const reader of this.readers) reader.redial();
  }

  /** Gives the peer the socket of a stream it dialed. */
  attach(kind: StreamKind, socket: Socket): void {
    this.writers[kind].attach(socket);
  }

  pause(): void {
    this.paused = true;
    for (const reader of this.readers) reader.pause();
  }

  resume(): void {
    this.paused = false;
    for (const reader of this.readers) reader.resume();
  }

  stop(): void {
    const { logger } = this.link.context;
    logger.info('stopping remote peer', { 'remote-peer-id': formatId(this.link.peerId) });
    this.prober.stop();
    this.writers.msgAppV2.stop();
    this.writers.message.stop();
    this.pipeline.stop();
    this.snapshots.stop();
    for (const reader of this.readers) reader.stop();
    this.link.status.close();
    logger.info('stopped remote peer', { 'remote-peer-id': formatId(this.link.peerId) });
  }

  /** The stream for this message, or undefined for the pipeline. A MsgSnap may be long and must not hold up a stream. */
  private pick(message: Message): StreamWriter | undefined {
    if (message.type === MessageType.MsgSnap) return undefined;
    const { msgAppV2, message: other } = this.writers;
    if (message.type === MessageType.MsgApp && msgAppV2.working) return msgAppV2;
    return other.working ? other : undefined;
  }
}

/** A member that asked before this one learned of it from the log: answers reach it by the pipeline only (rafthttp/remote.go). */
export class Remote implements Recipient {
  readonly link: PeerLink;
  private readonly pipeline: Pipeline;
  private paused = false;

  constructor(link: PeerLink) {
    this.link = link;
    this.pipeline = new Pipeline(link);
  }

  send(message: Message): void {
    if (!this.paused && !this.pipeline.enqueue(message)) reportDropped(this.link, message);
  }

  flush(): void {}

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
  }

  stop(): void {
    this.pipeline.stop();
    this.link.status.close();
  }
}

function reportDropped(link: PeerLink, message: Message): void {
  const { limiter, logger, metrics } = link.context;
  metrics.sentFailure?.(link.peerId);
  limiter.log(`dropped ${link.peerId}`, (suppressed) => {
    logger.warn('dropped internal Raft message since sending buffer is full', {
      ...linkFields(link),
      'message-type': message.type,
      'remote-peer-active': link.status.active,
      suppressed,
    });
  });
}
