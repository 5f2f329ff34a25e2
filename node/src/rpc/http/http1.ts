// Plain HTTP/1.1: a node:http server that is fed with sockets and never listens.
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { GrpcStatus, StatusError } from '../../base/errors.ts';
import type { Logger } from '../../base/logger.ts';
import type { PeerInfo } from '../h2/connection.ts';
import type { HttpHandler, HttpRequest, HttpResponder } from './exchange.ts';

/** As etcd's ReadHeaderTimeout (embed/serve.go). */
const HEADERS_TIMEOUT_MS = 5 * 60_000;
const IDLE_TIMEOUT_MS = 2 * 60_000;
const MAX_HEADER_BYTES = 64 * 1024;

export type UpgradeHandler = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

export class Http1Front {
  readonly server: Server;
  private readonly peers = new WeakMap<object, PeerInfo>();

  constructor(
    handler: HttpHandler | undefined,
    upgrade: UpgradeHandler | undefined,
    logger: Logger,
  ) {
    this.server = createServer({
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: HEADERS_TIMEOUT_MS,
      keepAliveTimeout: IDLE_TIMEOUT_MS,
    });
    this.server.timeout = HEADERS_TIMEOUT_MS;
    // Without 'listening' node:http would not check its own timeouts.
    this.server.emit('listening');
    if (upgrade !== undefined) this.server.on('upgrade', upgrade);
    this.server.on('request', (request, response) => {
      if (handler === undefined) {
        response.writeHead(404).end('404 page not found\n');
        return;
      }
      const peer = this.peers.get(request.socket);
      serve(handler, new Request1(request, response, peer), new Responder1(response), logger);
    });
  }

  /** Takes over a paused socket; what was read from it must have been unshifted. */
  accept(socket: Socket, peer: PeerInfo): void {
    this.peers.set(socket, peer);
    this.server.emit('connection', socket);
    socket.resume();
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }
}

/** Runs the handler; what it throws becomes a 500 with a log line. */
export function serve(
  handler: HttpHandler,
  request: HttpRequest,
  responder: HttpResponder,
  logger: Logger,
): void {
  const failed = (error: unknown): void => {
    if (error instanceof StatusError && error.status === GrpcStatus.Canceled) return;
    logger.warn('HTTP handler failed', {
      url: request.url,
      error: error instanceof Error ? (error.stack ?? error.message) : String(error),
    });
    responder.respond(500, { 'content-type': 'text/plain; charset=utf-8' }, 'internal error\n');
  };
  try {
    const result = handler(request, responder);
    if (result instanceof Promise) result.catch(failed);
  } catch (error) {
    failed(error);
  }
}

class Request1 implements HttpRequest {
  readonly method: string;
  readonly url: string;
  readonly remoteAddress: string;
  readonly certificateCommonName: string | undefined;
  readonly httpVersion = '1.1';
  readonly raw: { readonly request: IncomingMessage; readonly response: ServerResponse };

  constructor(request: IncomingMessage, response: ServerResponse, peer: PeerInfo | undefined) {
    this.method = request.method ?? '';
    this.url = request.url ?? '';
    this.remoteAddress = peer?.remoteAddress ?? '';
    this.certificateCommonName = peer?.certificateCommonName;
    this.raw = { request, response };
  }

  get headers(): Readonly<Record<string, string | undefined>> {
    const headers: Record<string, string | undefined> = {};
    for (const [name, value] of Object.entries(this.raw.request.headers)) {
      headers[name] = Array.isArray(value) ? value.join(', ') : value;
    }
    return headers;
  }

  body(limitBytes: number): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      const { request } = this.raw;
      const parts: Buffer[] = [];
      let length = 0;
      request.on('data', (part: Buffer) => {
        length += part.length;
        if (length <= limitBytes) parts.push(part);
        else {
          request.pause();
          reject(new StatusError(GrpcStatus.ResourceExhausted, 'request body too large'));
        }
      });
      request.on('end', () => resolve(Buffer.concat(parts, length)));
      request.on('close', () => reject(new StatusError(GrpcStatus.Canceled, 'client went away')));
    });
  }
}

class Responder1 implements HttpResponder {
  private readonly response: ServerResponse;

  constructor(response: ServerResponse) {
    this.response = response;
    response.on('error', () => response.destroy());
  }

  respond(
    status: number,
    headers: Readonly<Record<string, string>>,
    body: string | Uint8Array,
  ): void {
    if (this.response.headersSent) {
      this.response.destroy();
      return;
    }
    this.response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) });
    this.response.end(body);
  }

  start(status: number, headers: Readonly<Record<string, string>>): void {
    this.response.writeHead(status, headers);
    this.response.flushHeaders();
  }

  write(part: string | Uint8Array): boolean {
    return this.response.write(part);
  }

  drained(): Promise<void> {
    const { response } = this;
    if (!response.writableNeedDrain || response.destroyed) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        response.off('drain', wake);
        response.off('close', wake);
        resolve();
      };
      response.on('drain', wake);
      response.on('close', wake);
    });
  }

  end(): void {
    this.response.end();
  }

  onClose(callback: () => void): void {
    this.response.once('close', () => {
      if (!this.response.writableFinished) callback();
    });
  }
}
