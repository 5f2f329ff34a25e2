// TLS on accepted sockets. Each handshake takes the newest certificates; connections that stand keep theirs.
import type { Socket } from 'node:net';
import { type PeerCertificate, type SecureContext, TLSSocket } from 'node:tls';
import type { Logger } from '../base/logger.ts';
import type { Clock } from '../base/world.ts';

export interface TlsOptions {
  /** Asked for each new connection: a reloaded certificate serves the connections that come after it. */
  readonly secureContext: () => SecureContext;
  /** Ask for a client certificate and refuse a client without a valid one (--client-cert-auth). */
  readonly requestClientCert: boolean;
  /** --client-cert-allowed-cn: when not empty, the common name must be one of these. */
  readonly allowedCommonNames?: readonly string[];
  /** --client-cert-allowed-hostname: when not empty, a subject alternative name must be one of these. */
  readonly allowedHostnames?: readonly string[];
}

const HANDSHAKE_TIMEOUT_MS = 10_000;
/** Handshakes under way in the process; beyond, the oldest gives way. */
const MAX_HANDSHAKES = 1000;

export interface Secured {
  readonly socket: TLSSocket;
  readonly certificateCommonName: string | undefined;
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
      requestCert: options.requestClientCert,
      rejectUnauthorized: options.requestClientCert,
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
    const timer = this.clock.after(HANDSHAKE_TIMEOUT_MS, () => reject('TLS handshake timed out'));
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
      const refusal = this.refusal(socket, options);
      if (refusal !== undefined) {
        socket.on('error', () => socket.destroy());
        reject(refusal);
        return;
      }
      ready({ socket, certificateCommonName: commonName(socket, options) });
    });
  }

  closeAll(): void {
    for (const socket of this.pending) socket.destroy();
  }

  private track(socket: TLSSocket): void {
    if (this.pending.size >= MAX_HANDSHAKES) {
      for (const oldest of this.pending) {
        this.pending.delete(oldest);
        oldest.destroy();
        break;
      }
    }
    this.pending.add(socket);
  }

  private refusal(socket: TLSSocket, options: TlsOptions): string | undefined {
    if (!options.requestClientCert) return undefined;
    const handle = (socket as TLSSocket & { _handle?: VerifyingHandle })._handle;
    // Without the handle's answer nobody is let in.
    if (handle?.verifyError === undefined) return 'tls: cannot verify the client certificate';
    const error = handle.verifyError();
    if (error !== null && error !== undefined) return `tls: ${error.message}`;
    const certificate = socket.getPeerCertificate();
    if (Object.keys(certificate).length === 0) return "tls: client didn't provide a certificate";
    return nameRefusal(certificate, options);
  }
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

function commonName(socket: TLSSocket, options: TlsOptions): string | undefined {
  if (!options.requestClientCert) return undefined;
  return first(socket.getPeerCertificate().subject.CN);
}

function first(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
