// Who may come in: plain, TLS, or either on one port, as the listener says at that moment.
import type { Socket } from 'node:net';
import { FirstBytes } from '../base/first-bytes.ts';
import type { Logger } from '../base/logger.ts';
import type { Clock } from '../base/world.ts';
import type { PeerInfo } from './h2/connection.ts';
import { HANDSHAKE_LIMITS, TlsFront, type TlsOptions } from './tls.ts';

/** What a listener takes now. With both, the first byte of a connection decides. */
export interface Acceptance {
  readonly plain: boolean;
  /** Undefined: no TLS. */
  readonly tls: TlsOptions | undefined;
}

/** How a connection came in. `verified`: it showed a certificate that was checked. */
export type Security = 'plain' | 'tls' | 'verified';

export interface Admitted {
  readonly socket: Socket;
  readonly peer: PeerInfo;
  readonly security: Security;
}

export class Admission {
  private readonly tls: TlsFront;
  private readonly firstBytes: FirstBytes;

  constructor(clock: Clock, logger: Logger) {
    this.tls = new TlsFront(clock, logger);
    this.firstBytes = new FirstBytes(clock, HANDSHAKE_LIMITS);
  }

  /** Calls `ready` for a client that may come in; every other one is closed. The socket may be paused. */
  accept(raw: Socket, acceptance: Acceptance, ready: (admitted: Admitted) => void): void {
    const { plain, tls } = acceptance;
    const remoteAddress = addressOf(raw);
    const admitPlain = (): void => {
      const peer = { remoteAddress, certificateCommonName: undefined };
      ready({ socket: raw, peer, security: 'plain' });
    };
    if (tls === undefined) {
      if (plain) admitPlain();
      else raw.destroy();
      return;
    }
    const secure = (): void => this.secure(raw, remoteAddress, tls, ready);
    if (!plain) secure();
    else this.firstBytes.read(raw, (isTls) => (isTls ? secure() : admitPlain()));
  }

  /** Closes those who are not in yet. */
  closeAll(): void {
    this.tls.closeAll();
    this.firstBytes.closeAll();
  }

  private secure(
    raw: Socket,
    remoteAddress: string,
    tls: TlsOptions,
    ready: (admitted: Admitted) => void,
  ): void {
    this.tls.accept(raw, remoteAddress, tls, ({ socket, certificateCommonName, isVerified }) => {
      const peer = { remoteAddress, certificateCommonName };
      ready({ socket, peer, security: isVerified ? 'verified' : 'tls' });
    });
  }
}

/** False when a new connection has to be safer than one that came in as `security` is. */
export function isStillWelcome(security: Security, acceptance: Acceptance): boolean {
  if (acceptance.plain) return true;
  if (security === 'plain') return false;
  return security === 'verified' || acceptance.tls?.clientCertificate !== 'required';
}

function addressOf(socket: Socket): string {
  const { remoteAddress, remotePort } = socket;
  if (remoteAddress === undefined) return '@';
  return remoteAddress.includes(':')
    ? `[${remoteAddress}]:${remotePort}`
    : `${remoteAddress}:${remotePort}`;
}
