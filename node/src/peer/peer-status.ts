// Whether a member can be reached, as its streams, pipeline and snapshot transfers see it (etcd: rafthttp/peer_status.go).
import { formatId } from '../base/ids.ts';
import type { MemberId } from '../base/ids.ts';
import type { Logger } from '../base/logger.ts';
import type { Clock } from '../base/world.ts';
import type { PeerMetrics } from './options.ts';

export class PeerStatus {
  private readonly id: MemberId;
  private readonly clock: Clock;
  private readonly logger: Logger;
  private readonly metrics: PeerMetrics;
  private sinceMs = 0;

  constructor(id: MemberId, deps: { clock: Clock; logger: Logger; metrics: PeerMetrics }) {
    this.id = id;
    this.clock = deps.clock;
    this.logger = deps.logger;
    this.metrics = deps.metrics;
  }

  /** Milliseconds since the Unix epoch at which the peer became active; 0 while it is not. */
  get activeSinceMs(): number {
    return this.sinceMs;
  }

  get active(): boolean {
    return this.sinceMs !== 0;
  }

  activate(): void {
    if (this.active) return;
    this.sinceMs = this.clock.wallMs();
    this.logger.info('peer became active', { 'peer-id': formatId(this.id) });
    this.metrics.peerActive?.(this.id, true);
  }

  /** `source` failed to do `action`: 'stream Message', 'dial'. */
  deactivate(source: string, action: string, reason: string): void {
    const peerId = formatId(this.id);
    const error = `failed to ${action} ${peerId} on ${source} (${reason})`;
    const fields = { 'peer-id': peerId, error };
    if (!this.active) {
      this.logger.debug('peer deactivated again', fields);
      return;
    }
    this.sinceMs = 0;
    this.logger.warn('peer became inactive (message send to peer failed)', fields);
    this.metrics.peerActive?.(this.id, false);
  }

  /** The peer is gone: its metric must not stay up. */
  close(): void {
    if (this.active) this.metrics.peerActive?.(this.id, false);
    this.sinceMs = 0;
  }
}
