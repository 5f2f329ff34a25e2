// Opens connections to other members, with the certificates of the moment.
import net from 'node:net';
import tls from 'node:tls';
import type { PeerTls } from './options.ts';
import { checkServer } from './tls-check.ts';

const KEEP_ALIVE_MS = 30_000;

/** Errors that came before a connection was ready: nothing was sent on it. */
const dialErrors = new WeakSet<object>();

/** Whether `error` ended a connection before it could carry anything. */
export function isDialError(error: unknown): boolean {
  return typeof error === 'object' && error !== null && dialErrors.has(error);
}

/** Host and port of a peer URL, without the brackets of an IPv6 address. */
export function addressOf(url: URL): { host: string; port: number } {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return { host, port: Number(url.port || (url.protocol === 'https:' ? 443 : 80)) };
}

/** The event after which the socket of this URL can be used. */
export function readyEvent(url: URL): 'connect' | 'secureConnect' {
  return url.protocol === 'https:' ? 'secureConnect' : 'connect';
}

/**
 * Starts to connect. The socket is destroyed with an error when it is not ready (TLS included) after `timeoutMs`.
 */
export function connectTo(url: URL, peerTls: PeerTls | undefined, timeoutMs: number): net.Socket {
  const address = addressOf(url);
  const base = {
    ...address,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: KEEP_ALIVE_MS,
    ...(peerTls?.lookup && { lookup: peerTls.lookup }),
  };
  const socket =
    url.protocol === 'https:' ? tls.connect(tlsOptions(base, peerTls)) : net.connect(base);
  const onTimeout = (): void => {
    socket.destroy(new Error(`dial tcp ${address.host}:${address.port}: i/o timeout`));
  };
  socket.setTimeout(timeoutMs, onTimeout);
  const onError = (error: Error): void => void dialErrors.add(error);
  socket.once('error', onError);
  socket.once(readyEvent(url), () => {
    socket.off('error', onError);
    socket.setTimeout(0);
    socket.removeListener('timeout', onTimeout);
  });
  return socket;
}

function tlsOptions(
  base: net.TcpNetConnectOpts,
  peerTls: PeerTls | undefined,
): tls.ConnectionOptions {
  const options = peerTls?.clientOptions() ?? {};
  // A server name is a host name; for an address, the certificate is checked against the address.
  const servername = options.servername ?? (net.isIP(base.host ?? '') === 0 ? base.host : '');
  return {
    ...base,
    ...(peerTls === undefined ? {} : { checkServerIdentity: checkServer(peerTls) }),
    ...options,
    ...(servername === undefined ? {} : { servername }),
  };
}
