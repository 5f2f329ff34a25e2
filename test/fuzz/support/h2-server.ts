// A connection of the server with handlers of each kind, on a fake socket and a clock that stands still.
import type {
  BidiStreamHandler,
  ServerStreamHandler,
  UnaryHandler,
} from '../../../node/src/base/call.ts';
import { EtcdError } from '../../../node/src/base/errors.ts';
import type { Logger } from '../../../node/src/base/logger.ts';
import { FakeClock } from '../../../node/src/base/testing/fake-clock.ts';
import { ProcessBudget } from '../../../node/src/rpc/budget.ts';
import { Dispatcher } from '../../../node/src/rpc/grpc/dispatch.ts';
import type { MethodEntry } from '../../../node/src/rpc/grpc/environment.ts';
import { Connection } from '../../../node/src/rpc/h2/connection.ts';
import { FlushQueue, type Sender } from '../../../node/src/rpc/h2/sender.ts';
import type { HttpHandler } from '../../../node/src/rpc/http/exchange.ts';
import { serveHttp2 } from '../../../node/src/rpc/http/http2.ts';
import type { Codec } from '../../../node/src/wire/codec.ts';
import { PutRequest, PutResponse } from '../../../node/src/wire/gen/rpc.ts';
import { FakeSocket } from './fake-socket.ts';

const put: UnaryHandler<PutRequest, PutResponse> = (request) => {
  if (request.key.length === 0) throw new EtcdError('EmptyKey');
  return PutResponse.create({});
};

const later: UnaryHandler<PutRequest, PutResponse> = async (request) => {
  await Promise.resolve();
  return put(request, undefined as never); // it does not look at the call
};

const list: ServerStreamHandler<PutRequest, PutResponse> = async (request, call, responses) => {
  for (let i = 0; i < request.value.length && !call.canceled; i++) {
    if (!responses.send(PutResponse.create({}))) await responses.drained();
  }
};

const echo: BidiStreamHandler<PutRequest, PutResponse> = async (requests, _call, responses) => {
  for await (const request of requests) {
    if (!responses.send(put(request, _call) as PutResponse)) await responses.drained(); // put answers at once
  }
};

const page: HttpHandler = async (request, responder) => {
  const body = await request.body(1000);
  responder.respond(200, { 'content-type': 'text/plain' }, `${request.method} ${body.length}`);
};

function method(path: string, kind: string, handler: unknown): MethodEntry {
  const codecs = {
    request: PutRequest as Codec<unknown>, // the handlers above are written for it
    response: PutResponse as Codec<unknown>, // as above
  };
  return { path, kind, handler, method: { path, kind, ...codecs } } as MethodEntry; // kinds match their handlers below
}

const METHODS = [
  method('/t.S/Put', 'unary', put),
  method('/t.S/Later', 'unary', later),
  method('/t.S/List', 'serverStream', list),
  method('/t.S/Echo', 'bidiStream', echo),
];

/** Flushes when it is told to. */
class HandFlush extends FlushQueue {
  private waiting: Sender[] = [];

  override add(sender: Sender): void {
    this.waiting.push(sender);
  }

  /** Returns whether anything was waiting. */
  flush(): boolean {
    const senders = this.waiting;
    this.waiting = [];
    for (const sender of senders) sender.flush();
    return senders.length > 0;
  }
}

export class H2Server {
  readonly socket = new FakeSocket();
  readonly clock = new FakeClock();
  readonly budget = new ProcessBudget(1 << 20, this.clock);
  readonly connection: Connection;
  /** Error lines: the connection met what it did not foresee. */
  readonly errors: string[] = [];
  private readonly flushQueue = new HandFlush(this.clock);

  constructor() {
    const logger: Logger = {
      debug: () => {},
      info: () => {},
      warn: (message, fields) => {
        if (message === 'HTTP handler failed' && !/too large/.test(String(fields?.['error']))) {
          this.errors.push(`${message}: ${String(fields?.['error'])}`);
        }
      },
      error: (message, fields) => {
        this.errors.push(`${message}: ${String(fields?.['error'])}`);
      },
    };
    const environment = {
      clock: this.clock,
      logger,
      maxMessageBytes: 2000,
      observer: undefined,
      before: undefined,
      onUnexpectedError: undefined,
    };
    const dispatcher = new Dispatcher(environment);
    for (const entry of METHODS) dispatcher.register(entry);
    this.connection = new Connection(
      this.socket.asSocket(),
      { remoteAddress: 'fuzz', certificateCommonName: undefined },
      {
        clock: this.clock,
        logger,
        budget: this.budget,
        flushQueue: this.flushQueue,
        connectionHeldBytes: 1 << 20,
        streamWindowBytes: 1000,
        connectionWindowBytes: 70_000,
        maxHeaderListBytes: 1000,
        maxConcurrentStreams: 5,
        pauseBytes: 1 << 20,
        keepaliveMinTimeMs: 0,
        keepaliveIntervalMs: 0,
        keepaliveTimeoutMs: 0,
        onRequest: (stream) => {
          const { contentType, grpcEncoding } = stream.head;
          // zlib's threads answer when they like: compressed messages are the business of another target.
          const isGrpc = contentType?.startsWith('application/grpc') === true;
          if (isGrpc && grpcEncoding !== 'gzip') dispatcher.dispatch(stream);
          else serveHttp2(stream, page, logger);
        },
        onClose: () => {},
      },
    );
  }

  receive(chunk: Uint8Array): void {
    // As a socket: nothing arrives any more once it is destroyed.
    if (!this.socket.destroyed) this.socket.emit('data', chunk);
  }

  /** Lets handlers answer and answers go out, until nothing moves any more. */
  async settle(): Promise<void> {
    for (let quiet = 0; quiet < 2;) {
      for (let i = 0; i < 12; i++) await Promise.resolve();
      if (this.flushQueue.flush()) quiet = 0;
      else quiet++;
    }
  }
}
