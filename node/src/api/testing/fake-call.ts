// A call without a connection: what a client sends and gets, for tests of handlers.
import { EtcdError, GrpcStatus, StatusError, concatBytes, separated } from '../../base/index.ts';
import type { CallContext, EncodedMessages, ResponseStream } from '../../base/index.ts';
import { EncodedMessage, decode, encode, type Codec } from '../../wire/index.ts';
import type { Registration } from '../registration.ts';

export class FakeCall implements CallContext {
  readonly path = '/fake';
  readonly remoteAddress = '127.0.0.1:1';
  readonly certificateCommonName = undefined;
  readonly timeoutMs = undefined;
  canceled = false;
  private readonly headers: ReadonlyMap<string, string>;
  private readonly callbacks = new Set<() => void>();

  constructor(headers: Record<string, string> = {}) {
    this.headers = new Map(Object.entries(headers));
  }

  header(name: string): string | undefined {
    return this.headers.get(name);
  }

  onCancel(callback: () => void): () => void {
    if (this.canceled) callback();
    else this.callbacks.add(callback);
    return () => this.callbacks.delete(callback);
  }

  /** Callbacks that nobody took back. */
  get listeners(): number {
    return this.callbacks.size;
  }

  cancel(): void {
    this.canceled = true;
    const callbacks = [...this.callbacks];
    this.callbacks.clear();
    for (const callback of callbacks) callback();
  }
}

/** Responses as the client decodes them. `room` messages fit until `read`. */
export class FakeResponses<Res> implements ResponseStream<Res> {
  readonly received: Res[] = [];
  queuedBytes = 0;
  private readonly codec: Codec<Res>;
  private readonly capacity: number;
  private room: number;
  private waiting: (() => void)[] = [];

  constructor(codec: Codec<Res>, capacity = Infinity) {
    this.codec = codec;
    this.capacity = capacity;
    this.room = capacity;
  }

  send(message: Res): boolean {
    return this.sendEncoded([encode(this.codec, message)]);
  }

  sendEncoded(parts: readonly Uint8Array[]): boolean {
    this.received.push(decode(this.codec, concatBytes(parts)));
    return --this.room > 0;
  }

  sendTogether(messages: EncodedMessages): boolean {
    for (const message of separated(messages)) this.sendEncoded([message]);
    return this.room > 0;
  }

  drained(): Promise<void> {
    if (this.room > 0) return Promise.resolve();
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  end(): void {}

  /** The client read everything. */
  read(): void {
    this.room = this.capacity;
    const waiting = this.waiting;
    this.waiting = [];
    for (const resume of waiting) resume();
  }
}

/** Requests that a test sends one by one. */
export class FakeRequests<Req> implements AsyncIterable<Req> {
  private readonly queue: Req[] = [];
  private done = false;
  private error: Error | undefined = undefined;
  private wake: (() => void) | undefined = undefined;

  send(request: Req): void {
    this.queue.push(request);
    this.wake?.();
  }

  end(): void {
    this.done = true;
    this.wake?.();
  }

  /** The call was canceled: whoever reads is told. */
  cancel(): void {
    this.error = new StatusError(GrpcStatus.Canceled, 'context canceled');
    this.wake?.();
  }

  /** Requests that the handler has not taken. */
  get unread(): number {
    return this.queue.length;
  }

  async *[Symbol.asyncIterator](): AsyncIterator<Req> {
    for (;;) {
      if (this.error !== undefined) throw this.error;
      const next = this.queue.shift();
      if (next !== undefined) yield next;
      else if (this.done) return;
      else
        await new Promise<void>((resolve) => {
          this.wake = resolve;
        });
    }
  }
}

/** Lets promises that can go on do so. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 200; i++) await Promise.resolve();
}

/** The status and text under which an error reaches a client. */
export function statusOf(error: unknown): string {
  if (!(error instanceof EtcdError) && !(error instanceof StatusError)) return String(error);
  const name = Object.entries(GrpcStatus).find(([, status]) => status === error.status)?.[0];
  return `${name}: ${error.message}`;
}

/** Calls a unary method of a service. `Req` and `Res` are the method's own: the caller names them. */
export async function callUnary<Req, Res>(
  service: readonly Registration[],
  name: string,
  request: Req,
  call: CallContext = new FakeCall(),
): Promise<Res> {
  const found = find(service, name);
  if (found.kind !== 'unary') throw new Error(`${name} is ${found.kind}`);
  const response = await found.handler(request, call);
  if (!(response instanceof EncodedMessage)) return response as Res;
  const bytes = concatBytes(response.parts);
  response.release?.();
  return decode(found.method.response, bytes) as Res;
}

/** Begins a bidirectional call; `ended` tells how it ended, as `statusOf` does, or `OK`. */
export function callBidi<Req, Res>(
  service: readonly Registration[],
  name: string,
  options: { call?: FakeCall; capacity?: number } = {},
) {
  const found = find(service, name);
  if (found.kind !== 'bidiStream') throw new Error(`${name} is ${found.kind}`);
  const call = options.call ?? new FakeCall();
  const requests = new FakeRequests<Req>();
  const codec = found.method.response as Codec<Res>;
  const responses = new FakeResponses<Res>(codec, options.capacity);
  const ended = found.handler(requests, call, responses).then(() => 'OK', statusOf);
  return { call, requests, responses, ended };
}

/** Begins a call that answers with a stream. */
export function callServerStream<Req, Res>(
  service: readonly Registration[],
  name: string,
  request: Req,
  options: { call?: FakeCall; capacity?: number } = {},
) {
  const found = find(service, name);
  if (found.kind !== 'serverStream') throw new Error(`${name} is ${found.kind}`);
  const call = options.call ?? new FakeCall();
  const codec = found.method.response as Codec<Res>;
  const responses = new FakeResponses<Res>(codec, options.capacity);
  const ended = found.handler(request, call, responses).then(() => 'OK', statusOf);
  return { call, responses, ended };
}

function find(service: readonly Registration[], name: string): Registration {
  const found = service.find(({ path }) => path.endsWith(`/${name}`));
  if (found === undefined) throw new Error(`no method ${name}`);
  return found;
}
