// The sending half of a connection: everything that is produced in one turn of the event loop goes out in one write, DATA
// within the peer's windows and only as fast as the socket takes it.
import type { Socket } from 'node:net';
import type { Clock } from '../../base/world.ts';
import { Writer } from '../../wire/writer.ts';
import type { Hold } from '../budget.ts';
import {
  dataFrameHeader,
  dataFramesSize,
  frameInPlace,
  headerFramesSize,
  resetFrame,
  writeHeaderFrames,
} from './frames.ts';
import { Output } from './output.ts';
import { DEFAULT_WINDOW_BYTES, ErrorCode, MAX_FRAME_BYTES } from './protocol.ts';
import { SLAB_BYTES, SlabPool } from './slabs.ts';
import type { Stream } from './stream.ts';

/** DATA is framed only while less than this waits in the socket. */
const BACKLOG_BYTES = 256 * 1024;

/** A frame that nobody is in a hurry for is kept for so long at most, and then waits so long for an answer to leave with. */
const PATIENCE_MS = 25;

/** Connections with something to write, flushed together once the events of this turn are handled. */
export class FlushQueue {
  /** What all of them write from. */
  readonly slabs = new SlabPool();
  private readonly clock: Clock;
  private senders: Sender[] = [];
  private patient: Sender[] = [];
  private readonly run = (): void => {
    const senders = this.senders;
    this.senders = [];
    for (const sender of senders) sender.flush();
  };
  private readonly runPatient = (): void => {
    const { patient } = this;
    this.patient = [];
    for (const sender of patient) sender.afterPatience();
  };

  constructor(clock: Clock) {
    this.clock = clock;
  }

  add(sender: Sender): void {
    if (this.senders.push(sender) === 1) setImmediate(this.run);
  }

  /** Tells `sender` that PATIENCE_MS are over, or less: all who wait are told together. */
  addPatient(sender: Sender): void {
    if (this.patient.push(sender) === 1) this.clock.after(PATIENCE_MS, this.runPatient);
  }
}

export class Sender {
  windowBytes = DEFAULT_WINDOW_BYTES;
  /** The peer lowered the header table size: the next block must begin with a size update (RFC 7541 section 4.2). */
  owesTableUpdate = false;
  sentBytes = 0;
  private readonly socket: Socket;
  private readonly hold: Hold;
  private readonly queue: FlushQueue;
  private readonly closeStream: (stream: Stream) => void;
  private readonly sentAnswer: () => void;
  private readonly output: Output;
  private scheduled = false;
  private isPatient = false;
  /** What is not to leave yet. */
  private kept: Uint8Array | undefined = undefined;
  private heldInSocket = 0;
  private sendable: Stream[] = [];
  /** Streams whose answer is complete while the client may still be sending. */
  private lingering: Stream[] = [];
  private ended = false;

  constructor(
    socket: Socket,
    hold: Hold,
    queue: FlushQueue,
    closeStream: (stream: Stream) => void,
    sentAnswer: () => void,
  ) {
    this.socket = socket;
    this.output = new Output(socket, queue.slabs);
    this.hold = hold;
    this.queue = queue;
    this.closeStream = closeStream;
    this.sentAnswer = sentAnswer;
    socket.on('drain', () => this.schedule());
    socket.on('close', () => this.output.closed());
  }

  /** Bytes that are framed and not yet taken by the operating system. */
  get backlogBytes(): number {
    return this.output.bytes + this.socket.writableLength;
  }

  push(part: Uint8Array): void {
    if (this.ended) return;
    this.output.push(part);
    this.schedule();
  }

  /**
   * Sends `part` some milliseconds later, with whatever goes out then, or alone if nothing does: a write to a socket is dear,
   * and so is what a client does that is told at once.
   */
  pushPatiently(part: Uint8Array): void {
    if (this.ended) return;
    if (this.kept === undefined) this.kept = part;
    else {
      this.output.push(this.kept);
      this.output.push(part);
      this.kept = undefined; // more than one a while is nobody's way to measure
    }
    if (this.isPatient) return;
    this.isPatient = true;
    this.queue.addPatient(this);
  }

