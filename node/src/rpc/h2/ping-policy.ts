// Keepalive as grpc-go does it (internal/transport/http2_server.go): how often a client may ping, and the pings by which
// the server finds out that a client is gone.
import { ConnectionError, ErrorCode } from './protocol.ts';

const MAX_STRIKES = 2;
/** Without an open stream a client need not ping more often than this. */
const IDLE_MIN_INTERVAL_MS = 2 * 3600_000;

/** Counts pings that come too early; the third in a row ends the connection. */
export class PingPolicy {
  private readonly minIntervalMs: number;
  private lastPingMs = -Infinity;
  private strikes = 0;
  private forgive = false;

  constructor(minIntervalMs: number) {
    this.minIntervalMs = minIntervalMs;
  }

  /** The server sent HEADERS or DATA: pings before that no longer count. */
  sentSomething(): void {
    this.forgive = true;
  }

  /** @throws ConnectionError ENHANCE_YOUR_CALM with grpc's text */
  pinged(nowMs: number, openStreams: number): void {
    const lastPingMs = this.lastPingMs;
    this.lastPingMs = nowMs;
    if (this.forgive) {
      this.forgive = false;
      this.strikes = 0;
      return;
    }
    const minIntervalMs = openStreams === 0 ? IDLE_MIN_INTERVAL_MS : this.minIntervalMs;
    if (lastPingMs + minIntervalMs > nowMs) this.strikes++;
    if (this.strikes > MAX_STRIKES) {
      throw new ConnectionError(ErrorCode.EnhanceYourCalm, 'too_many_pings');
    }
  }
}
