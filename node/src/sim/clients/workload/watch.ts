// A client that watches: several watchers on a stream, which it breaks off now and then and resumes on another member from
// where it was; some clients read slowly. When the clients are stopped it goes on until it has seen what all have seen.
import type { Timer } from '../../../base/index.ts';
import type { Actor } from './actor.ts';
import { LogicalWatcher } from './logical-watcher.ts';
import { WatchSession } from './watch-session.ts';

/** Between two changes of what a client watches, on average. */
const ACT_MS = 2_500;
const MAX_WATCHERS = 4;
/** While it waits to have seen everything. */
const PROGRESS_MS = 400;
/** How long it waits for that, in a cluster where nothing is broken any more. */
const CATCH_UP_MS = 40_000;

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
    return random.chance(0.1) ? random.between(1_000, 4_000) : random.between(20, 1_000);
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
    else if (kind < 8 && random.chance(0.3)) session.finishSending();
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
    this.dismissCurrent(shared.revision);
    if (this.watchers.length === 0 || scheduler.nowMs >= this.untilMs) {
      for (const watcher of this.watchers) {
        shared.stragglers.push(`${this.actor.name} at ${this.actor.host}: ${String(watcher)}`);
      }
      this.done = true;
      this.session?.cancel();
      return;
    }
    if (this.session?.hasFinishedSending === true) this.session.cancel();
    else this.session?.requestProgress();
  }

  /**
   * Lets those go that have seen everything: progress of a stream is told only when all its watchers have begun, and one
   * that was resumed behind the last revision begins with the next write, which may never come.
   */
  private dismissCurrent(revision: number): void {
    for (const watcher of [...this.watchers]) {
      if (watcher.nextRevision <= revision) continue;
      this.watchers.splice(this.watchers.indexOf(watcher), 1);
      this.session?.cancelWatcher(watcher);
    }
  }
}
