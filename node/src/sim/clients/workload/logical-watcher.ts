// A watcher that outlives its streams: what it asks for, and where it goes on.
import { latin1FromBytes, type WatchId } from '../../../base/index.ts';
import { FilterType, WatchCreateRequest, type WatchResponse } from '../../../wire/gen/rpc.ts';
import type { Actor } from './actor.ts';
import { prefixRange } from './key-space.ts';

export class LogicalWatcher {
  /** On the present stream, once it is created there. */
  watchId: WatchId | undefined = undefined;
  /** It has seen everything before this revision; 0: it has not begun. */
  nextRevision: number;
  private readonly template: WatchCreateRequest;

  constructor(actor: Actor) {
    const { random, keys } = actor;
    const range = random.chance(0.1) ? prefixRange('/l/') : keys.keyOrRange(random, 0.8);
    this.template = WatchCreateRequest.create({
      ...range,
      prevKv: random.chance(0.4),
      progressNotify: random.chance(0.4),
      fragment: random.chance(0.3),
      filters: random.chance(0.2) ? [random.pick([FilterType.NOPUT, FilterType.NODELETE])] : [],
    });
    this.nextRevision = firstRevision(actor);
  }

  /** Where it is now. `watchId` 0 lets the member choose. */
  request(watchId: WatchId): WatchCreateRequest {
    return { ...this.template, watchId, startRevision: this.nextRevision };
  }

  /** What a response tells about where it is. */
  saw(response: WatchResponse): void {
    const revision = response.header?.revision ?? 0;
    if (response.created) {
      if (this.nextRevision === 0) this.nextRevision = revision + 1;
      return;
    }
    if (response.canceled) {
      if (response.compactRevision > 0) this.nextRevision = response.compactRevision;
      return;
    }
    const last = response.events.at(-1)?.kv;
    if (last === undefined) this.nextRevision = Math.max(this.nextRevision, revision + 1);
    // A fragment may end within a revision; the last one of a response does not.
    else if (!response.fragment) this.nextRevision = last.modRevision + 1;
  }

  toString(): string {
    const { key, rangeEnd } = this.template;
    return `[${latin1FromBytes(key)}, ${latin1FromBytes(rangeEnd)}) next ${this.nextRevision}`;
  }
}

/** From now on, from the past, or from a moment that has not come. */
function firstRevision({ random, shared }: Actor): number {
  const kind = random.below(10);
  if (kind < 5) return 0;
  if (kind < 7) return Math.max(1, shared.revision - random.below(60));
  if (kind < 9) return Math.max(1, shared.compactRevision);
  return shared.revision + random.between(1, 20);
}
