// All clients of a test, on one tape.
import type { TestCluster } from '../../integration/support/cluster.ts';
import { eventually } from '../../integration/support/waiting.ts';
import { RecordedClient } from '../record/recorded-client.ts';
import type { Tape } from '../record/tape.ts';
import { KvLoad } from './kv-load.ts';
import { loop, runLeases, runSerial, runTxns } from './more-loads.ts';
import { WatchLoad, type LoggedEvent } from './watch-load.ts';

const KV_CLIENTS = 5;
const CALL_MS = 4_000;
const COMPACTION_MS = 400;
const END_MS = 60_000;
/** Below it is everything that is watched. */
export const PREFIX = 'chaos/';

export class Load {
  readonly #cluster: TestCluster;
  readonly #tape: Tape;
  readonly #clients: RecordedClient[] = [];
  readonly #stop = new AbortController();
  readonly #stopLeases = new AbortController();
  readonly #kv = new KvLoad(`${PREFIX}kv/`);
  readonly #watches: WatchLoad;
  readonly #work: Promise<void>[];
  readonly #leaseWork: Promise<void>;
  #writer: RecordedClient | undefined;
  #writes = 0;

  constructor(cluster: TestCluster, tape: Tape) {
    this.#cluster = cluster;
    this.#tape = tape;
    const { endpoints } = cluster;
    const { signal } = this.#stop;
    // The watchers' connections are theirs alone.
    const watchers = [
      this.#client('watcher'),
      ...endpoints.map((url) => this.#client('watcher', [url])),
    ];
    this.#watches = new WatchLoad(PREFIX, watchers);
    this.#work = [
      ...Array.from({ length: KV_CLIENTS }, (_, index) =>
        this.#kv.run(this.#client(`kv-${index}`), signal),
      ),
      runTxns(this.#client('txn'), `${PREFIX}pair/`, signal),
      runSerial(this.#client('serial'), PREFIX, endpoints, signal),
      this.#watches.run(signal),
    ];
    const compactor = this.#client('compactor');
    this.#work.push(loop(signal, () => this.#watches.compact(compactor), COMPACTION_MS));
    const leases = this.#client('lease');
    this.#leaseWork = runLeases(leases, `${PREFIX}lease/`, this.#stopLeases.signal);
  }

  /** Requests on single keys. */
  get counts(): { readonly answered: number; readonly failed: number } {
    return this.#kv;
  }

  /** What a typed watch on PREFIX has told since the first revision. */
  get watched(): readonly LoggedEvent[] {
    return this.#watches.seen;
  }

  /** Resolves when a write of its own was answered, one way or the other. */
  async write(): Promise<void> {
    this.#writer ??= this.#client('writer');
    await this.#writer.put(`${PREFIX}written`, `w${this.#writes++}`).catch(() => {});
  }

  /** Lets the requests under way end, the leases expire, and the watchers, old ones and new, get everything. */
  async settle(): Promise<void> {
    this.#stopLeases.abort();
    await this.#leaseWork;
    this.#stop.abort();
    await Promise.all(this.#work);
    const last = this.#client('last');
    await eventually(
      'the end of all leases',
      async () => (await last.leases.list()).length === 0,
      END_MS,
    );
    const fresh = new WatchLoad(
      PREFIX,
      this.#cluster.endpoints.map((url) => this.#client('late watcher', [url])),
      this.#watches.compacted,
    );
    const { revision } = await last.put(`${PREFIX}last`, 'last', { timeoutMs: END_MS });
    await this.#watches.until(revision);
    await fresh.until(revision);
  }

  close(): void {
    this.#stopLeases.abort();
    this.#stop.abort();
    for (const client of this.#clients) client.close();
  }

  #client(name: string, endpoints = this.#cluster.endpoints): RecordedClient {
    const { members, clientTls } = this.#cluster;
    const client = new RecordedClient({
      ...{ name, endpoints, tape: this.#tape, timeoutMs: CALL_MS, maxReconnectDelayMs: 100 },
      ...(clientTls && { tls: clientTls }),
      hostOf: (url) => members.find((member) => member.clientUrl === url)?.name ?? url,
    });
    this.#clients.push(client);
    return client;
  }
}
