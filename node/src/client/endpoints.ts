// The members a client knows: one connection each, and whose turn it is.
import { Client as GrpcClient, connectivityState, credentials } from '@grpc/grpc-js';
import { GrpcStatus, StatusError } from '../base/errors.ts';
import { isServiceError } from './errors.ts';
import { channelOptions, type ClientOptions } from './options.ts';
import { TlsContext } from './tls-credentials.ts';

/** An endpoint that failed a call is passed over this long while others are there. */
const AVOID_MS = 2_000;
/** A channel's state is looked at again at least this often, so that an ended wait leaves nothing behind for long. */
const WATCH_STATE_MS = 500;
const DEFAULT_CONNECT_TIMEOUT_MS = 3_000;

/** One member's connection. */
export class Endpoint {
  readonly url: string;
  avoidUntilMs = 0;
  readonly #connectTimeoutMs: number;
  readonly #open: () => GrpcClient;
  #grpc: GrpcClient;
  /** Since when there may be a connection: it was ready then, or begun. */
  #triedSinceMs = Date.now();

  constructor(url: string, options: ClientOptions, tls: () => TlsContext) {
    const { target, host, isSecure } = parseEndpoint(url, options.tls !== undefined);
    this.url = url;
    const security = isSecure ? tls().credentialsFor(host) : credentials.createInsecure();
    this.#connectTimeoutMs = options.connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS;
    this.#open = () => new GrpcClient(target, security, channelOptions(options));
    this.#grpc = this.#open();
  }

  /** Calls are made on it. It is another one when a connection did not come about in time. */
  get grpc(): GrpcClient {
    return this.#grpc;
  }

  /** Asking makes it connect. */
  get isReady(): boolean {
    const nowMs = Date.now();
    if (this.#grpc.getChannel().getConnectivityState(true) === connectivityState.READY) {
      this.#triedSinceMs = nowMs;
      return true;
    }
    if (nowMs - this.#triedSinceMs > this.#connectTimeoutMs) this.#tryAnew(nowMs);
    return false;
  }

  close(): void {
    this.#grpc.close();
  }

  /** grpc-js waits for TCP and TLS as long as the system does: minutes, when a packet filter forgot the connection. */
  #tryAnew(nowMs: number): void {
    this.#triedSinceMs = nowMs;
    this.#grpc.close();
    this.#grpc = this.#open();
    this.#grpc.getChannel().getConnectivityState(true);
  }

  /** Resolves when the connection's state has changed, or after a while. */
  change(deadlineMs: number): Promise<void> {
    const channel = this.#grpc.getChannel();
    const state = channel.getConnectivityState(true);
    const lookAgainMs = Math.min(WATCH_STATE_MS, this.#connectTimeoutMs);
    const until = Math.min(Date.now() + lookAgainMs, deadlineMs);
    return new Promise((resolve) => {
      channel.watchConnectivityState(state, until, () => resolve());
    });
  }

  /** Why there is no connection, in grpc-js's words. */
  reason(): Promise<string> {
    const empty = Buffer.alloc(0);
    const same = (bytes: Buffer): Buffer => bytes;
    return new Promise((resolve) => {
      this.grpc.makeUnaryRequest(
        '/etcdserverpb.Maintenance/Status',
        ...([same, same, empty, { deadline: Date.now() + 100 }] as const),
        (error) => resolve(isServiceError(error) ? error.details : 'unknown'),
      );
    });
  }
}

/** Where a URL leads. @throws TypeError when it is none */
export function parseEndpoint(
  url: string,
  tlsByDefault: boolean,
): {
  /** host:port */
  target: string;
  /** Without the brackets of an IPv6 address. */
  host: string;
  isSecure: boolean;
} {
  const match = /^(?:(https?):\/\/)?((?:\[([0-9a-fA-F:.]+)\]|([^/\s:[\]]+)):\d+)\/?$/.exec(url);
  const target = match?.[2];
  const host = match?.[3] ?? match?.[4];
  if (target === undefined || host === undefined) {
    throw new TypeError(`an endpoint is http://host:port, https://host:port or host:port: ${url}`);
  }
  const scheme = match?.[1];
  return { target, host, isSecure: scheme === undefined ? tlsByDefault : scheme === 'https' };
}

/** All endpoints of a client. Ready ones are taken in turn. */
export class EndpointPool {
  readonly #options: ClientOptions;
  readonly #others = new Map<string, Endpoint>();
  #endpoints: Endpoint[];
  #tls: TlsContext | undefined;
  #next: number;
  #closed = false;

