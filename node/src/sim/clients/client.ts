// One client: a machine of its own on the network, with a connection to each member that it talks to. Requests and answers
// travel as encoded protobuf, and the member's real handlers answer them.
import { EMPTY_BYTES, GrpcStatus } from '../../base/index.ts';
import { decode, encode, type Method } from '../../wire/index.ts';
import { CallError } from './call-error.ts';
import { Connection } from './connection.ts';
import type { ClientNetwork, ClientScheduler, ServingCluster } from './ports.ts';
import { SimStream } from './stream.ts';

export interface SimClientParts {
  /** The host's name on the network: `client-3`. */
  readonly name: string;
  readonly cluster: ServingCluster;
  readonly network: ClientNetwork;
  readonly scheduler: ClientScheduler;
  /** A handler threw something that is neither EtcdError nor StatusError: always a fault of the product. */
  readonly unexpected: (host: string, path: string, error: unknown) => void;
}

export interface CallOptions {
  /** The deadline, from now; it travels as grpc-timeout. None by default. */
  readonly timeoutMs?: number;
  /** Lower-case names. */
  readonly headers?: Readonly<Record<string, string>>;
}

const NO_HEADERS: Readonly<Record<string, string>> = {};

export class SimClient {
  readonly name: string;
  private readonly parts: SimClientParts;
  private readonly connections = new Map<string, Connection>();

  constructor(parts: SimClientParts) {
    this.parts = parts;
    this.name = parts.name;
  }

  /** A unary call. @throws CallError */
  call<Req, Res>(
    host: string,
    method: Method<Req, Res>,
    request: Partial<Req>,
    options: CallOptions = {},
  ): Promise<Res> {
    const first = encode(method.request, method.request.create(request));
    return new Promise((resolve, reject) => {
      let answer: Res | undefined;
      this.connectionTo(host).open(startOf(method.path, first, options), {
        onMessage: (bytes) => {
          answer = decode(method.response, bytes);
        },
        onEnd: (end) => {
          if (end.status === GrpcStatus.OK && answer !== undefined) resolve(answer);
          else reject(new CallError(end));
        },
      });
    });
  }

  /** A call that is answered with a stream, or whose requests are one. Read it to its end, or cancel it. */
  openStream<Req, Res>(
    host: string,
    method: Method<Req, Res>,
    options: CallOptions & { readonly request?: Partial<Req> } = {},
  ): SimStream<Req, Res> {
    const { request } = options;
    const first =
      request === undefined ? EMPTY_BYTES : encode(method.request, method.request.create(request));
    const connection = this.connectionTo(host);
    return new SimStream(method, (events) =>
      connection.open(startOf(method.path, first, options), events),
    );
  }

  /** Breaks its connections; calls under way end as after any broken connection. */
  close(): void {
    for (const connection of [...this.connections.values()]) connection.close();
  }

  private connectionTo(name: string): Connection {
    let connection = this.connections.get(name);
    if (connection !== undefined) return connection;
    const { network, scheduler, cluster, unexpected } = this.parts;
    connection = new Connection({
      ...{ network, scheduler, client: this.name },
      host: cluster.host(name),
      onClosed: () => this.connections.delete(name),
      unexpected: (path, error) => unexpected(name, path, error),
    });
    this.connections.set(name, connection);
    return connection;
  }
}

function startOf(path: string, first: Uint8Array, options: CallOptions) {
  const { timeoutMs, headers = NO_HEADERS } = options;
  return { path, first, timeoutMs, headers };
}
