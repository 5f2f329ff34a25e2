// The client: one object for a cluster.
import { AuthClient } from './auth.ts';
import { ClusterClient } from './cluster.ts';
import type { Bytes } from './keys.ts';
import { KvClient } from './kv.ts';
import { LeaseClient } from './lease.ts';
import { MaintenanceClient } from './maintenance.ts';
import type { ClientOptions } from './options.ts';
import { Session, type SessionOptions } from './session.ts';
import { Transport } from './transport.ts';
import { WatchHub } from './watch-hub.ts';
import type { Watch, WatchListener, WatchOptions } from './watch.ts';

/**
 * A connection to a cluster, over as many members as there are endpoints. Keys and transactions are methods of the client
 * itself; the other services are its properties. Call `close` when done: open connections keep the process running.
 */
export class Client extends KvClient implements Disposable {
  readonly leases: LeaseClient;
  readonly cluster: ClusterClient;
  readonly maintenance: MaintenanceClient;
  readonly auth: AuthClient;
  readonly #transport: Transport;
  readonly #watches: WatchHub;
  readonly #syncTimer: ReturnType<typeof setInterval> | undefined;

  /** Connects when the first call is made. @throws TypeError on a bad endpoint; Error on an unreadable certificate file */
  constructor(options: ClientOptions) {
    const transport = new Transport(options);
    super(transport);
    this.#transport = transport;
    this.#watches = new WatchHub(transport);
    this.leases = new LeaseClient(transport);
    this.cluster = new ClusterClient(transport);
    this.maintenance = new MaintenanceClient(transport);
    this.auth = new AuthClient(transport);
    if (options.syncIntervalMs !== undefined) {
      // What could not be asked now is asked the next time.
      const sync = (): void => void this.syncEndpoints().catch(() => {});
      this.#syncTimer = setInterval(sync, options.syncIntervalMs);
      this.#syncTimer.unref();
    }
  }

  /** Where calls go. */
  get endpoints(): readonly string[] {
    return this.#transport.pool.urls;
  }

  /** Sends calls to these endpoints from now on; watches and leases move over. */
  setEndpoints(endpoints: readonly string[]): void {
    this.#transport.pool.update(endpoints);
  }

  /** Takes the client URLs of all voting members as endpoints. */
  async syncEndpoints(): Promise<void> {
    const { members } = await this.cluster.list();
    const urls = members.filter((each) => !each.isLearner).flatMap((each) => each.clientUrls);
    if (urls.length > 0) this.setEndpoints(urls);
  }

  /**
   * Watches a key or a range. Iterate over the result, or give a listener.
   * @example for await (const { events } of client.watch('jobs/', { prefix: true })) …
   */
  watch(key: Bytes, options: WatchOptions = {}, listener?: WatchListener): Watch {
    return this.#watches.watch(key, options, listener);
  }

  /** Asks for a response without events to each watch, once all of them have everything there is. */
  requestProgress(): void {
    this.#watches.requestProgress();
  }

  /** Opens a session for locks and elections. */
  session(options: SessionOptions = {}): Promise<Session> {
    return Session.open(this, options);
  }

  /** Ends all watches, keeps no lease alive any longer, and closes the connections. */
  close(): void {
    clearInterval(this.#syncTimer);
    this.#watches.close();
    this.leases.close();
    this.#transport.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
