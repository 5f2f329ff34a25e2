// The server: listens, tells the protocols apart, and hands requests to registered methods.
import { rmSync } from 'node:fs';
import { type Server as NetServer, type Socket, createServer } from 'node:net';
import type { Logger } from '../base/logger.ts';
import type { Clock } from '../base/world.ts';
import {
  Admission,
  isStillWelcome,
  type Acceptance,
  type Admitted,
  type Security,
} from './admission.ts';
import { ProcessBudget } from './budget.ts';
import { Dispatcher } from './grpc/dispatch.ts';
import type { CallEnvironment, MethodEntry } from './grpc/environment.ts';
import { Connection } from './h2/connection.ts';
import type { ConnectionOptions } from './h2/options.ts';
import { FlushQueue } from './h2/sender.ts';
import type { Stream } from './h2/stream.ts';
import { Http1Front } from './http/http1.ts';
import { serveHttp2 } from './http/http2.ts';
import {
  DEFAULT_HELD_BYTES,
  DEFAULT_MAX_CONNECTIONS,
  type RpcServerOptions,
  grpcOverheadBytes,
} from './options.ts';
import { sniff } from './sniff.ts';
import type { TlsOptions } from './tls.ts';

/** Where to listen: a TCP host and port (0: any), or a unix socket. */
export interface ListenOptions {
  readonly host?: string;
  readonly port?: number;
  readonly socketPath?: string;
  /** Others may listen on the same address, and the kernel spreads connections over all of them (Linux, BSD). */
  readonly reusePort?: boolean;
  readonly tls?: TlsOptions;
  /** Asked for each new connection, in place of `tls`. */
  readonly acceptance?: () => Acceptance;
  /** Serve only one of the two, for --listen-client-http-urls and --listen-metrics-urls. Default: both. */
  readonly only?: 'grpc' | 'http';
}

export interface Listening {
  readonly host: string | undefined;
  readonly port: number | undefined;
  readonly socketPath: string | undefined;
  /** Stops listening here; connections stay. */
  close(): void;
}

/** A connection, from its first moment on. */
interface Guest {
  readonly options: ListenOptions;
  /** Undefined while it is not in yet. */
  security: Security | undefined;
  /** Undefined for HTTP/1.1. */
  connection: Connection | undefined;
}

const PREFACE_TIMEOUT_MS = 30_000;

export class RpcServer {
  private readonly clock: Clock;
  private readonly logger: Logger;
  private readonly options: RpcServerOptions;
  private readonly dispatcher: Dispatcher;
  private readonly http1: Http1Front;
  private readonly admission: Admission;
  private readonly connectionOptions: ConnectionOptions;
  private readonly budget: ProcessBudget;
  private readonly listeners = new Set<NetServer>();
  private readonly sockets = new Map<Socket, Guest>();
  private readonly connections = new Set<Connection>();
  private closing = false;
  private noConnections: (() => void) | undefined;
  private sentBytesBefore = 0;

  constructor(options: RpcServerOptions) {
    this.options = options;
    this.clock = options.clock;
    this.logger = options.logger;
    this.budget = new ProcessBudget(options.heldBytes ?? DEFAULT_HELD_BYTES, options.clock);
    const environment: CallEnvironment = {
      clock: options.clock,
      logger: options.logger,
      maxMessageBytes: options.maxRequestBytes + grpcOverheadBytes,
      observer: options.observer,
      before: options.before,
      onUnexpectedError: options.onUnexpectedError,
    };
    this.dispatcher = new Dispatcher(environment);
    this.http1 = new Http1Front(options.http1, options.upgrade, options.logger);
    this.admission = new Admission(options.clock, options.logger);
    this.connectionOptions = this.optionsOfConnections();
  }

  private optionsOfConnections(): ConnectionOptions {
    const { options } = this;
    return {
      clock: this.clock,
      logger: this.logger,
      budget: this.budget,
      flushQueue: new FlushQueue(options.clock),
      connectionHeldBytes: options.connectionHeldBytes ?? 64 * 1024 * 1024,
      streamWindowBytes: 64 * 1024,
      connectionWindowBytes: 4 * 1024 * 1024,
      maxHeaderListBytes: options.maxHeaderListBytes ?? 64 * 1024,
      maxConcurrentStreams: options.maxConcurrentStreams ?? 0xffff_ffff,
      pauseBytes: 1024 * 1024,
      keepaliveMinTimeMs: options.keepaliveMinTimeMs ?? 5000,
      keepaliveIntervalMs: options.keepaliveIntervalMs ?? 2 * 3600_000,
      keepaliveTimeoutMs: options.keepaliveTimeoutMs ?? 20_000,
      onRequest: (stream) => this.request(stream),
      onClose: (connection) => this.connectionClosed(connection),
    };
  }

  /** Adds methods; may be called until the first request for them comes. */
  register(methods: Iterable<MethodEntry> | MethodEntry): void {
    if (Symbol.iterator in methods) for (const entry of methods) this.dispatcher.register(entry);
    else this.dispatcher.register(methods);
  }

  /** Open connections of both protocols. */
  get connectionCount(): number {
    return this.sockets.size;
  }

