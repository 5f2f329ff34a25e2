// Sorts what comes on Watch calls to the watchers that it is for.
import type { WatchId } from '../../../base/index.ts';
import {
  WatchCreateRequest,
  type WatchRequest,
  type WatchResponse,
} from '../../../wire/gen/rpc.ts';
import type { Floor, Floors } from '../answers/floors.ts';
import type { CheckContext } from '../context.ts';
import type { Model } from '../model/model.ts';
import type { WatchStreamRecord } from '../observer.ts';
import { Watcher } from './watcher.ts';

const CHECK = 'watch';
/** For all watchers of a stream (etcd: clientv3.InvalidWatchID). */
const ALL: WatchId = -1n;

interface Asked {
  readonly request: WatchCreateRequest;
  readonly floor: Floor;
}

interface Stream {
  readonly record: WatchStreamRecord;
  readonly model: Model;
  /** Asked for and not created yet: the answers come in the same order. */
  readonly asked: Asked[];
  readonly watchers: Map<WatchId, Watcher>;
  /** Cancellations that were asked for and may still be answered, those of watchers that a compaction ended meanwhile too. */
  readonly dismissed: WatchId[];
  /** Progress requests without an answer. */
  progressRequests: number;
}

export class WatchCheck {
  private readonly context: CheckContext;
  private readonly floors: Floors;
  private readonly streams = new Map<number, Stream>();

  constructor(context: CheckContext, floors: Floors) {
    this.context = context;
    this.floors = floors;
  }

  opened(record: WatchStreamRecord): void {
    const { model } = this.context;
    const none = { asked: [], watchers: new Map(), dismissed: [], progressRequests: 0 };
    this.streams.set(record.id, { record, model, ...none });
  }

  requested(record: WatchStreamRecord, request: WatchRequest): void {
    const stream = this.streams.get(record.id);
    if (stream === undefined) return;
    const { createRequest, cancelRequest, progressRequest } = request;
    if (cancelRequest !== undefined) stream.dismissed.push(cancelRequest.watchId);
    if (createRequest !== undefined) {
      stream.asked.push({ request: createRequest, floor: this.floors.at(record.host) });
    }
    if (progressRequest !== undefined) stream.progressRequests++;
  }

  response(record: WatchStreamRecord, response: WatchResponse): void {
    const stream = this.streams.get(record.id);
    // What an old era still sends is not judged by the new one.
    if (stream === undefined || stream.model !== this.context.model) return;
    const revision = response.header?.revision ?? 0;
    if (revision > this.context.model.revision) {
      this.report(stream, `a response names revision ${revision}, which is not there yet`);
      return;
    }
    if (response.created) this.created(stream, response);
    else if (response.canceled) this.canceled(stream, response);
    else if (response.events.length > 0) this.events(stream, response);
    else this.progress(stream, response);
    this.floors.saw(record.host, revision);
  }

  closed(record: WatchStreamRecord): void {
    this.streams.delete(record.id);
  }

  /** At rest, every watcher that lives has got everything. */
  finish(): void {
    for (const stream of this.streams.values()) {
      if (stream.model !== this.context.model) continue;
      for (const watcher of stream.watchers.values()) watcher.finish();
    }
  }

  private created(stream: Stream, response: WatchResponse): void {
    const asked = stream.asked.shift();
    if (asked === undefined) {
      this.report(stream, 'Created without a request');
      return;
    }
    if (response.canceled) return;
    const { request, floor } = asked;
    const { watchId } = response;
    if (request.watchId !== 0n && watchId !== request.watchId) {
      this.report(stream, `watcher ${request.watchId} was created as ${watchId}`);
    }
    if (stream.watchers.has(watchId)) this.report(stream, `two watchers have the id ${watchId}`);
    const created = response.header?.revision ?? 0;
    if (floor.incarnation !== undefined && created < floor.ofMember) {
      const text = `watcher ${watchId} was created at ${created}`;
      this.report(stream, `${text}, though the member had shown ${floor.ofMember}`);
    }
    const report = (text: string): void => this.report(stream, `watcher ${watchId} ${text}`);
    const shown = floor.ofMember;
    const parts = { request, model: stream.model, shown, created, report };
    stream.watchers.set(watchId, new Watcher(parts));
  }

  private canceled(stream: Stream, response: WatchResponse): void {
    const watcher = stream.watchers.get(response.watchId);
    const isLost = response.compactRevision > 0 || response.cancelReason !== '';
    const dismissal = isLost ? -1 : stream.dismissed.indexOf(response.watchId);
    if (dismissal >= 0) stream.dismissed.splice(dismissal, 1);
    if (watcher === undefined) {
      if (dismissal >= 0) return;
      this.report(stream, `Canceled for ${response.watchId}, which does not exist`);
      return;
    }
    watcher.canceled(response);
    stream.watchers.delete(response.watchId);
  }

  private events(stream: Stream, response: WatchResponse): void {
    const watcher = stream.watchers.get(response.watchId);
    if (watcher !== undefined) watcher.events(response);
    else this.report(stream, `events for ${response.watchId}, which does not exist`);
  }

  private progress(stream: Stream, { header, watchId }: WatchResponse): void {
    const revision = header?.revision ?? 0;
    if (watchId === ALL) {
      stream.progressRequests--;
      if (stream.progressRequests < 0) this.report(stream, 'progress that nobody asked for');
      for (const watcher of stream.watchers.values()) watcher.progress(revision);
      return;
    }
    const watcher = stream.watchers.get(watchId);
    if (watcher === undefined) this.report(stream, `progress for ${watchId}, which does not exist`);
    else if (watcher.request.progressNotify) watcher.progress(revision);
    else this.report(stream, `progress for ${watchId}, which did not ask for it`);
  }

  private report({ record }: Stream, text: string): void {
    const where = `stream ${record.id} of ${record.client} to ${record.host}`;
    this.context.report(CHECK, `${where}: ${text}`);
  }
}