  afterPatience(): void {
    if (this.kept !== undefined) {
      this.output.push(this.kept);
      this.kept = undefined;
      this.queue.addPatient(this);
      return;
    }
    this.isPatient = false;
    if (!this.scheduled && this.output.bytes > 0) this.flush();
  }

  /** Sends a header block as HEADERS and, if need be, CONTINUATION. */
  pushHeaders(streamId: number, block: Uint8Array, endStream: boolean): void {
    const whole = this.withTableUpdate(block);
    const part = Buffer.allocUnsafe(headerFramesSize(whole.length));
    writeHeaderFrames(part, 0, streamId, whole, endStream);
    this.sentAnswer();
    this.push(part);
  }

  /** Whether a body of `bytes` may be framed at once by the caller, who then calls `spend`. */
  canSendNow(stream: Stream, bytes: number): boolean {
    return (
      bytes <= stream.sendWindow &&
      bytes <= this.windowBytes &&
      bytes <= MAX_FRAME_BYTES &&
      stream.queuedBytes === 0 &&
      this.sendable.length === 0 &&
      !this.owesTableUpdate &&
      this.backlogBytes < BACKLOG_BYTES
    );
  }

  spend(stream: Stream, bytes: number): void {
    stream.sendWindow -= bytes;
    this.windowBytes -= bytes;
    this.sentAnswer();
  }

  /** Where whole frames of `bytes` (SLAB_BYTES at most) are to be written; `placedFrames` says that they are there. */
  placeFrames(bytes: number): Writer {
    const { output } = this;
    const target = output.makeRoom(bytes);
    return new Writer(target, output.at);
  }

  placedFrames(bytes: number): void {
    if (this.ended) return;
    this.output.placed(bytes);
    this.schedule();
  }

  /** Whether messages of `bytes` may go out now, as DATA frames that are put together by `placeData` and `placed`. */
  canPlace(stream: Stream, bytes: number): boolean {
    return (
      bytes <= stream.sendWindow &&
      bytes <= this.windowBytes &&
      dataFramesSize(bytes) <= SLAB_BYTES &&
      stream.queuedBytes === 0 &&
      this.sendable.length === 0 &&
      !this.ended &&
      this.backlogBytes < BACKLOG_BYTES
    );
  }

  /** Where messages of `bytes` are to be written. */
  placeData(bytes: number): Writer {
    const { output } = this;
    const target = output.makeRoom(dataFramesSize(bytes));
    return new Writer(target, output.at + dataFramesSize(bytes) - bytes);
  }

  /** The messages are there. */
  placed(stream: Stream, bytes: number): void {
    const { output } = this;
    const size = dataFramesSize(bytes);
    frameInPlace(output.makeRoom(size), output.at, bytes, stream.id);
    output.placed(size);
    this.spend(stream, bytes);
    this.schedule();
  }

  /** What was queued is thrown away: its memory is given back when the socket has written what it got of it before. */
  dropped(stream: Stream): void {
    const { whenWritten } = stream;
    if (whenWritten === undefined) return;
    stream.whenWritten = undefined;
    this.output.afterWrite(whenWritten);
  }

  /** Called when the stream got something to send, or its window opened. */
  list(stream: Stream): void {
    if (stream.listed || !isSendable(stream)) return;
    stream.listed = true;
    this.sendable.push(stream);
    this.schedule();
  }

  /** Our half of the stream is complete: it goes when the client's is, or now with RST_STREAM(NO_ERROR). */
  finish(stream: Stream): void {
    stream.localClosed = true;
    if (stream.remoteClosed) {
      this.closeStream(stream);
      return;
    }
    this.lingering.push(stream);
    this.schedule();
  }

  /** The connection's window grew: streams that waited for it go on. What can wait does not leave for that. */
  resume(): void {
    if (this.sendable.length > 0) this.schedule();
  }

