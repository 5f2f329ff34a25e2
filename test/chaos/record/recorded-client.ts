// The typed client, with every message that it sends and receives on a tape.
import type { ClientDuplexStream } from '@grpc/grpc-js';
import { KvClient } from '../../../node/src/client/kv.ts';
import { LeaseClient } from '../../../node/src/client/lease.ts';
import type { ClientOptions } from '../../../node/src/client/options.ts';
import {
  Transport,
  type OpenStream,
  type UnaryOptions,
} from '../../../node/src/client/transport.ts';
import { WatchHub } from '../../../node/src/client/watch-hub.ts';
import { StatusError, GrpcStatus } from '../../../node/src/base/errors.ts';
import {
  LeaseService,
  WatchService,
  type LeaseKeepAliveRequest,
  type LeaseKeepAliveResponse,
  type WatchRequest,
  type WatchResponse,
} from '../../../node/src/wire/gen/rpc.ts';
import type { Method } from '../../../node/src/wire/index.ts';
import type { Tape, TapeRecord } from './tape.ts';

export interface RecordedClientOptions extends ClientOptions {
  readonly name: string;
  readonly tape: Tape;
  /** The member at a client URL. */
  readonly hostOf: (url: string) => string;
}

export class RecordedClient extends KvClient {
  readonly leases: LeaseClient;
  readonly watches: WatchHub;
  readonly #transport: RecordingTransport;

  constructor(options: RecordedClientOptions) {
    const transport = new RecordingTransport(options);
    super(transport);
    this.leases = new LeaseClient(transport);
    this.watches = new WatchHub(transport);
    this.#transport = transport;
  }

  close(): void {
    this.watches.close();
    this.leases.close();
    this.#transport.close();
  }
}

class RecordingTransport extends Transport {
  readonly #options: RecordedClientOptions;

  constructor(options: RecordedClientOptions) {
    super(options);
    this.#options = options;
  }

  override async unary<Req, Res>(
    method: Method<Req, Res>,
    request: Req,
    options: UnaryOptions,
  ): Promise<Res> {
    const { name, tape } = this.#options;
    const attempts = options.attempts ?? { count: 0 };
    const record = tape.called(name, method.path, request);
    try {
      const response = await super.unary(method, request, { ...options, attempts });
      tape.answered(record, response);
      return response;
    } catch (error) {
      tape.failed(record, error, options.retry === 'repeatable' && attempts.count > 1);
      throw error;
    }
  }

  override async openStream<Req, Res>(
    method: Method<Req, Res>,
    signal: AbortSignal,
  ): Promise<OpenStream<Req, Res>> {
    const { name, tape, hostOf } = this.#options;
    const opened = await super.openStream(method, signal);
    // The path tells the messages' types.
    const path: string = method.path;
    if (path === WatchService.watch.path) {
      const call = opened.call as unknown as ClientDuplexStream<WatchRequest, WatchResponse>;
      recordWatch(call, tape, name, hostOf(opened.endpoint.url));
    } else if (path === LeaseService.leaseKeepAlive.path) {
      const call = opened.call as unknown as ClientDuplexStream<
        LeaseKeepAliveRequest,
        LeaseKeepAliveResponse
      >;
      recordKeepAlive(call, tape, name, path);
    }
    return opened;
  }
}

/** Calls `sent` with each message before it is written. */
function onWrite<Req, Res>(call: ClientDuplexStream<Req, Res>, sent: (message: Req) => void): void {
  const write = call.write.bind(call) as (message: Req) => boolean; // the one form that the client uses
  call.write = (message: Req): boolean => {
    sent(message);
    return write(message);
  };
}

function recordWatch(
  call: ClientDuplexStream<WatchRequest, WatchResponse>,
  tape: Tape,
  client: string,
  host: string,
): void {
  const stream = tape.watchOpened(client, host);
  let isOpen = true;
  const close = (): void => {
    if (isOpen) tape.watchClosed(stream);
    isOpen = false;
  };
  onWrite(call, (request) => tape.watchRequested(stream, request));
  call.on('data', (response: WatchResponse) => {
    if (isOpen) tape.watchResponse(stream, response);
  });
  call.on('error', close);
  call.on('end', close);
}

function recordKeepAlive(
  call: ClientDuplexStream<LeaseKeepAliveRequest, LeaseKeepAliveResponse>,
  tape: Tape,
  client: string,
  path: string,
): void {
  const pending: { readonly id: bigint; readonly record: TapeRecord }[] = [];
  onWrite(call, (request) => {
    pending.push({ id: request.id, record: tape.called(client, path, request) });
  });
  call.on('data', (response: LeaseKeepAliveResponse) => {
    const index = pending.findIndex(({ id }) => id === response.id);
    const [answered] = index < 0 ? [] : pending.splice(index, 1);
    if (answered !== undefined) tape.answered(answered.record, response);
  });
  const close = (): void => {
    const broken = new StatusError(GrpcStatus.Unavailable, 'the stream broke');
    for (const { record } of pending.splice(0)) tape.failed(record, broken, false);
  };
  call.on('error', close);
  call.on('end', close);
}
