// What joins two threads: a ring each way, a port that carries what is too big for it, and a port that wakes whoever sleeps.
import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { present } from '../base/assert.ts';
import { BULK, TYPE_MASK } from './records.ts';
import { RingReader, RingWriter, type RecordHandler } from './ring.ts';

/** From here on a payload is handed over as memory of its own, without a copy. */
const BULK_BYTES = 64 * 1024;
/** Looks at an empty ring, one a turn of the event loop, before this side sleeps and has to be woken. */
const IDLE_LOOKS = 1;
/** No more than this of big payloads is on its way at a time. */
const BULK_LIMIT_BYTES = 8 * 1024 * 1024;
/** Batches read in one turn. */
const BATCHES_A_TURN = 4;

/** One side's ends, as they are handed to a thread. */
export interface ChannelEnds {
  readonly outgoing: SharedArrayBuffer;
  readonly incoming: SharedArrayBuffer;
  readonly wake: MessagePort;
  readonly bulk: MessagePort;
}

/** A record that found no room. */
interface Waiting {
  readonly type: number;
  readonly callId: number;
  readonly payload: Uint8Array;
}

export class Channel {
  /** Where the payload of the record that `begin` made is to be written, from `at` on. */
  bytes: Uint8Array;
  at = 0;
  private readonly writer: RingWriter;
  private readonly reader: RingReader;
  private readonly wake: MessagePort;
  private readonly bulk: MessagePort;
  private readonly handle: RecordHandler;
  private type = 0;
  private callId = 0;
  private payloadBytes = 0;
  private readonly waiting: Waiting[] = [];
  private waitingBytes = 0;
  /** Sizes of the big payloads that the other side has not taken, and their sum. */
  private readonly bulkSizes: number[] = [];
  private bulkBytes = 0;
  private bulkTaken = 0;
  private flushScheduled = false;
  private lookScheduled = false;
  private idleLooks = 0;
  private closed = false;

  /** `receive` is called for each record that the other side sent, in order. Payloads stay whole as long as they are held. */
  constructor(ends: ChannelEnds, receive: RecordHandler) {
    this.writer = new RingWriter(ends.outgoing);
    this.reader = new RingReader(ends.incoming);
    this.bytes = this.writer.bytes;
    this.wake = ends.wake;
    this.bulk = ends.bulk;
    this.handle = (type, callId, payload) =>
      receive(type & TYPE_MASK, callId, (type & BULK) === 0 ? payload : this.receiveBulk());
    this.wake.on('message', () => {
      if (!this.lookScheduled) this.look();
    });
    this.lookSoon();
  }

  /** Payloads that were sent and that the other side has not room for yet. */
  get backlogBytes(): number {
    if (this.bulkSizes.length > 0) this.countBulk();
    return this.waitingBytes + this.bulkBytes;
  }

  /** Begins a record; its payload goes to `bytes` at `at`, and then `commit` sends it. */
  begin(type: number, callId: number, payloadBytes: number): void {
    this.type = type;
    this.callId = callId;
    this.payloadBytes = payloadBytes;
    if (payloadBytes < BULK_BYTES && this.waiting.length === 0) {
      const at = this.writer.place(type, callId, payloadBytes);
      if (at >= 0) {
        this.bytes = this.writer.bytes;
        this.at = at;
        return;
      }
    }
    // Memory of its own, which can be handed over; it is written from end to end.
    this.bytes = new Uint8Array(Buffer.allocUnsafeSlow(payloadBytes).buffer);
    this.at = 0;
  }

  commit(): void {
    if (this.closed) return;
    if (this.bytes === this.writer.bytes) this.writer.publish();
    else if (this.payloadBytes < BULK_BYTES) this.enqueue(this.type, this.bytes);
    else this.enqueue(this.type | BULK, this.bytes);
    this.flushSoon();
  }

