// The peer port: plain HTTP/1.1, or TLS whose certificates are asked for at each handshake.
import http from 'node:http';
import net from 'node:net';
import tls from 'node:tls';
import type { X509Certificate } from 'node:crypto';
import { assert } from '../base/assert.ts';
import { FirstBytes } from '../base/first-bytes.ts';
import type { Logger } from '../base/logger.ts';
import type { Clock } from '../base/world.ts';
import { addressOf } from './connect.ts';
import {
  HEADERS_TIMEOUT_MS,
  LINK_TIMEOUT_MS,
  MAX_CONNECTIONS,
  TLS_HANDSHAKE_TIMEOUT_MS,
} from './limits.ts';
import { LinkServer, type LinkRoutes } from './link-server.ts';
import type { LogLimiter } from './log-limiter.ts';
import type { PeerRoute, PeerTls } from './options.ts';
import { addressProblem, isAllowed, namesOf } from './tls-check.ts';

export interface ListenerContext {
  readonly tls: PeerTls | undefined;
  readonly logger: Logger;
  readonly limiter: LogLimiter;
  readonly clock: Clock;
}

type Accepts = 'plain' | 'both' | 'tls';

export class PeerListener {
  /** The URL with the port that was bound. */
  readonly url: string;
  private readonly server: http.Server;
  private readonly gate: Gate;
  private readonly links: LinkServer;

  private constructor(url: string, server: http.Server, gate: Gate, links: LinkServer) {
    this.url = url;
    this.server = server;
    this.gate = gate;
    this.links = links;
  }

  /** Binds `url`. Rejects with the system's error, or when https is asked for without certificates. */
  static async open(
    url: string,
    route: PeerRoute,
    context: ListenerContext,
    linkRoutes: LinkRoutes = {},
  ): Promise<PeerListener> {
    const parsed = new URL(url);
    const isSecure = parsed.protocol === 'https:';
    const { tls: peerTls } = context;
    if (isSecure && peerTls === undefined) {
      throw new Error('KeyFile and CertFile are not presented: cannot listen on TLS');
    }
    if (!isSecure && peerTls !== undefined && peerTls.accepts === undefined) {
      context.logger.warn(
        'scheme is HTTP while key and cert files are present; ignoring key and cert files',
        { 'peer-url': url },
      );
    }
    const links = new LinkServer(linkRoutes);
    const server = createServer(route, links);
    const accepts = (): Accepts => peerTls?.accepts?.() ?? (isSecure ? 'tls' : 'plain');
    const gate = new Gate(server, accepts, context);
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(addressOf(parsed), resolve);
    });
    const address = server.address();
    if (typeof address === 'object' && address !== null) parsed.port = String(address.port);
    const bound = parsed.href.replace(/\/$/, '');
    context.logger.info('serving peer traffic', { address: bound });
    return new PeerListener(bound, server, gate, links);
  }

  /** Plain connections that would not be accepted now are cut, when they are still there after `graceMs`. */
  reconsider(graceMs: number, clock: Clock): void {
    this.gate.reconsider(graceMs, clock);
  }

  /** Stops accepting; requests in progress get `graceMs`, then every connection is closed. */
  async close(graceMs: number, clock: Clock): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    this.server.closeIdleConnections();
    this.links.close();
    const timer = clock.after(graceMs, () => {
      this.gate.closeAll();
    });
    await closed;
    timer.cancel();
  }
}

function createServer(route: PeerRoute, links: LinkServer): http.Server {
  const server = http.createServer({
    headersTimeout: HEADERS_TIMEOUT_MS,
    // A snapshot may take long; stalled bodies are the routes' business.
    requestTimeout: 0,
    keepAliveTimeout: LINK_TIMEOUT_MS,
    connectionsCheckingInterval: 1_000,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: 30_000,
    shouldUpgradeCallback: links.accepts,
  });
  links.attach(server);
  server.maxConnections = MAX_CONNECTIONS;
  server.on('request', route);
  return server;
}

/** Stands in front of the HTTP server, which sees a connection once it may come in. */
class Gate {
  /** All connections; true for those under TLS. */
  private readonly sockets = new Map<net.Socket, boolean>();
  private readonly enter: (socket: net.Socket) => void;
  private readonly accepts: () => Accepts;
  private readonly context: ListenerContext;
  private readonly firstBytes: FirstBytes;

  constructor(server: http.Server, accepts: () => Accepts, context: ListenerContext) {
    this.accepts = accepts;
    this.context = context;
    this.firstBytes = new FirstBytes(context.clock, {
      timeoutMs: TLS_HANDSHAKE_TIMEOUT_MS,
      maxPending: MAX_CONNECTIONS,
    });
    // The functions are HTTP's own listeners for this event.
    const listeners = server.listeners('connection') as ((socket: net.Socket) => void)[];
    server.removeAllListeners('connection');
    server.on('connection', (raw: net.Socket) => this.accept(raw));
    this.enter = (socket) => {
      for (const listener of listeners) listener.call(server, socket);
    };
  }

