// One watch as the hub knows it: what was asked for, and how far it has come.
import type { Event as WireEvent } from '../wire/gen/kv.ts';
import {
  FilterType,
  WatchCreateRequest,
  type WatchResponse as WireResponse,
} from '../wire/gen/rpc.ts';
import { keyRange, type Bytes } from './keys.ts';
import { headerOf } from './results.ts';
import { watchEvent, type WatchEvent, type WatchOptions, type WatchSink } from './watch.ts';

export class Watcher {
  /** Resolves with the revision at which the server first confirmed it. */
  readonly created: Promise<number>;
  sink!: WatchSink;
  onEnd: (() => void) | undefined;
  /** The server's number for it on the present stream. */
  watchId: bigint | undefined;
  /** Its user is slow: it is not to be on the stream. */
  isParked = false;
  hasEnded = false;
  readonly #request: WatchCreateRequest;
  /** The first revision not delivered yet; 0 until the server has said where "now" is. */
  #nextRevision: number;
  #fragments: WireEvent[] = [];
  #wasConfirmed = false;
  #resolveCreated!: (revision: number) => void;
  #rejectCreated!: (error: unknown) => void;

  constructor(key: Bytes, options: WatchOptions) {
    const filters: number[] = [];
    if (options.noPut) filters.push(FilterType.NOPUT);
    if (options.noDelete) filters.push(FilterType.NODELETE);
    this.#request = WatchCreateRequest.create({
      ...keyRange(key, options),
      filters,
      prevKv: options.prevKv ?? false,
      progressNotify: options.progressNotify ?? false,
      fragment: options.fragment ?? true,
    });
    this.#nextRevision = options.startRevision ?? 0;
    this.created = new Promise((resolve, reject) => {
      this.#resolveCreated = resolve;
      this.#rejectCreated = reject;
    });
  }

  /** Asks for everything from the first revision that is not delivered yet. */
  createRequest(): WatchCreateRequest {
    return { ...this.#request, startRevision: this.#nextRevision };
  }

  confirmed(response: WireResponse): void {
    const { revision } = headerOf(response.header);
    this.watchId = response.watchId;
    // From here on "now" has a number: whatever comes later must not be missed after a reconnect.
    if (this.#nextRevision === 0) this.#nextRevision = revision + 1;
    if (this.#wasConfirmed) this.sink.resumed();
    this.#wasConfirmed = true;
    this.#resolveCreated(revision);
  }

  /** Parts that never got their end are asked for again. */
  disconnected(): void {
    this.watchId = undefined;
    this.#fragments = [];
  }

  received(response: WireResponse): void {
    if (response.fragment || this.#fragments.length > 0) {
      for (const event of response.events) this.#fragments.push(event);
      if (response.fragment) return;
      response.events = this.#fragments;
      this.#fragments = [];
    }
    if (response.events.length === 0) return this.progressed(response);
    const events: WatchEvent[] = [];
    let lastRevision = 0;
    for (const raw of response.events) {
      const event = watchEvent(raw);
      if (event === undefined) continue;
      lastRevision = event.kv.modRevision;
      events.push(event);
    }
    this.#deliver(response, events, lastRevision);
  }

  /** No events, and none up to the header's revision are still to come. */
  progressed(response: WireResponse): void {
    this.#deliver(response, [], headerOf(response.header).revision);
  }

  end(error: unknown): void {
    if (this.hasEnded) return;
    this.hasEnded = true;
    this.onEnd?.();
    this.#rejectCreated(error ?? new Error('the watch was canceled'));
    this.sink.finish(error);
  }

  #deliver(response: WireResponse, events: WatchEvent[], revision: number): void {
    // A watch may start in the future: progress does not take it back.
    this.#nextRevision = Math.max(this.#nextRevision, revision + 1);
    this.sink.push({ header: headerOf(response.header), events, revision });
  }
}
