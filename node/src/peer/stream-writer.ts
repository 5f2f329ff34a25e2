// The sending end of one stream: a bounded queue in front of the connection that the peer dialed
// (etcd: streamWriter in rafthttp/stream.go). Everything queued in one turn leaves in one write.
import type { Socket } from 'node:net';
import type { Timer } from '../base/world.ts';
import type { Message } from '../wire/gen/raft.ts';
import { Writer } from '../wire/index.ts';
import { assert } from '../base/assert.ts';
import { formatId } from '../base/ids.ts';
import { linkFields, type PeerLink } from './context.ts';
import { MessageEncoder, type StreamEncoder } from './codec/message.ts';
import { MsgAppV2Encoder } from './codec/msg-app-v2.ts';
import { BATCH_BYTES, SOCKET_HIGH_WATER_BYTES, STREAM_QUEUE_LENGTH } from './limits.ts';
import { STREAM_NAMES, type StreamKind } from './stream-kind.ts';

/** Eight hex digits, and the line ends around a chunk's data. */
const CHUNK_HEAD_BYTES = 10;
const CHUNK_TAIL_BYTES = 2;
const LAST_CHUNK = '0\r\n\r\n';
const CR = 13;
const LF = 10;

export class StreamWriter {
  private readonly link: PeerLink;
  private readonly kind: StreamKind;
  private queue: Message[] = [];
  private socket: Socket | undefined;
  private encoder: StreamEncoder = new MessageEncoder();
  private timer: Timer | undefined;
  private writesInFlight = 0;
  private lastProgressMs = 0;
  /** One function a connection, not one a write. */
  private onWritten: () => void = () => {};
  private stopped = false;

  constructor(link: PeerLink, kind: StreamKind) {
    this.link = link;
    this.kind = kind;
  }

  /** True while a connection is attached: messages may be queued. */
  get working(): boolean {
    return this.socket !== undefined;
  }

  /**
   * Takes over the socket of an answered GET: its head is sent, its body is ours. An older one is closed once all that
   * was written to it is out; what is queued goes to the new one.
   */
  attach(socket: Socket): void {
    if (this.stopped) {
      socket.destroy();
      return;
    }
    const { context, status } = this.link;
    if (this.retire()) {
      context.logger.warn('closed TCP streaming connection with remote peer', this.fields());
    }
    this.encoder = this.kind === 'message' ? new MessageEncoder() : new MsgAppV2Encoder();
    this.socket = socket;
    this.writesInFlight = 0;
    this.onWritten = () => this.onProgress(socket);
    socket.on('error', (error) => this.onLost(socket, error.message));
    socket.once('close', () => this.onLost(socket, 'connection closed by the peer'));
    socket.on('drain', () => this.flush());
    status.activate();
    context.logger.info('set message encoder', {
      from: formatId(context.identity.memberId),
      to: formatId(this.link.peerId),
      'stream-type': STREAM_NAMES[this.kind],
    });
    context.logger.info('established TCP streaming connection with remote peer', this.fields());
    this.beat();
    this.flush();
  }

  /** Queues a message; false when the queue is full. The caller sees to it that `flush` follows. */
  enqueue(message: Message): boolean {
    assert(this.socket !== undefined, 'messages are queued on a working stream only');
    if (this.queue.length >= STREAM_QUEUE_LENGTH) return false;
    this.queue.push(message);
    return true;
  }

  /** Writes what is queued, as far as the socket takes it; the rest follows when it drained. */
  flush(): void {
    let sent = 0;
    while (sent < this.queue.length && this.socket !== undefined) {
      if (this.socket.writableLength > SOCKET_HIGH_WATER_BYTES) break;
      sent = this.writeBatch(this.socket, sent);
    }
    if (sent >= this.queue.length) this.queue.length = 0;
    else if (sent > 0) this.queue.splice(0, sent);
  }

  stop(): void {
    this.stopped = true;
    if (this.detach(true)) {
      this.link.context.logger.warn(
        'closed TCP streaming connection with remote peer',
        this.fields(),
      );
    }
  }

