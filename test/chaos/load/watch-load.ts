// Watchers on each member and on the cluster, which live through breaks, ask for progress, and come and go.
import type { Watch } from '../../../node/src/client/index.ts';
import { eventually, sleep } from '../../integration/support/waiting.ts';
import type { RecordedClient } from '../record/recorded-client.ts';

const ROUND_MS = 250;
const CATCH_UP_MS = 60_000;
/** Revisions that stay readable for those who begin anew. */
const SPARE = 40;

export interface LoggedEvent {
  readonly revision: number;
  readonly key: string;
  /** Undefined for a deletion. */
  readonly value: string | undefined;
}

interface Follower {
  readonly client: RecordedClient;
  readonly watch: Watch;
  /** It was told of everything up to here. */
  revision: number;
}

export class WatchLoad {
  /** What the watcher through all members got, in order. */
  readonly seen: LoggedEvent[] = [];
  readonly #followers: Follower[] = [];
  readonly #prefix: string;
  #compacted: number;

  /**
   * @param clients the first reaches all members, each of the others one
   * @param compacted below it nothing can be watched
   */
  constructor(prefix: string, clients: readonly RecordedClient[], compacted = 1) {
    this.#prefix = prefix;
    this.#compacted = compacted;
    for (const client of clients) this.#follow(client, compacted, clients.indexOf(client) === 0);
  }

  get compacted(): number {
    return this.#compacted;
  }

  /** Forgets what no watcher needs any more; unlike a user's compaction it ends none of them. */
  async compact(client: RecordedClient): Promise<void> {
    const revision = Math.min(...this.#followers.map((follower) => follower.revision)) - SPARE;
    if (revision <= this.#compacted) return;
    this.#compacted = revision;
    await client.compact(revision, { physical: revision % 2 === 0 });
  }

  async run(signal: AbortSignal): Promise<void> {
    for (let round = 0; !signal.aborted; round++) {
      await sleep(ROUND_MS);
      for (const { client } of this.#followers) client.watches.requestProgress();
      // One of the single members' watchers begins anew, somewhere in the past.
      const index = 1 + (round % (this.#followers.length - 1));
      const follower = this.#followers[index];
      if (follower === undefined || round % 4 !== 0) continue;
      follower.watch.cancel();
      const known = Math.max(0, follower.revision - this.#compacted);
      const startRevision = this.#compacted + Math.floor(Math.random() * known);
      this.#followers.splice(index, 1);
      this.#follow(follower.client, startRevision, false);
    }
  }

  /** Waits until everybody has been told of everything up to `revision`. */
  async until(revision: number): Promise<void> {
    await eventually(
      `the events up to ${revision}; seen are ${this.#followers.map((one) => one.revision).join(', ')}`,
      () => this.#followers.every((follower) => follower.revision >= revision),
      CATCH_UP_MS,
    );
  }

  #follow(client: RecordedClient, startRevision: number, isKept: boolean): void {
    const options = {
      ...{ prefix: true, startRevision },
      prevKv: startRevision % 2 === 0,
      progressNotify: startRevision % 3 !== 0,
    };
    const watch = client.watches.watch(this.#prefix, options, {
      events: ({ events, revision }) => {
        follower.revision = Math.max(follower.revision, revision);
        if (!isKept) return;
        for (const { type, kv } of events) {
          const value = type === 'put' ? kv.text() : undefined;
          this.seen.push({ revision: kv.modRevision, key: kv.keyText(), value });
        }
      },
    });
    const follower: Follower = { client, watch, revision: startRevision - 1 };
    this.#followers.push(follower);
  }
}