  schedule(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    this.queue.add(this);
  }

  flush(): void {
    this.scheduled = false;
    if (this.sendable.length > 0) this.pump();
    if (this.lingering.length > 0) this.endLingering();
    this.write();
    this.account();
  }

  /** Sends what is there and closes our side of the socket. */
  end(): void {
    if (this.ended) return;
    this.ended = true;
    this.sendable = [];
    this.write();
    this.socket.end();
  }

  private write(): void {
    const { bytes } = this.output;
    if (bytes === 0 || this.socket.destroyed) return;
    this.sentBytes += bytes;
    this.output.write();
  }

  private account(): void {
    const now = this.socket.writableLength;
    if (now > this.heldInSocket) this.hold.add(now - this.heldInSocket);
    else if (now < this.heldInSocket) this.hold.release(this.heldInSocket - now);
    this.heldInSocket = now;
  }

  /** Frames queued bodies, a frame a stream in turn, while windows and socket allow. */
  private pump(): void {
    while (this.sendable.length > 0 && this.backlogBytes < BACKLOG_BYTES) {
      const round = this.sendable;
      this.sendable = [];
      let progress = false;
      for (const stream of round) {
        stream.listed = false;
        if (stream.localClosed) continue;
        const waits =
          this.backlogBytes >= BACKLOG_BYTES || (stream.queuedBytes > 0 && this.windowBytes <= 0);
        if (!waits) {
          this.sendFrame(stream);
          progress = true;
        }
        if (isSendable(stream) && !stream.listed) {
          stream.listed = true;
          this.sendable.push(stream);
        }
      }
      if (!progress) return;
    }
  }

  private sendFrame(stream: Stream): void {
    let room = Math.min(stream.queuedBytes, stream.sendWindow, this.windowBytes, MAX_FRAME_BYTES);
    if (room > 0) {
      this.spend(stream, room);
      const last = room === stream.queuedBytes;
      const bareEnd = last && stream.ending !== undefined && stream.ending.length === 0;
      this.push(dataFrameHeader(stream.id, room, bareEnd));
      this.hold.release(room);
      stream.queuedBytes -= room;
      while (room > 0) room -= this.takePart(stream, room);
      if (last && stream.whenWritten !== undefined) {
        this.output.afterWrite(stream.whenWritten);
        stream.whenWritten = undefined;
      }
      if (bareEnd) {
        this.finish(stream);
        return;
      }
    }
    if (stream.queuedBytes === 0 && stream.ending !== undefined) {
      if (stream.ending.length > 0) this.pushHeaders(stream.id, stream.ending, true);
      else this.push(dataFrameHeader(stream.id, 0, true));
      this.finish(stream);
      return;
    }
    stream.sink?.flushed();
  }

  /** Moves at most `room` bytes of the stream's first part to the output; returns how many. */
  private takePart(stream: Stream, room: number): number {
    const part = stream.queue[0] as Uint8Array; // queuedBytes was positive
    const left = part.length - stream.firstOffset;
    if (left <= room) {
      this.push(stream.firstOffset === 0 ? part : part.subarray(stream.firstOffset));
      stream.queue.shift();
      stream.firstOffset = 0;
      return left;
    }
    this.push(part.subarray(stream.firstOffset, stream.firstOffset + room));
    stream.firstOffset += room;
    return room;
  }

  private endLingering(): void {
    const streams = this.lingering;
    this.lingering = [];
    for (const stream of streams) {
      if (!stream.remoteClosed) this.push(resetFrame(stream.id, ErrorCode.NoError));
      this.closeStream(stream);
    }
  }

  private withTableUpdate(block: Uint8Array): Uint8Array {
    if (!this.owesTableUpdate) return block;
    this.owesTableUpdate = false;
    return Buffer.concat([Uint8Array.of(0x20), block]);
  }
}

function isSendable(stream: Stream): boolean {
  if (stream.localClosed) return false;
  if (stream.queuedBytes > 0) return stream.sendWindow > 0;
  return stream.ending !== undefined;
}