  /** Writes queue[from, result) as one chunk of the response's body. */
  private writeBatch(socket: Socket, from: number): number {
    let size = 0;
    let to = from;
    while (to < this.queue.length && size < BATCH_BYTES) {
      size += this.encoder.measure(this.queue[to++]!); // `to` is below the length
    }
    const buffer = Buffer.allocUnsafe(CHUNK_HEAD_BYTES + size + CHUNK_TAIL_BYTES);
    writeChunkHead(buffer, size);
    const writer = new Writer(buffer, CHUNK_HEAD_BYTES);
    for (let i = from; i < to; i++) this.encoder.write(this.queue[i]!, writer);
    assert(writer.position === CHUNK_HEAD_BYTES + size, 'a message is written as it was measured');
    this.write(socket, buffer, size);
    return to;
  }

  private write(socket: Socket, buffer: Buffer, payloadBytes: number): void {
    const size = buffer.length - CHUNK_TAIL_BYTES;
    buffer[size] = CR;
    buffer[size + 1] = LF;
    if (this.writesInFlight++ === 0) this.lastProgressMs = this.link.context.clock.monotonicMs();
    socket.write(buffer, this.onWritten);
    this.link.context.metrics.sentBytes?.(this.link.peerId, payloadBytes);
  }

  private onProgress(socket: Socket): void {
    if (this.socket !== socket) return;
    this.writesInFlight--;
    if (this.writesInFlight > 0) this.lastProgressMs = this.link.context.clock.monotonicMs();
  }

  /** Sends a link heartbeat now and then, and gives up a connection whose writes are stuck. */
  private beat(): void {
    const { clock, linkTimeoutMs } = this.link.context;
    this.timer = clock.after(linkTimeoutMs / 3, () => {
      const socket = this.socket;
      if (socket === undefined) return;
      const stuckMs = this.writesInFlight > 0 ? clock.monotonicMs() - this.lastProgressMs : 0;
      if (stuckMs >= linkTimeoutMs) {
        this.onLost(socket, 'write: i/o timeout');
        return;
      }
      if (this.writesInFlight === 0) this.writeHeartbeat(socket);
      this.beat();
    });
  }

  private writeHeartbeat(socket: Socket): void {
    const { heartbeat } = this.encoder;
    const buffer = Buffer.allocUnsafe(CHUNK_HEAD_BYTES + heartbeat.length + CHUNK_TAIL_BYTES);
    writeChunkHead(buffer, heartbeat.length);
    buffer.set(heartbeat, CHUNK_HEAD_BYTES);
    this.write(socket, buffer, heartbeat.length);
  }

  private onLost(socket: Socket, reason: string): void {
    if (this.socket !== socket) return;
    const { context, status, peerId } = this.link;
    this.detach(false);
    status.deactivate(STREAM_NAMES[this.kind], 'write', reason);
    context.metrics.sentFailure?.(peerId);
    context.logger.warn(
      'lost TCP streaming connection with remote peer',
      this.fields({ error: reason }),
    );
  }

  /** Ends the connection that another one replaces. False when there was none. */
  private retire(): boolean {
    const { socket } = this;
    if (socket === undefined) return false;
    this.socket = undefined;
    this.timer?.cancel();
    socket.end(LAST_CHUNK);
    socket.destroySoon();
    const { clock, linkTimeoutMs } = this.link.context;
    const limit = clock.after(linkTimeoutMs, () => socket.destroy());
    socket.once('close', () => limit.cancel());
    return true;
  }

  /** Lets go of the connection, in order or not; what was queued is lost. False when there was none. */
  private detach(inOrder: boolean): boolean {
    const socket = this.socket;
    if (socket === undefined) return false;
    this.socket = undefined;
    this.timer?.cancel();
    if (inOrder && this.writesInFlight === 0) {
      socket.end(LAST_CHUNK);
      socket.destroySoon();
    } else socket.destroy();
    if (this.queue.length > 0) this.link.context.reportUnreachable(this.link.peerId);
    for (const message of this.queue) this.link.context.reportUnsent(message);
    this.queue = [];
    return true;
  }

  private fields(more?: Record<string, unknown>): Record<string, unknown> {
    return linkFields(this.link, { 'stream-writer-type': STREAM_NAMES[this.kind], ...more });
  }
}

/** `size` as eight hex digits and a line end. */
function writeChunkHead(buffer: Buffer, size: number): void {
  for (let i = 0; i < 8; i++) {
    const digit = (size >>> (28 - 4 * i)) & 15;
    buffer[i] = digit < 10 ? 48 + digit : 87 + digit;
  }
  buffer[8] = CR;
  buffer[9] = LF;
}
