// Events: what a person sees with `kubectl describe`. Said again, an Event is counted up in place of written anew.
import { createHash } from 'node:crypto';
import type { KubernetesApi } from './api.ts';
import { isKubernetesError } from './errors.ts';
import { EVENTS } from './resources.ts';
import type { ObjectReference } from './types.ts';

export interface EventText {
  readonly type: 'Normal' | 'Warning';
  /** One word in CamelCase, for machines. */
  readonly reason: string;
  /** For people; the API takes at most 1024 characters. */
  readonly message: string;
}

const MAX_MESSAGE_LENGTH = 1024;

/** Writes Events about one object. It never throws: an Event that can't be written is not a reason to fail. */
export class EventRecorder {
  private readonly api: KubernetesApi;
  private readonly about: ObjectReference;
  private readonly component: string;
  private readonly onError: (error: unknown) => void;
  private readonly counts = new Map<string, number>();

  /** `component` is who speaks, such as `binnacle-backup`. Needs the verbs create and patch on core events. */
  constructor(
    api: KubernetesApi,
    about: ObjectReference,
    component: string,
    onError: (error: unknown) => void = () => {},
  ) {
    this.api = api;
    this.about = about;
    this.component = component;
    this.onError = onError;
  }

  async record(text: EventText): Promise<void> {
    try {
      await this.write(text);
    } catch (error) {
      this.onError(error);
    }
  }

  private async write({ type, reason, message }: EventText): Promise<void> {
    const { namespace, name: about } = this.about;
    const said = `${this.about.kind}/${about}/${this.about.uid ?? ''}/${reason}/${message}`;
    const hash = createHash('sha256').update(said).digest('hex').slice(0, 16);
    const name = `${about}.${hash}`;
    const count = (this.counts.get(name) ?? 0) + 1;
    this.counts.set(name, count);
    const now = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
    try {
      await this.api.create(EVENTS, {
        metadata: { namespace, name },
        involvedObject: this.about,
        type,
        reason,
        message: message.slice(0, MAX_MESSAGE_LENGTH),
        count,
        firstTimestamp: now,
        lastTimestamp: now,
        source: { component: this.component },
        reportingComponent: this.component,
        reportingInstance: about,
      });
    } catch (error) {
      if (!isKubernetesError(error, 'AlreadyExists')) throw error;
      await this.api.patch(EVENTS, { namespace, name }, 'merge', { lastTimestamp: now, count });
    }
  }
}
