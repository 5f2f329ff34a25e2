// Requests to other members' peer ports: the pipeline's, the prober's, and those the server makes at bootstrap.
import http, {
  type ClientRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
} from 'node:http';
import https from 'node:https';
import { ANSWER_LIMIT_BYTES, DIAL_TIMEOUT_MS, LINK_TIMEOUT_MS } from './limits.ts';
import { connectTo } from './connect.ts';
import { readBody } from './http-body.ts';
import type { PeerTls } from './options.ts';

/** Keeps connections to other members open between requests. */
export interface PeerAgent {
  readonly plain: http.Agent;
  readonly secure: https.Agent;
  close(): void;
}

/** Idle connections are given up before the other side closes them, which it does after LINK_TIMEOUT_MS. */
const IDLE_MS = LINK_TIMEOUT_MS - 500;
const MAX_SOCKETS_PER_MEMBER = 64;

export function createPeerAgent(
  tls: PeerTls | undefined,
  dialTimeoutMs = DIAL_TIMEOUT_MS,
): PeerAgent {
  const options = { keepAlive: true, maxSockets: MAX_SOCKETS_PER_MEMBER, timeout: IDLE_MS };
  const plain = new http.Agent(options);
  const secure = new https.Agent(options);
  for (const [agent, scheme] of [
    [plain, 'http'],
    [secure, 'https'],
  ] as const) {
    agent.createConnection = (target: { host?: string | null; port?: string | number | null }) =>
      connectTo(
        new URL(`${scheme}://${urlHost(target.host ?? 'localhost')}:${target.port ?? ''}`),
        tls,
        dialTimeoutMs,
      );
  }
  return {
    plain,
    secure,
    close() {
      plain.destroy();
      secure.destroy();
    },
  };
}

function urlHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

export interface PeerRequestOptions {
  /** Without an agent, the request has a connection of its own, made with `tls`. */
  readonly agent?: PeerAgent;
  readonly tls?: PeerTls | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  /** For the whole exchange; default 5 s. */
  readonly timeoutMs?: number;
  /** A longer answer is an error; default 64 KiB. */
  readonly maxBodyBytes?: number;
  readonly signal?: AbortSignal;
  /** A GET with a body: etcd's /members/hashkv reads one. */
  readonly body?: Uint8Array;
}

export interface PeerAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Uint8Array;
}

/** GET `path` from the member at `url`. Rejects when there is no whole answer in time; any status resolves. */
export function peerGet(
  url: string,
  path: string,
  options: PeerRequestOptions = {},
): Promise<PeerAnswer> {
  return exchange('GET', url, path, options.body, options);
}

export function peerPost(
  url: string,
  path: string,
  body: Uint8Array,
  contentType: string,
  options: PeerRequestOptions = {},
): Promise<PeerAnswer> {
  const headers = { ...options.headers, 'Content-Type': contentType };
  return exchange('POST', url, path, body, { ...options, headers });
}

async function exchange(
  method: string,
  url: string,
  path: string,
  body: Uint8Array | undefined,
  options: PeerRequestOptions,
): Promise<PeerAnswer> {
  const agent = options.agent ?? createPeerAgent(options.tls, options.timeoutMs);
  try {
    return await attempt(method, url, path, body, { ...options, agent });
  } finally {
    if (options.agent === undefined) agent.close();
  }
}

/** Once more on a fresh connection when a kept one turned out to be closed by the other side. */
async function attempt(
  method: string,
  url: string,
  path: string,
  body: Uint8Array | undefined,
  options: PeerRequestOptions & { agent: PeerAgent },
): Promise<PeerAnswer> {
  for (let again = 0; ; again++) {
    const request = openRequest(method, url, path, options.headers ?? {}, options.agent);
    try {
      return await finish(request, body, options);
    } catch (error) {
      if (!request.reusedSocket || again >= 2 || !isClosedConnection(error)) throw error;
    }
  }
}

function isClosedConnection(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code; // every error object may be asked for it
  return code === 'ECONNRESET' || code === 'EPIPE';
}

/** Begins a request; the caller writes the body and ends it. */
export function openRequest(
  method: string,
  url: string,
  path: string,
  headers: Readonly<Record<string, string>>,
  agent: PeerAgent,
): ClientRequest {
  const target = new URL(path, url);
  const secure = target.protocol === 'https:';
  const options = { method, headers: { ...headers }, agent: secure ? agent.secure : agent.plain };
  return secure ? https.request(target, options) : http.request(target, options);
}

async function finish(
  request: ClientRequest,
  body: Uint8Array | undefined,
  options: PeerRequestOptions,
): Promise<PeerAnswer> {
  const timeoutMs = options.timeoutMs ?? LINK_TIMEOUT_MS;
  const abort = (reason: Error): void => void request.destroy(reason);
  const timer = setTimeout(
    () => abort(new Error(`request timed out after ${timeoutMs} ms`)),
    timeoutMs,
  );
  const onAbort = (): void => abort(new Error('request canceled'));
  options.signal?.addEventListener('abort', onAbort);
  if (options.signal?.aborted === true) onAbort();
  try {
    const answered = responseTo(request);
    request.end(body);
    const response = await answered;
    const content = await readBody(response, options.maxBodyBytes ?? ANSWER_LIMIT_BYTES);
    return { status: response.statusCode ?? 0, headers: response.headers, body: content };
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener('abort', onAbort);
  }
}

/** The answer's head; rejects with whatever ends the request before it. */
export function responseTo(request: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.once('response', resolve);
    // Stays after the answer began: a late error on the socket must not be an unhandled event.
    request.on('error', reject);
    request.once('close', () => reject(new Error('connection closed')));
  });
}
