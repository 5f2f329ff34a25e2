// A gRPC server for tests whose every answer the test decides, over the generated services.
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import {
  Metadata,
  Server,
  ServerCredentials,
  type MethodDefinition,
  type sendUnaryData,
  type ServerDuplexStream,
  type ServerUnaryCall,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { decode, encode, type Codec, type Method } from '../../wire/codec.ts';
import {
  AuthService,
  KVService,
  LeaseService,
  WatchRequest,
  WatchService,
  type WatchResponse,
} from '../../wire/gen/rpc.ts';

/** A status to fail a call with: the gRPC code, and the text. */
export class Failure extends Error {
  readonly code: number;
  readonly details: string;
  constructor(code: number, details: string) {
    super(details);
    this.code = code;
    this.details = details;
  }
}

export interface UnaryCall<Req> {
  readonly request: Req;
  readonly token: string | undefined;
  /** Drops the connection without an answer. */
  hangUp(): void;
}

/** One open watch stream, with what came on it. */
export interface WatchCall {
  readonly requests: WatchRequest[];
  readonly token: string | undefined;
  send(response: WatchResponse): void;
  fail(code: number, details: string): void;
}

type Answer = (call: UnaryCall<unknown>) => unknown;

export class FakeServer {
  readonly watches: WatchCall[] = [];
  /** Called with each watch request as it comes. */
  onWatchRequest: ((call: WatchCall, request: WatchRequest) => void) | undefined;
  /** Paths of unary calls, in the order in which they came. */
  readonly calls: string[] = [];
  readonly #answers = new Map<string, Answer>();
  readonly #server = new Server({ 'grpc.enable_channelz': 0 });
  /** Connections run through here, so that they can be cut without a word of HTTP/2. */
  readonly #proxy = createServer((socket) => this.#connect(socket));
  readonly #sockets = new Set<Socket>();
  #port = 0;
  #proxyPort = 0;

  static async start(): Promise<FakeServer> {
    const fake = new FakeServer();
    for (const service of [KVService, AuthService, LeaseService, WatchService]) fake.#add(service);
    fake.#port = await new Promise((resolve, reject) => {
      const credentials = ServerCredentials.createInsecure();
      fake.#server.bindAsync('127.0.0.1:0', credentials, (error, port) =>
        error ? reject(error) : resolve(port),
      );
    });
    await new Promise<void>((resolve) => fake.#proxy.listen(0, '127.0.0.1', resolve));
    fake.#proxyPort = (fake.#proxy.address() as AddressInfo).port; // of a TCP server
    return fake;
  }

  get endpoint(): string {
    return `127.0.0.1:${this.#proxyPort}`;
  }

  /** Decides what a unary method answers: a message, or a thrown Failure. */
  on<Req, Res>(method: Method<Req, Res>, answer: (call: UnaryCall<Req>) => Partial<Res>): void {
    // The dispatcher decodes requests with this method's own codec.
    this.#answers.set(method.path, (call) =>
      method.response.create(answer(call as UnaryCall<Req>)),
    );
  }

  stop(): void {
    this.#proxy.close();
    for (const socket of this.#sockets) socket.destroy();
    this.#server.forceShutdown();
  }

  #connect(socket: Socket): void {
    const inner = connect(this.#port, '127.0.0.1');
    this.#sockets.add(socket);
    socket.pipe(inner).pipe(socket);
    socket.on('error', () => undefined);
    inner.on('error', () => undefined);
    socket.once('close', () => {
      this.#sockets.delete(socket);
      inner.destroy();
    });
  }

  #add(service: object): void {
    const definition: Record<string, MethodDefinition<unknown, unknown>> = {};
    const implementation: UntypedServiceImplementation = {};
    for (const [name, method] of Object.entries(service)) {
      // Each method's codecs only ever meet their own messages.
      const { path, kind, request, response } = method as Method<unknown, unknown>;
      definition[name] = {
        path,
        requestStream: kind === 'bidiStream',
        responseStream: kind !== 'unary',
        requestSerialize: serializer(request),
        requestDeserialize: (bytes) => decode(request, bytes),
        responseSerialize: serializer(response),
        responseDeserialize: (bytes) => decode(response, bytes),
      };
      if (kind === 'unary') {
        implementation[name] = (
          call: ServerUnaryCall<unknown, unknown>,
          done: sendUnaryData<unknown>,
        ) => this.#unary(path, call, done);
      } else if (path === WatchService.watch.path) {
        implementation[name] = (call: ServerDuplexStream<WatchRequest, WatchResponse>) =>
          this.#watch(call);
      }
    }
    this.#server.addService(definition, implementation);
  }

  #unary(
    path: string,
    call: ServerUnaryCall<unknown, unknown>,
    done: sendUnaryData<unknown>,
  ): void {
    this.calls.push(path);
    const answer = this.#answers.get(path);
    if (answer === undefined) return done(new Failure(12, 'not faked'));
    let hungUp = false;
    const hangUp = (): void => {
      hungUp = true;
      for (const socket of this.#sockets) socket.resetAndDestroy();
    };
    try {
      const response = answer({ request: call.request, token: tokenOf(call.metadata), hangUp });
      if (!hungUp) done(null, response);
    } catch (error) {
      done(error as Failure); // answers throw nothing else
    }
  }

  #watch(call: ServerDuplexStream<WatchRequest, WatchResponse>): void {
    const watch: WatchCall = {
      requests: [],
      token: tokenOf(call.metadata),
      send: (response) => call.write(response),
      fail: (code, details) => call.emit('error', new Failure(code, details)),
    };
    this.watches.push(watch);
    call.on('data', (request: WatchRequest) => {
      watch.requests.push(request);
      this.onWatchRequest?.(watch, request);
    });
    call.on('error', () => undefined);
    call.on('end', () => call.end());
  }
}

function tokenOf(metadata: Metadata): string | undefined {
  return metadata.get('token')[0]?.toString();
}

function serializer<T>(codec: Codec<T>): (message: T) => Buffer {
  return (message) => Buffer.from(encode(codec, message));
}
