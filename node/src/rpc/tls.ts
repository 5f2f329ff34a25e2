// TLS on accepted sockets. Each handshake takes the newest certificates; connections that stand keep theirs.
import type { Socket } from 'node:net';
import { type PeerCertificate, type SecureContext, TLSSocket } from 'node:tls';
import type { Logger } from '../base/logger.ts';
import type { Clock } from '../base/world.ts';

export interface TlsOptions {
  /** Asked for each new connection: a reloaded certificate serves the connections that come after it. */
  readonly secureContext: () => SecureContext;
  /**
   * `required`: a client without a valid certificate is refused (--client-cert-auth). `optional`: a certificate is checked
   * when one is shown. `none`: clients are not asked.
   */
  readonly clientCertificate: 'none' | 'optional' | 'required';
  /** --client-cert-allowed-cn: when not empty, the common name must be one of these. */
  readonly allowedCommonNames?: readonly string[];
  /** --client-cert-allowed-hostname: when not empty, a subject alternative name must be one of these. */
  readonly allowedHostnames?: readonly string[];
}

/** Of connections that are not in yet, in the process; beyond, the oldest gives way. */
export const HANDSHAKE_LIMITS = { timeoutMs: 10_000, maxPending: 1000 };

export interface Secured {
  readonly socket: TLSSocket;
  readonly certificateCommonName: string | undefined;
  /** The client showed a certificate, and it was checked. */
  readonly isVerified: boolean;
}

// Not in the type declarations: node:tls's own server asks this after the handshake (lib/_tls_wrap.js
// onServerSocketSecure); null means that the chain was verified.
interface VerifyingHandle {
  verifyError?(): (Error & { code?: string }) | null;
}

export class TlsFront {
  private readonly clock: Clock;
  private readonly logger: Logger;
  private readonly pending = new Set<TLSSocket>();

  constructor(clock: Clock, logger: Logger) {
    this.clock = clock;
    this.logger = logger;
  }

  /** Runs the handshake; `ready` is called only for a client that may come in. */
  accept(
    raw: Socket,
    remoteAddress: string,
    options: TlsOptions,
    ready: (secured: Secured) => void,
  ): void {
    const socket = new TLSSocket(raw, {
      isServer: true,
      secureContext: options.secureContext(),
      requestCert: options.clientCertificate !== 'none',
      rejectUnauthorized: options.clientCertificate === 'required',
      ALPNProtocols: ['h2', 'http/1.1'],
    });
    this.track(socket);
    const reject = (error: string): void => {
      this.logger.warn('rejected connection on client endpoint', {
        'remote-addr': remoteAddress,
        'server-name': '',
        error,
      });
      socket.destroy();
    };
    const timer = this.clock.after(HANDSHAKE_LIMITS.timeoutMs, () =>
      reject('TLS handshake timed out'),
    );
    const settled = (): void => {
      timer.cancel();
      this.pending.delete(socket);
      socket.off('error', onError);
      socket.off('close', onClose);
    };
    const onError = (error: Error): void => {
      settled();
      socket.on('error', () => socket.destroy());
      reject(error.message);
    };
    const onClose = (): void => {
      settled();
      this.logger.debug('client left during the TLS handshake', { 'remote-addr': remoteAddress });
    };
    raw.on('error', () => raw.destroy());
    socket.on('error', onError);
    socket.on('close', onClose);
    socket.on('secure', () => {
      settled();
      if (socket.destroyed) return;
      const certificate = options.clientCertificate === 'none' ? undefined : certificateOf(socket);
      const refusal = refusalOf(socket, certificate, options);
      if (refusal !== undefined) {
        socket.on('error', () => socket.destroy());
        reject(refusal);
        return;
      }
      ready({
        socket,
        certificateCommonName: first(certificate?.subject.CN),
        isVerified: certificate !== undefined,
      });
    });
  }

  closeAll(): void {
    for (const socket of this.pending) socket.destroy();
  }

  private track(socket: TLSSocket): void {
    if (this.pending.size >= HANDSHAKE_LIMITS.maxPending) {
      for (const oldest of this.pending) {
        this.pending.delete(oldest);
        oldest.destroy();
        break;
      }
    }
    this.pending.add(socket);
  }
}

/** Why the client may not come in. */
function refusalOf(
  socket: TLSSocket,
  certificate: PeerCertificate | undefined,
  options: TlsOptions,
): string | undefined {
  if (options.clientCertificate === 'none') return undefined;
  if (certificate === undefined && options.clientCertificate === 'optional') return undefined;
  const handle = (socket as TLSSocket & { _handle?: VerifyingHandle })._handle;
  // Without the handle's answer nobody is let in.
  if (handle?.verifyError === undefined) return 'tls: cannot verify the client certificate';
  const error = handle.verifyError();
  if (error !== null && error !== undefined) return `tls: ${error.message}`;
  if (certificate === undefined) return "tls: client didn't provide a certificate";
  return nameRefusal(certificate, options);
}

/** Undefined when the client showed none. */
function certificateOf(socket: TLSSocket): PeerCertificate | undefined {
  const certificate = socket.getPeerCertificate();
  return Object.keys(certificate).length === 0 ? undefined : certificate;
}

function nameRefusal(certificate: PeerCertificate, options: TlsOptions): string | undefined {
  const names = options.allowedCommonNames ?? [];
  if (names.length > 0 && !names.includes(first(certificate.subject.CN) ?? '')) {
    return 'client certificate authentication failed';
  }
  const hostnames = options.allowedHostnames ?? [];
  if (
    hostnames.length > 0 &&
    !hostnames.some((name) => alternativeNames(certificate).includes(name))
  ) {
    return 'client certificate authentication failed';
  }
  return undefined;
}

/** DNS names and IP addresses of the certificate. */
function alternativeNames(certificate: PeerCertificate): string[] {
  const list = certificate.subjectaltname ?? '';
  return list.split(', ').map((entry) => entry.replace(/^(DNS|IP Address):/, ''));
}

function first(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