  reconsider(graceMs: number, clock: Clock): void {
    if (this.accepts() !== 'tls' || ![...this.sockets.values()].includes(false)) return;
    clock.after(graceMs, () => {
      if (this.accepts() !== 'tls') return;
      for (const [socket, isTls] of this.sockets) if (!isTls) socket.destroy();
    });
  }

  closeAll(): void {
    for (const socket of this.sockets.keys()) socket.destroy();
  }

  private accept(raw: net.Socket): void {
    this.sockets.set(raw, false);
    raw.once('close', () => this.sockets.delete(raw));
    const accepted = this.accepts();
    if (accepted === 'plain') this.enter(raw);
    else if (accepted === 'tls') this.secure(raw);
    else {
      this.firstBytes.read(raw, (isTls) => {
        if (isTls) {
          this.secure(raw);
          return;
        }
        this.enter(raw);
        raw.resume();
      });
    }
  }

  private secure(raw: net.Socket): void {
    this.sockets.set(raw, true);
    const { tls: peerTls } = this.context;
    assert(peerTls !== undefined, 'a port that takes TLS has certificates');
    handshake(raw, peerTls, this.context, this.enter);
  }
}

function handshake(
  raw: net.Socket,
  peerTls: PeerTls,
  context: ListenerContext,
  accept: (socket: tls.TLSSocket) => void,
): void {
  const requestCert = peerTls.requestClientCertificate ?? true;
  // HTTP servers accept sockets that outlive the client's end; a handshake does not.
  raw.allowHalfOpen = false;
  const socket = new tls.TLSSocket(raw, {
    isServer: true,
    secureContext: peerTls.serverContext(),
    requestCert,
    rejectUnauthorized: requestCert,
  });
  let done = false;
  const reject = (reason: string): void => {
    if (!done) logRejected(context, raw, socket, reason);
    done = true;
    socket.destroy();
    raw.destroy();
  };
  const timer = context.clock.after(TLS_HANDSHAKE_TIMEOUT_MS, () => reject('handshake timeout'));
  socket.on('error', (error) => reject(error.message));
  socket.on('_tlsError', (error: Error) => reject(error.message));
  socket.once('close', () => {
    timer.cancel();
    reject('EOF');
  });
  socket.once('secure', () => {
    timer.cancel();
    const certificate = socket.getPeerX509Certificate();
    void findProblem(socket, certificate, peerTls, requestCert).then((problem) => {
      if (problem !== undefined) reject(problem);
      else if (!socket.destroyed) {
        done = true;
        accept(socket);
      }
    });
  });
}

async function findProblem(
  socket: tls.TLSSocket,
  certificate: X509Certificate | undefined,
  peerTls: PeerTls,
  requestCert: boolean,
): Promise<string | undefined> {
  if (!requestCert) return undefined;
  const chainError = verifyError(socket);
  if (chainError !== undefined) return `tls: failed to verify certificate: ${chainError}`;
  if (certificate === undefined) return "tls: client didn't provide a certificate";
  if (!isAllowed(certificate, peerTls)) return 'client certificate authentication failed';
  if (peerTls.skipClientSanVerification === true) return undefined;
  return addressProblem(certificate, socket.remoteAddress ?? '').catch(String);
}

/** What OpenSSL found wrong with the client's chain; tls.Server reads it in the same way, and there is no public one. */
function verifyError(socket: tls.TLSSocket): string | undefined {
  const { _handle: handle } = socket as unknown as {
    _handle: { verifyError(): (Error & { code?: string }) | null } | null;
  };
  if (handle === null) return 'connection closed';
  const error = handle.verifyError();
  return error === null || error === undefined ? undefined : error.message;
}

function logRejected(
  context: ListenerContext,
  raw: net.Socket,
  socket: tls.TLSSocket,
  error: string,
): void {
  const certificate = socket.destroyed ? undefined : socket.getPeerX509Certificate();
  const names = certificate === undefined ? undefined : namesOf(certificate);
  const fields = {
    'remote-addr': `${raw.remoteAddress ?? ''}:${raw.remotePort ?? ''}`,
    'server-name': String((socket as { servername?: unknown }).servername || ''),
    ...(names && { 'ip-addresses': names.ipAddresses, 'dns-names': names.dnsNames }),
    error,
  };
  const message = 'rejected connection on peer endpoint';
  if (error === 'EOF') context.logger.debug(message, fields);
  else {
    context.limiter.log(`rejected ${error}`, (suppressed) => {
      context.logger.warn(message, suppressed > 0 ? { ...fields, suppressed } : fields);
    });
  }
}
