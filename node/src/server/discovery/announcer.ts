// Tells people what a pod waits for: in the log when it changes and every ten seconds, and what needs them as an Event.
import type { Clock, Logger } from '../../base/index.ts';
import { EventRecorder, type KubernetesApi, type ObjectReference } from '../../kubernetes/index.ts';
import type { Pods } from './pods.ts';

const LOG_INTERVAL_MS = 10_000;
const EVENT_INTERVAL_MS = 60_000;

export class Announcer {
  private readonly api: KubernetesApi;
  private readonly clock: Clock;
  private readonly logger: Logger;
  private object: ObjectReference;
  private events: EventRecorder | undefined;
  private readonly logged = new Last();
  private readonly told = new Last();

  constructor(api: KubernetesApi, pods: Pods, clock: Clock, logger: Logger) {
    this.api = api;
    this.clock = clock;
    this.logger = logger;
    const { namespace, statefulSet: name } = pods;
    this.object = { apiVersion: 'apps/v1', kind: 'StatefulSet', namespace, name };
  }

  /** What Events are about: the StatefulSet, with its uid once that is known. */
  about(object: ObjectReference | undefined): void {
    if (object === undefined || object.uid === this.object.uid) return;
    this.object = object;
    this.events = undefined;
  }

  /** The start waits; it goes on by itself. */
  waits(code: string, reason: string): void {
    if (this.logged.isDue(reason, this.clock, LOG_INTERVAL_MS))
      this.logger.info('waiting to start', { code, reason });
  }

  /** The start is refused until a person acts. */
  refuses(code: string, reason: string): void {
    if (this.logged.isDue(reason, this.clock, LOG_INTERVAL_MS))
      this.logger.error('refusing to start', { code, reason });
    void this.tell(code, reason);
  }

  /** For what goes wrong later. */
  async warn(code: string, reason: string): Promise<void> {
    this.logger.warn(reason, { code });
    await this.tell(code, reason);
  }

  private async tell(code: string, reason: string): Promise<void> {
    if (!this.told.isDue(reason, this.clock, EVENT_INTERVAL_MS)) return;
    this.events ??= new EventRecorder(this.api, this.object, 'binnacle', (error) =>
      this.logger.warn('an Event could not be written', { error: String(error) }),
    );
    await this.events.record({ type: 'Warning', reason: code, message: reason });
  }
}

/** What was said last, and when. */
class Last {
  private text = '';
  private atMs = 0;

  /** True, and remembered, when the text is another one or was said long ago. */
  isDue(text: string, clock: Clock, intervalMs: number): boolean {
    const nowMs = clock.monotonicMs();
    if (text === this.text && nowMs - this.atMs < intervalMs) return false;
    this.text = text;
    this.atMs = nowMs;
    return true;
  }
}
