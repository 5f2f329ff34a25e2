// A front thread's side of calls: each is a handler for the server's sake, and passes bytes on to the main thread, which
// has the real ones.
import type {
  BidiStreamHandler,
  CallContext,
  RequestStream,
  ResponseStream,
  ServerStreamHandler,
} from '../base/call.ts';
import { GrpcStatus, StatusError } from '../base/errors.ts';
import { PassingMap } from '../base/passing-map.ts';
import type { Codec, MethodKind } from '../wire/codec.ts';
import { LateAnswer, type MethodEntry } from '../rpc/index.ts';
import type { Channel } from './channel.ts';
import { headBytes, writeHead } from './call-head.ts';
import { ForwardedStream } from './forwarded-stream.ts';
import type { MethodName } from './messages.ts';
import { Down, Up, decodeStatus } from './records.ts';

/** Messages stay as they came. */
const BYTES: Codec<Uint8Array> = {
  name: 'bytes',
  create: () => new Uint8Array(0),
  sizeOf: (message) => message.length,
  write(message, writer) {
    writer.bytes.set(message, writer.position);
    writer.position += message.length;
  },
  read: (reader) => reader.bytes,
};

/** From here on an answer is passed on in the memory in which it came. */
const PASSED_BYTES = 16 * 1024;

/** A call whose handler runs in the main thread. */
interface Forwarded {
  /** Undefined for unary calls. */
  readonly stream: ForwardedStream | undefined;
  resolve(answer: Uint8Array | undefined): void;
  reject(error: StatusError): void;
}

class ForwardedUnary extends LateAnswer implements Forwarded {
  readonly stream = undefined;
  private readonly call: CallContext &
    Partial<Pick<ResponseStream<unknown>, 'sendEncoded' | 'end'>>;

  constructor(call: CallContext) {
    super();
    this.call = call;
  }

  override resolve(answer: Uint8Array | undefined): void {
    const { call } = this;
    if (answer !== undefined && answer.length >= PASSED_BYTES && call.sendEncoded !== undefined) {
      call.sendEncoded([answer]);
      call.end?.();
    }
    super.resolve(answer);
  }
}

export class Forwarder {
  private readonly channel: Channel;
  private readonly calls = new PassingMap<number, Forwarded>();
  private lastId = 0;

  constructor(channel: Channel) {
    this.channel = channel;
  }

  /** Handlers for the server, in the order of the methods' numbers. */
  entries(methods: readonly MethodName[]): MethodEntry[] {
    return methods.map(({ path, kind }, number) => this.entry(path, kind, number));
  }

  /** Takes a record of the main thread. */
  receive(type: number, callId: number, payload: Uint8Array): void {
    const call = this.calls.get(callId);
    if (call === undefined) return;
    switch (type) {
      case Down.Answer:
        this.calls.delete(callId);
        call.resolve(payload);
        break;
      case Down.Settled:
        this.settled(callId, call, payload);
        break;
      default:
        call.stream?.receive(type, payload);
    }
  }

  private settled(callId: number, call: Forwarded, payload: Uint8Array): void {
    this.calls.delete(callId);
    call.stream?.settled();
    if (payload.length === 0) {
      call.resolve(undefined);
      return;
    }
    const { status, message } = decodeStatus(payload);
    call.reject(new StatusError(status as GrpcStatus, message)); // the main thread's GrpcStatus
  }

  private entry(path: string, kind: MethodKind, number: number): MethodEntry {
    // The server decodes and encodes with BYTES, so that handlers meet nothing else.
    const method = {
      path,
      kind,
      request: BYTES,
      response: BYTES,
    } as unknown as MethodEntry['method'];
    if (kind === 'unary') {
      const handler = (request: unknown, call: CallContext): LateAnswer =>
        this.unary(number, request as Uint8Array, call);
      return { path, method, kind, handler };
    }
    if (kind === 'serverStream') {
      const handler: ServerStreamHandler<unknown, unknown> = (request, call, responses) =>
        this.stream(number, request as Uint8Array, undefined, call, responses);
      return { path, method, kind, handler };
    }
    const handler: BidiStreamHandler<unknown, unknown> = (requests, call, responses) =>
      this.stream(number, undefined, requests as RequestStream<Uint8Array>, call, responses);
    return { path, method, kind, handler };
  }

  private unary(method: number, request: Uint8Array, call: CallContext): LateAnswer {
    const answer = new ForwardedUnary(call);
    this.calls.set(this.open(method, request, call), answer);
    return answer;
  }

  private stream(
    method: number,
    request: Uint8Array | undefined,
    requests: RequestStream<Uint8Array> | undefined,
    call: CallContext,
    responses: ResponseStream<unknown>,
  ): Promise<void> {
    const id = this.open(method, request, call);
    const stream = new ForwardedStream(this.channel, id, call, responses);
    return new Promise((resolve, reject) => {
      this.calls.set(id, { stream, resolve: () => resolve(), reject });
      if (requests !== undefined) void stream.pump(requests);
    });
  }

  /** Tells the main thread of a call, and later of its early end. */
  private open(method: number, request: Uint8Array | undefined, call: CallContext): number {
    const { channel } = this;
    const id = this.newId();
    channel.begin(Up.Call, id, headBytes(call) + (request?.length ?? 0));
    const end = writeHead(channel.bytes, channel.at, method, call);
    if (request !== undefined) channel.bytes.set(request, end);
    channel.commit();
    call.onCancel(() => {
      if (this.calls.has(id)) channel.sendNothing(Up.Cancel, id);
    });
    return id;
  }

  private newId(): number {
    do this.lastId = (this.lastId + 1) >>> 0;
    while (this.calls.has(this.lastId));
    return this.lastId;
  }
}
