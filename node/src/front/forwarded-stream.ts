// The streaming part of a forwarded call: requests and responses pass with as much ahead as a window allows, so that who is
// slow on one side slows the other.
import type { CallContext, RequestStream, ResponseStream } from '../base/call.ts';
import { GrpcStatus, StatusError } from '../base/errors.ts';
import type { Holding } from '../rpc/index.ts';
import type { Channel } from './channel.ts';
import {
  CREDIT_BYTES,
  Down,
  MESSAGE_OVERHEAD_BYTES,
  Up,
  WINDOW_BYTES,
  decodeStatus,
  encodeStatus,
  readUint32,
} from './records.ts';

/** Bigger messages have memory of their own, which need not be copied out of a batch. */
const COPIED_BYTES = 16 * 1024;

export class ForwardedStream {
  private readonly channel: Channel;
  private readonly id: number;
  private readonly call: CallContext & Partial<Holding>;
  private readonly responses: ResponseStream<unknown>;
  private requests: AsyncIterator<Uint8Array> | undefined;
  private over = false;
  /** Requests that the handler has not taken. */
  private untakenBytes = 0;
  private wakePump: (() => void) | undefined;
  /** Responses that were passed on and that the main thread was not told of. */
  private unreportedBytes = 0;
  private draining = false;

  constructor(channel: Channel, id: number, call: CallContext, responses: ResponseStream<unknown>) {
    this.channel = channel;
    this.id = id;
    this.call = call;
    this.responses = responses;
  }

  /** Passes the requests on, as many as the handler takes. */
  async pump(requests: RequestStream<Uint8Array>): Promise<void> {
    const { channel, id } = this;
    const iterator = requests[Symbol.asyncIterator]();
    this.requests = iterator;
    try {
      for (;;) {
        const { done, value } = await iterator.next();
        if (this.over) return;
        if (done === true) break;
        this.untakenBytes += value.length + MESSAGE_OVERHEAD_BYTES;
        this.call.hold?.(value.length + MESSAGE_OVERHEAD_BYTES);
        channel.send(Up.Request, id, value);
        if (this.untakenBytes >= WINDOW_BYTES) await this.untilTaken();
      }
      channel.sendNothing(Up.RequestsEnd, id);
    } catch (error) {
      if (this.over || this.call.canceled) return;
      const status = error instanceof StatusError ? error.status : GrpcStatus.Internal;
      const message = error instanceof Error ? error.message : String(error);
      channel.send(Up.RequestsEnd, id, encodeStatus({ status, message }));
    }
  }

  receive(type: number, payload: Uint8Array): void {
    switch (type) {
      case Down.Response:
      case Down.Responses:
        this.respond(type, payload);
        break;
      case Down.End: {
        const { status, message } = decodeStatus(payload);
        this.responses.end(status as GrpcStatus, message); // the main thread's GrpcStatus
        break;
      }
      case Down.Taken:
        this.taken(readUint32(payload));
        break;
      case Down.Stopped:
        void this.requests?.return?.();
        break;
    }
  }

  /** The handler is done: nothing more is passed on. */
  settled(): void {
    this.over = true;
    this.wakePump?.();
  }

  private respond(type: number, payload: Uint8Array): void {
    const hasRoom = this.pass(type, payload);
    this.unreportedBytes += payload.length + MESSAGE_OVERHEAD_BYTES;
    if (hasRoom) {
      if (this.unreportedBytes >= CREDIT_BYTES && !this.draining) this.report();
    } else if (!this.draining) {
      this.draining = true;
      void this.responses.drained().then(() => {
        this.draining = false;
        this.report();
      });
    }
  }

  private pass(type: number, payload: Uint8Array): boolean {
    if (type === Down.Responses) {
      const write = (target: Uint8Array, at: number): void => target.set(payload, at);
      return this.responses.sendTogether({ size: payload.length, write });
    }
    const isOwn = payload.length >= COPIED_BYTES;
    return isOwn ? this.responses.sendEncoded([payload]) : this.responses.send(payload);
  }

  private report(): void {
    if (this.over || this.unreportedBytes === 0) return;
    this.channel.sendNumber(Up.Sent, this.id, this.unreportedBytes);
    this.unreportedBytes = 0;
  }

  private taken(bytes: number): void {
    this.untakenBytes -= bytes;
    this.call.hold?.(-bytes);
    if (this.untakenBytes < WINDOW_BYTES) this.wakePump?.();
  }

  private async untilTaken(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.wakePump = resolve;
    });
    this.wakePump = undefined;
  }
}