  constructor(options: ClientOptions) {
    this.#options = options;
    if (options.endpoints.length === 0) throw new TypeError('a client needs an endpoint');
    this.#endpoints = options.endpoints.map((url) => this.#open(url));
    this.#next = Math.floor(Math.random() * this.#endpoints.length);
  }

  get size(): number {
    return this.#endpoints.length;
  }

  get urls(): string[] {
    return this.#endpoints.map((endpoint) => endpoint.url);
  }

  /** Uses these endpoints from now on; calls under way on others go on, streams move when they end. */
  update(urls: readonly string[]): void {
    if (urls.length === 0) throw new TypeError('a client needs an endpoint');
    if (this.#closed) return;
    const before = new Map(this.#endpoints.map((endpoint) => [endpoint.url, endpoint]));
    this.#endpoints = urls.map((url) => before.get(url) ?? this.#open(url));
    for (const endpoint of before.values()) {
      if (!this.#endpoints.includes(endpoint)) endpoint.close();
    }
    this.#next = 0;
  }

  /** The ready endpoint whose turn it is, or undefined. Others begin to connect. */
  readyNow(): Endpoint | undefined {
    const nowMs = Date.now();
    let fallback: Endpoint | undefined;
    for (let i = 0; i < this.#endpoints.length; i++) {
      const endpoint = this.#endpoints[(this.#next + i) % this.#endpoints.length];
      if (endpoint === undefined || !endpoint.isReady) continue;
      if (endpoint.avoidUntilMs > nowMs) {
        fallback ??= endpoint;
        continue;
      }
      this.#next = (this.#next + i + 1) % this.#endpoints.length;
      return endpoint;
    }
    return fallback;
  }

  /** A call on it failed for a reason that may lie in this member. */
  avoid(endpoint: Endpoint): void {
    endpoint.avoidUntilMs = Date.now() + AVOID_MS;
  }

  /**
   * The ready endpoint whose turn it is, or the one at `url`, as soon as there is a connection.
   * @param deadlineMs in Date.now()'s time
   * @throws StatusError Unavailable when there is none by then; the signal's reason when it is aborted
   */
  async ready(deadlineMs: number, signal?: AbortSignal, url?: string): Promise<Endpoint> {
    const wanted = url === undefined ? undefined : this.#at(url);
    for (;;) {
      signal?.throwIfAborted();
      if (this.#closed) throw new StatusError(GrpcStatus.Canceled, 'the client is closed');
      const endpoint = wanted === undefined ? this.readyNow() : wanted.isReady && wanted;
      if (endpoint) return endpoint;
      const waited = wanted === undefined ? this.#endpoints : [wanted];
      if (Date.now() >= deadlineMs) throw await unreachable(waited);
      await this.#anyChange(waited, deadlineMs, signal);
    }
  }

  close(): void {
    this.#closed = true;
    for (const endpoint of [...this.#endpoints, ...this.#others.values()]) endpoint.close();
  }

  async #anyChange(
    endpoints: readonly Endpoint[],
    deadlineMs: number,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const changes = endpoints.map((endpoint) => endpoint.change(deadlineMs));
    if (signal === undefined) return Promise.race(changes);
    let aborted: (() => void) | undefined;
    const abort = new Promise<void>((resolve) => {
      aborted = resolve;
      signal.addEventListener('abort', aborted, { once: true });
    });
    await Promise.race([...changes, abort]);
    if (aborted) signal.removeEventListener('abort', aborted);
  }

  #at(url: string): Endpoint {
    const known = this.#endpoints.find((endpoint) => endpoint.url === url) ?? this.#others.get(url);
    if (known !== undefined) return known;
    const endpoint = this.#open(url);
    this.#others.set(url, endpoint);
    return endpoint;
  }

  #open(url: string): Endpoint {
    return new Endpoint(
      url,
      this.#options,
      () => (this.#tls ??= new TlsContext(this.#options.tls ?? {})),
    );
  }
}

async function unreachable(endpoints: readonly Endpoint[]): Promise<StatusError> {
  const reasons = await Promise.all(
    endpoints.map(async (endpoint) => `${endpoint.url}: ${await endpoint.reason()}`),
  );
  const text = `No connection established to any endpoint in time (${reasons.join('; ')})`;
  return new StatusError(GrpcStatus.Unavailable, text);
}
