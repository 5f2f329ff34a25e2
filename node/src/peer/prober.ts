// Asks a peer now and then whether it is well, for the round-trip time and the clocks' difference
// (etcd: rafthttp/probing_status.go; the answer is {"OK":true,"Now":"<RFC 3339>"}).
import { formatId } from '../base/ids.ts';
import { textFromUtf8 } from '../base/text.ts';
import type { Timer } from '../base/world.ts';
import { messageOf, type PeerLink } from './context.ts';
import { peerGet } from './http-client.ts';
import { PROBE_ALARM_FACTOR, PROBE_REPORT_INTERVAL_MS } from './limits.ts';
import { PROBING_PATH } from './stream-kind.ts';
import { UrlPicker } from './url-picker.ts';

const SMOOTHING = 0.125;
const CLOCK_DRIFT_LIMIT_MS = 1_000;

export class Prober {
  private readonly link: PeerLink;
  private readonly picker: UrlPicker;
  private probeTimer: Timer | undefined;
  private reportTimer: Timer | undefined;
  private stopped = false;
  private healthy = false;
  private roundTripMs = 0;
  private clockDifferenceMs = 0;
  private error = '';

  constructor(link: PeerLink, urls: readonly string[]) {
    this.link = link;
    this.picker = new UrlPicker(urls, link.context.dialUrls);
    this.scheduleProbe();
    this.scheduleReport(this.alarmMs());
  }

  update(urls: readonly string[]): void {
    this.picker.update(urls);
  }

  stop(): void {
    this.stopped = true;
    this.probeTimer?.cancel();
    this.reportTimer?.cancel();
  }

  private alarmMs(): number {
    return this.link.context.probeIntervalMs * PROBE_ALARM_FACTOR;
  }

  private scheduleProbe(): void {
    const { clock, probeIntervalMs } = this.link.context;
    this.probeTimer = clock.after(probeIntervalMs, () => void this.probe());
  }

  private async probe(): Promise<void> {
    const { clock, agent, linkTimeoutMs } = this.link.context;
    const url = this.picker.pick();
    const startMs = clock.monotonicMs();
    try {
      const { status, body } = await peerGet(url, PROBING_PATH, {
        agent,
        timeoutMs: linkTimeoutMs,
      });
      if (status !== 200) throw new Error(`got unexpected HTTP status code ${status} from ${url}`);
      this.record(clock.monotonicMs() - startMs, parseHealth(body));
    } catch (error) {
      this.healthy = false;
      this.error = messageOf(error);
      this.picker.unreachable(url);
    }
    if (!this.stopped) this.scheduleProbe();
  }

  private record(roundTripMs: number, theirWallMs: number): void {
    this.healthy = true;
    this.error = '';
    this.roundTripMs = (1 - SMOOTHING) * this.roundTripMs + SMOOTHING * roundTripMs;
    this.clockDifferenceMs = this.link.context.clock.wallMs() - theirWallMs - this.roundTripMs / 2;
  }

  private scheduleReport(delayMs: number): void {
    this.reportTimer = this.link.context.clock.after(delayMs, () => {
      this.report();
      this.scheduleReport(this.healthy ? PROBE_REPORT_INTERVAL_MS : this.alarmMs());
    });
  }

  private report(): void {
    const { logger, metrics } = this.link.context;
    const fields = {
      'round-tripper-name': 'ROUND_TRIPPER_RAFT_MESSAGE',
      'remote-peer-id': formatId(this.link.peerId),
      rtt: `${this.roundTripMs}ms`,
      error: this.error,
    };
    if (!this.healthy) logger.warn('prober detected unhealthy status', fields);
    if (Math.abs(this.clockDifferenceMs) > CLOCK_DRIFT_LIMIT_MS) {
      const drift = { 'clock-drift': `${this.clockDifferenceMs}ms` };
      logger.warn('prober found high clock drift', { ...fields, ...drift });
    }
    // Before the first answer there is nothing to tell.
    if (this.healthy) metrics.roundTripSeconds?.(this.link.peerId, this.roundTripMs / 1000);
  }
}

/** The time the peer says it is, in milliseconds since the Unix epoch. */
function parseHealth(body: Uint8Array): number {
  const health: unknown = JSON.parse(textFromUtf8(body) ?? '');
  if (typeof health === 'object' && health !== null && 'OK' in health && 'Now' in health) {
    const wallMs = Date.parse(String(health.Now));
    if (health.OK === true && !Number.isNaN(wallMs)) return wallMs;
  }
  throw new Error('malformed health');
}
