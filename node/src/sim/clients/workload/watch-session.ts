// One Watch call with its watchers, each request and response told to the checkers.
import type { WatchId } from '../../../base/index.ts';
import { WatchRequest, WatchService, type WatchResponse } from '../../../wire/gen/rpc.ts';
import type { WatchStreamRecord } from '../../checks/observer.ts';
import type { SimStream } from '../stream.ts';
import type { Actor } from './actor.ts';
import type { LogicalWatcher } from './logical-watcher.ts';

export class WatchSession {
  /** It can ask for nothing more, and its watchers go on. */
  hasFinishedSending = false;
  private readonly actor: Actor;
  private readonly stream: SimStream<WatchRequest, WatchResponse>;
  private readonly record: WatchStreamRecord;
  /** Creations are answered in order. */
  private readonly asked: LogicalWatcher[] = [];
  private readonly created = new Map<WatchId, LogicalWatcher>();
  /** Not wanted any more, whatever else is heard of them. */
  private readonly dismissed = new Set<LogicalWatcher>();
  private chosenIds = 0n;

  constructor(actor: Actor, watchers: readonly LogicalWatcher[]) {
    this.actor = actor;
    const { client, host, recorder, random } = actor;
    const headers = random.chance(0.5) ? { hasleader: 'true' } : {};
    this.record = recorder.watchOpened(client.name, host);
    this.stream = client.openStream(host, WatchService.watch, { headers });
    for (const watcher of watchers) this.create(watcher);
    // Nothing may be answered before those that begin in the past have caught up.
    if (random.chance(0.4)) this.requestProgress();
  }

  /** Until the stream ends; `pauseOf` says how long to wait, ms, before the next message is read. */
  async read(pauseOf: () => number): Promise<void> {
    const { recorder, scheduler } = this.actor;
    for (;;) {
      const response = await this.stream.next();
      if (response === undefined) break;
      recorder.watchResponse(this.record, response);
      this.take(response);
      const pauseMs = pauseOf();
      if (pauseMs > 0) {
        await new Promise<void>((resolve) => void scheduler.after(pauseMs, resolve));
      }
    }
    const end = this.stream.ended;
    recorder.watchClosed(this.record, end === undefined ? '' : `${end.status} ${end.text}`);
  }

  create(watcher: LogicalWatcher): void {
    const { random } = this.actor;
    watcher.watchId = undefined;
    const watchId = random.chance(0.2) ? 100n + ++this.chosenIds : 0n;
    this.asked.push(watcher);
    this.send({ createRequest: watcher.request(watchId) });
  }

  cancelWatcher(watcher: LogicalWatcher): void {
    this.dismissed.add(watcher);
    if (watcher.watchId === undefined) return;
    this.send({ cancelRequest: { watchId: watcher.watchId } });
  }

  requestProgress(): void {
    this.send({ progressRequest: {} });
  }

  finishSending(): void {
    this.hasFinishedSending = true;
    this.stream.finishSending();
  }

  cancel(): void {
    this.stream.cancel();
  }

  private send(request: Partial<WatchRequest>): void {
    if (this.stream.ended !== undefined || this.hasFinishedSending) return;
    const whole = WatchRequest.create(request);
    this.actor.recorder.watchRequested(this.record, whole);
    this.stream.send(whole);
  }

  private take(response: WatchResponse): void {
    this.actor.sawRevision(response.header?.revision ?? 0);
    const { watchId } = response;
    if (response.created) {
      const watcher = this.asked.shift();
      if (watcher === undefined) return;
      if (response.canceled) {
        // It was refused, for lack of room: another stream may have some.
        this.cancel();
        return;
      }
      watcher.watchId = watchId;
      this.created.set(watchId, watcher);
      if (this.dismissed.has(watcher)) this.cancelWatcher(watcher);
    }
    if (watchId === -1n) {
      for (const watcher of this.created.values()) watcher.saw(response);
      return;
    }
    const watcher = this.created.get(watchId);
    if (watcher === undefined) return;
    watcher.saw(response);
    if (!response.canceled) return;
    this.created.delete(watchId);
    // What was compacted is gone; the watcher goes on behind it.
    if (response.compactRevision > 0 && !this.dismissed.has(watcher)) this.create(watcher);
  }
}
