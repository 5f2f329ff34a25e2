// A client that watches: several watchers on a stream, which it breaks off now and then and resumes on another member from
// where it was; some clients read slowly. When the clients are stopped it goes on until it has seen what all have seen.
import type { Timer, WatchId } from '../../../base/index.ts';
import { WatchRequest, WatchService, type WatchResponse } from '../../../wire/gen/rpc.ts';
import type { WatchStreamRecord } from '../../checks/observer.ts';
import type { SimStream } from '../stream.ts';
import type { Actor } from './actor.ts';
import { LogicalWatcher } from './logical-watcher.ts';

/** Between two changes of what a client watches, on average. */
const ACT_MS = 2_500;
const MAX_WATCHERS = 4;
/** While it waits to have seen everything. */
const PROGRESS_MS = 400;
/** How long it waits for that, in a cluster where nothing is broken any more. */
const CATCH_UP_MS = 20_000;

export async function runWatch(actor: Actor): Promise<void> {
  const client = new WatchClient(actor);
  await client.run();
}

class WatchClient {
  private readonly actor: Actor;
  /** Whether it takes its time between messages. */
  private readonly isSlow: boolean;
  private readonly watchers: LogicalWatcher[] = [];
  private session: WatchSession | undefined = undefined;
  private untilMs = Infinity;
  private timer: Timer | undefined = undefined;
  private done = false;

  constructor(actor: Actor) {
    this.actor = actor;
    this.isSlow = actor.random.chance(0.4);
    const count = actor.random.between(1, MAX_WATCHERS);
    for (let i = 0; i < count; i++) this.watchers.push(new LogicalWatcher(actor));
  }

  async run(): Promise<void> {
    const { actor } = this;
    await actor.pause();
    this.arm();
    while (!this.done) {
      this.session = new WatchSession(actor, this.watchers);
      await this.session.read(() => this.pauseOf());
      this.session = undefined;
      if (this.done) break;
      actor.switchHost();
      await actor.pauseAfterError();
    }
    this.timer?.cancel();
  }

  private pauseOf(): number {
    const { random, isStopped } = this.actor;
    if (!this.isSlow || isStopped || random.chance(0.7)) return 0;
    return random.between(20, 1_500);
  }

  private arm(): void {
    const { scheduler, random, isStopped } = this.actor;
    const delayMs = isStopped ? PROGRESS_MS : random.fraction() * 2 * ACT_MS;
    this.timer = scheduler.after(delayMs, () => {
      if (this.actor.isStopped) this.catchUp();
      else this.act();
      if (!this.done) this.arm();
    });
  }

  private act(): void {
    const { session } = this;
    if (session === undefined) return;
    const { random } = this.actor;
    const kind = random.below(10);
    if (kind < 4) session.requestProgress();
    else if (kind < 6) this.replaceWatcher(session);
    else if (kind < 7) session.cancel();
  }

  private replaceWatcher(session: WatchSession): void {
    const { random } = this.actor;
    if (this.watchers.length >= random.between(1, MAX_WATCHERS + 1)) {
      const [former] = this.watchers.splice(random.below(this.watchers.length), 1);
      if (former !== undefined) session.cancelWatcher(former);
    }
    if (this.watchers.length < MAX_WATCHERS) {
      const watcher = new LogicalWatcher(this.actor);
      this.watchers.push(watcher);
      session.create(watcher);
    }
  }

  /** Ends when all watchers have seen the revision that the clients have seen. */
  private catchUp(): void {
    const { shared, scheduler } = this.actor;
    if (this.untilMs === Infinity) this.untilMs = scheduler.nowMs + CATCH_UP_MS;
    const behind = this.watchers.filter(({ nextRevision }) => nextRevision <= shared.revision);
    if (behind.length === 0 || scheduler.nowMs >= this.untilMs) {
      for (const watcher of behind) {
        shared.stragglers.push(`${this.actor.name} at ${this.actor.host}: ${String(watcher)}`);
      }
      this.done = true;
      this.session?.cancel();
      return;
    }
    this.session?.requestProgress();
  }
}

/** One stream with its watchers. */
class WatchSession {
  private readonly actor: Actor;
  private readonly stream: SimStream<WatchRequest, WatchResponse>;
  private readonly record: WatchStreamRecord;
  /** Creations are answered in order. */
  private readonly asked: LogicalWatcher[] = [];
  private readonly created = new Map<WatchId, LogicalWatcher>();
  private chosenIds = 0n;

  constructor(actor: Actor, watchers: readonly LogicalWatcher[]) {
    this.actor = actor;
    const { client, host, recorder, random } = actor;
    const headers = random.chance(0.5) ? { hasleader: 'true' } : {};
    this.record = recorder.watchOpened(client.name, host);
    this.stream = client.openStream(host, WatchService.watch, { headers });
    for (const watcher of watchers) this.create(watcher);
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
    if (watcher.watchId === undefined) return;
    this.send({ cancelRequest: { watchId: watcher.watchId } });
  }

  requestProgress(): void {
    this.send({ progressRequest: {} });
  }

  cancel(): void {
    this.stream.cancel();
  }

  private send(request: Partial<WatchRequest>): void {
    if (this.stream.ended !== undefined) return;
    const whole = WatchRequest.create(request);
    this.actor.recorder.watchRequested(this.record, whole);
    this.stream.send(whole);
  }

  private take(response: WatchResponse): void {
    this.actor.sawRevision(response.header?.revision ?? 0);
    const { watchId } = response;
    if (response.created) {
      const watcher = this.asked.shift();
      if (watcher === undefined || response.canceled) return;
      watcher.watchId = watchId;
      this.created.set(watchId, watcher);
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
    if (response.compactRevision > 0) this.create(watcher);
  }
}
