// A watch on all keys of the workload: sees every write once, in order, whatever happens to the members.
import {
  WatchCompactedError,
  type Client,
  type Watch,
  type WatchResponse,
} from '../../../node/src/client/index.ts';
import { eventually, sleep } from '../../conformance/lib/process.ts';
import type { Access } from './access.ts';
import { KEY_PREFIX, type Ledger } from './ledger.ts';

const RETRY_MS = 200;

export class EventWatcher {
  readonly #access: Access;
  readonly #ledger: Ledger;
  /** Revision at which a key was seen. */
  readonly #seen = new Map<string, number>();
  readonly #wrong: string[] = [];
  #client: Client | undefined;
  #watch: Watch | undefined;
  #lastRevision = 0;
  #stopped = false;
  /** How often a restore made it read everything again. */
  relists = 0;

  constructor(access: Access, ledger: Ledger) {
    this.#access = access;
    this.#ledger = ledger;
  }

  start(): void {
    void this.#run();
  }

  stop(): void {
    this.#stopped = true;
    this.#watch?.cancel();
    this.#client?.close();
  }

  /** Goes over to a new connection, as an application does when it is told to use another scheme. */
  reconnect(): void {
    this.#watch?.cancel();
  }

  /** What the watcher saw wrong since the last call; waits until it has seen every acknowledged write. */
  async verify(): Promise<string[]> {
    const missing = (): string[] =>
      this.#ledger.writes
        .filter(({ key, revision }) => this.#seen.get(key) !== revision)
        .filter(({ revision }) => !this.#ledger.isRolledBack(revision))
        .map(({ key, revision }) => `the watcher has not seen ${key} of revision ${revision}`);
    await eventually(
      'the watcher',
      async () => Promise.resolve(missing().length === 0 || undefined),
      5_000,
    ).catch(() => undefined);
    return [...this.#wrong.splice(0), ...missing()];
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      this.#access.refresh();
      this.#client = this.#access.client();
      await this.#follow(this.#client).catch((error: unknown) => this.#ended(error));
      this.#client.close();
      if (!this.#stopped) await sleep(RETRY_MS);
    }
  }

  async #follow(client: Client): Promise<void> {
    const startRevision = this.#lastRevision + 1;
    this.#watch = client.watch(KEY_PREFIX, { prefix: true, startRevision });
    for await (const response of this.#watch) this.#receive(response);
  }

  #receive({ events }: WatchResponse): void {
    for (const { type, kv } of events) {
      const key = kv.keyText();
      if (type === 'delete') this.#wrong.push(`a deletion of ${key}, which nobody asked for`);
      if (kv.modRevision <= this.#lastRevision) {
        this.#wrong.push(`revision ${kv.modRevision} after ${this.#lastRevision}`);
      }
      if (this.#seen.has(key)) this.#wrong.push(`the watcher saw ${key} twice`);
      this.#seen.set(key, kv.modRevision);
      this.#lastRevision = kv.modRevision;
    }
  }

  /** A restore marks the past as compacted: read everything, and go on from there. */
  async #ended(error: unknown): Promise<void> {
    if (this.#stopped) return;
    if (!(error instanceof WatchCompactedError)) {
      this.#wrong.push(`the watch ended: ${String(error)}`);
      return;
    }
    this.relists++;
    const client = this.#access.client();
    try {
      const { revision } = await client.range(KEY_PREFIX);
      const all = { prefix: true, keysOnly: true, revision };
      for await (const kv of client.getAll(KEY_PREFIX, all)) {
        this.#seen.set(kv.keyText(), kv.modRevision);
      }
      this.#lastRevision = revision;
    } catch {
      // The next round of the loop meets the compaction again.
    } finally {
      client.close();
    }
  }
}