  /** Sends a record whose payload exists already. */
  send(type: number, callId: number, payload: Uint8Array): void {
    this.begin(type, callId, payload.length);
    this.bytes.set(payload, this.at);
    this.commit();
  }

  sendNothing(type: number, callId: number): void {
    this.begin(type, callId, 0);
    this.commit();
  }

  /** Sends a record with one number. */
  sendNumber(type: number, callId: number, value: number): void {
    this.begin(type, callId, 4);
    Buffer.prototype.writeUInt32LE.call(this.bytes, value, this.at);
    this.commit();
  }

  close(): void {
    this.closed = true;
    this.wake.close();
    this.bulk.close();
  }

  private enqueue(type: number, payload: Uint8Array): void {
    this.waiting.push({ type, callId: this.callId, payload });
    this.waitingBytes += payload.length;
    this.sendWaiting();
  }

  /** Sends what waits as far as there is room; the other side tells when there is more. */
  private sendWaiting(): void {
    if (this.sendSome()) return;
    this.writer.waitForReader();
    // It may have made room just before it was asked.
    this.sendSome();
  }

  /** Returns whether nothing is left. */
  private sendSome(): boolean {
    const { waiting, writer, bulk } = this;
    this.countBulk();
    let sent = 0;
    for (const { type, callId, payload } of waiting) {
      const isBulk = (type & BULK) !== 0;
      if (isBulk && this.bulkBytes > BULK_LIMIT_BYTES) break;
      const at = writer.place(type, callId, isBulk ? 0 : payload.length);
      if (at < 0) break;
      this.waitingBytes -= payload.length;
      if (isBulk) {
        this.bulkSizes.push(payload.length);
        this.bulkBytes += payload.length;
        // The memory is there before the record that stands for it.
        bulk.postMessage(payload, [payload.buffer as ArrayBuffer]); // `begin` made it
      } else {
        writer.bytes.set(payload, at);
      }
      writer.publish();
      sent++;
    }
    waiting.splice(0, sent);
    if (sent > 0) this.flushSoon();
    return waiting.length === 0;
  }

  /** Forgets the big payloads that the other side has taken. */
  private countBulk(): void {
    for (const { taken } = this.writer; this.bulkTaken !== taken;) {
      this.bulkTaken = (this.bulkTaken + 1) | 0;
      this.bulkBytes -= present(this.bulkSizes.shift(), 'what was taken was sent');
    }
  }

  private receiveBulk(): Uint8Array {
    const received = receiveMessageOnPort(this.bulk) as { message: Uint8Array } | undefined;
    this.reader.countTaken();
    return present(received, 'a big payload comes before its record').message;
  }

  private flushSoon(): void {
    if (this.flushScheduled) return;
    this.flushScheduled = true;
    setImmediate(this.flush);
  }

  private readonly flush = (): void => {
    this.flushScheduled = false;
    if (this.closed) return;
    if (this.writer.wakesReader()) this.wake.postMessage(null);
    // This side is awake anyway.
    if (!this.lookScheduled && !this.reader.isEmpty) this.look();
  };

  private readonly look = (): void => {
    this.lookScheduled = false;
    if (this.closed) return;
    this.reader.wakeUp();
    let found = 0;
    for (let batches = 0; batches < BATCHES_A_TURN; batches++) {
      const bytes = this.reader.read(this.handle);
      found += bytes;
      if (bytes === 0 || this.isClosed()) break;
    }
    if (this.isClosed()) return;
    if (found > 0 && this.reader.wakesWriter()) this.wake.postMessage(null);
    if (this.waiting.length > 0) this.sendWaiting();
    this.idleLooks = found > 0 ? 0 : this.idleLooks + 1;
    if (this.idleLooks <= IDLE_LOOKS || !this.reader.sleep()) this.lookSoon();
  };

  private lookSoon(): void {
    this.lookScheduled = true;
    setImmediate(this.look);
  }

  /** Any record may lead to the end of the channel. */
  private isClosed(): boolean {
    return this.closed;
  }
}
