// Tells people what a pod waits for: in the log when it changes and every ten seconds, and what needs them as an Event.
import type { Clock, Logger } from '../../base/index.ts';
import { EventRecorder, type KubernetesApi, type ObjectReference } from '../../kubernetes/index.ts';
import type { Pods } from './pods.ts';

const INTERVAL_MS = 10_000;

export class Announcer {
  /** What Events are about: the StatefulSet, with its uid once that is known. */
  about: ObjectReference;
  private readonly api: KubernetesApi;
  private readonly clock: Clock;
  private readonly logger: Logger;
  private text = '';
  private loggedMs = 0;
  private toldMs = 0;
  private told = '';

  constructor(api: KubernetesApi, pods: Pods, clock: Clock, logger: Logger) {
    this.api = api;
    this.clock = clock;
    this.logger = logger;
    const { namespace, statefulSet: name } = pods;
    this.about = { apiVersion: 'apps/v1', kind: 'StatefulSet', namespace, name };
  }

  /** The start waits; it goes on by itself. */
  waits(code: string, reason: string): void {
    if (this.isDue(reason)) this.logger.info('waiting to start', { code, reason });
  }

  /** The start is refused until a person acts. */
  refuses(code: string, reason: string): void {
    if (!this.isDue(reason)) return;
    this.logger.error('refusing to start', { code, reason });
    void this.warn(code, reason);
  }

  /** A warning and an Event; the same one again counts once in a minute. */
  async warn(code: string, reason: string): Promise<void> {
    const nowMs = this.clock.monotonicMs();
    if (this.told === reason && nowMs - this.toldMs < 60_000) return;
    this.told = reason;
    this.toldMs = nowMs;
    this.logger.warn(reason, { code });
    const events = new EventRecorder(this.api, this.about, 'binnacle', (error) =>
      this.logger.warn('an Event could not be written', { error: String(error) }),
    );
    await events.record({ type: 'Warning', reason: code, message: reason });
  }

  private isDue(text: string): boolean {
    const nowMs = this.clock.monotonicMs();
    if (text === this.text && nowMs - this.loggedMs < INTERVAL_MS) return false;
    this.text = text;
    this.loggedMs = nowMs;
    return true;
  }
}