  /** What clients make the process hold now, in bytes. */
  get heldBytes(): number {
    return this.budget.heldBytes;
  }

  /** Bytes written to HTTP/2 clients so far. */
  get sentBytes(): number {
    let bytes = this.sentBytesBefore;
    for (const connection of this.connections) bytes += connection.sender.sentBytes;
    return bytes;
  }

  /**
   * Starts to listen; may be called for several addresses. Rejects with node:net's error (EADDRINUSE, EACCES, …).
   */
  listen(options: ListenOptions): Promise<Listening> {
    const server = createServer({ noDelay: true }, (socket) => this.accepted(socket, options));
    const target =
      options.socketPath === undefined
        ? { host: options.host, port: options.port ?? 0, reusePort: options.reusePort ?? false }
        : { path: options.socketPath };
    // As etcd does (client/pkg/transport/unix_listener.go): what a dead process left behind is in the way.
    if (options.socketPath !== undefined) rmSync(options.socketPath, { force: true });
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(target, () => {
        server.off('error', reject);
        server.on('error', (error) =>
          this.logger.warn('cannot accept a client connection', { error: error.message }),
        );
        this.listeners.add(server);
        const address = server.address();
        const tcp = typeof address === 'object' ? address : null;
        resolve({
          host: tcp?.address,
          port: tcp?.port,
          socketPath: options.socketPath,
          close: () => this.closeListener(server),
        });
      });
    });
  }

  private closeListener(server: NetServer): void {
    this.listeners.delete(server);
    server.close();
  }

  private accepted(socket: Socket, options: ListenOptions): void {
    const maxConnections = this.options.maxConnections ?? DEFAULT_MAX_CONNECTIONS;
    if (this.closing || this.sockets.size >= maxConnections) {
      socket.destroy();
      return;
    }
    const guest: Guest = { options, security: undefined, connection: undefined };
    this.sockets.set(socket, guest);
    socket.on('close', () => this.socketClosed(socket));
    this.admission.accept(socket, acceptanceOf(options), (admitted) => {
      this.identify(guest, admitted);
    });
  }

  private identify(guest: Guest, { socket, peer, security }: Admitted): void {
    guest.security = security;
    if (!isWelcome(guest)) {
      socket.destroy();
      return;
    }
    sniff(socket, this.clock, PREFACE_TIMEOUT_MS, (protocol, rest) => {
      if (protocol === 'http/1.1') {
        if (guest.options.only === 'grpc') socket.destroy();
        else this.http1.accept(socket, peer);
        return;
      }
      const connection = new Connection(socket, peer, this.connectionOptions);
      this.connections.add(connection);
      guest.connection = connection;
      if (this.closing || !isWelcome(guest)) connection.drain();
      if (rest.length > 0) connection.received(rest);
    });
    // It is paused where its first byte was looked at.
    socket.resume();
  }

  /**
   * To be called when listeners ask for more than before: connections that would not be accepted now are told to go (GOAWAY),
   * and are cut when they are still there after `graceMs`. Calls under way go on until then.
   */
  reconsider(graceMs: number): void {
    const unwelcome = [...this.sockets].filter(([, guest]) => !isWelcome(guest));
    if (unwelcome.length === 0) return;
    for (const [, guest] of unwelcome) guest.connection?.drain();
    this.clock.after(graceMs, () => {
      for (const [socket, guest] of unwelcome) if (!isWelcome(guest)) socket.destroy();
    });
  }

  private request(stream: Stream): void {
    this.options.onRequestFields?.(stream.head.fields);
    const isGrpc = stream.head.contentType?.startsWith('application/grpc') === true;
    if (isGrpc || this.options.http1 === undefined) this.dispatcher.dispatch(stream);
    else serveHttp2(stream, this.options.http1, this.logger);
  }

  private connectionClosed(connection: Connection): void {
    this.sentBytesBefore += connection.sender.sentBytes;
    this.connections.delete(connection);
  }

  private socketClosed(socket: Socket): void {
    this.sockets.delete(socket);
    if (this.sockets.size === 0) this.noConnections?.();
  }

  /**
   * Stops listening, tells clients to go (GOAWAY), lets running calls finish for at most `graceMs`, then closes what is
   * left. Handlers of calls that are cut off see them canceled.
   */
  async close(options: { graceMs: number }): Promise<void> {
    this.closing = true;
    for (const server of this.listeners) server.close();
    this.listeners.clear();
    this.admission.closeAll();
    this.http1.server.closeIdleConnections();
    for (const connection of this.connections) connection.drain();
    if (this.sockets.size > 0 && options.graceMs > 0) {
      await new Promise<void>((resolve) => {
        const timer = this.clock.after(options.graceMs, resolve);
        this.noConnections = () => {
          timer.cancel();
          resolve();
        };
      });
    }
    this.http1.close();
    for (const socket of this.sockets.keys()) socket.destroy();
  }
}

function acceptanceOf({ acceptance, tls }: ListenOptions): Acceptance {
  return acceptance === undefined ? { plain: tls === undefined, tls } : acceptance();
}

/** Those who are not in yet are judged when they are. */
function isWelcome({ options, security }: Guest): boolean {
  return security === undefined || isStillWelcome(security, acceptanceOf(options));
}
