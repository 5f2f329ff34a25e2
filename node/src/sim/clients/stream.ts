// A call that is answered with a stream: its reader takes messages one by one, and what it does not take the member may not
// send beyond the window.
import { GrpcStatus } from '../../base/index.ts';
import { decode, encode, type Method } from '../../wire/index.ts';
import { CallError, type CallEnd } from './call-error.ts';
import type { CallEvents, ClientCall } from './connection.ts';

export class SimStream<Req, Res> {
  /** The first of it that tells how it ended; undefined while it is open. */
  ended: CallEnd | undefined = undefined;
  private readonly method: Method<Req, Res>;
  private readonly call: ClientCall;
  private readonly received: Uint8Array[] = [];
  private wake: (() => void) | undefined = undefined;

  constructor(method: Method<Req, Res>, open: (events: CallEvents) => ClientCall) {
    this.method = method;
    this.call = open({
      onMessage: (bytes) => {
        this.received.push(bytes);
        this.wakeReader();
      },
      onEnd: (end) => {
        this.ended = end;
        this.wakeReader();
      },
    });
  }

  send(request: Partial<Req>): void {
    this.call.send(encode(this.method.request, this.method.request.create(request)));
  }

  /** The client has no more requests; answers still come. */
  finishSending(): void {
    this.call.finishSending();
  }

  cancel(): void {
    this.call.cancel(GrpcStatus.Canceled, 'context canceled');
  }

  /** The next message, or undefined when the stream has ended. One reader at a time. */
  async next(): Promise<Res | undefined> {
    for (;;) {
      const bytes = this.received.shift();
      if (bytes !== undefined) {
        this.call.consumed(bytes.length);
        return decode(this.method.response, bytes);
      }
      if (this.ended !== undefined) return undefined;
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }

  /** Every message until the end. @throws CallError unless it ended with OK */
  async all(): Promise<Res[]> {
    const messages: Res[] = [];
    for (;;) {
      const message = await this.next();
      if (message === undefined) break;
      messages.push(message);
    }
    if (this.ended !== undefined && this.ended.status !== GrpcStatus.OK)
      throw new CallError(this.ended);
    return messages;
  }

  private wakeReader(): void {
    const wake = this.wake;
    this.wake = undefined;
    wake?.();
  }
}
