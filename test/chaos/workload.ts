// Concurrent clients that read and write a few keys through all members, each request recorded.
import { Client } from '../../node/src/client/index.ts';
import type { TestCluster } from '../integration/support/cluster.ts';
import { sleep } from '../integration/support/waiting.ts';
import { HistoryRecorder, type KvOperation } from '../../node/src/sim/checks/key-history.ts';
import { perform } from './kv-client.ts';

export interface WorkloadOptions {
  readonly clients: number;
  readonly keys: number;
  /** Rest between two requests of one client: bounds the length of the history. */
  readonly pauseMs: number;
  readonly timeoutMs: number;
}

/** Unknown outcomes make the checker's search long. */
const FAILURE_PAUSE_MS = 100;

export const KEY_PREFIX = 'chaos/';

export class Workload {
  readonly recorder = new HistoryRecorder(() => performance.now());
  /** Each knows all members and moves on by itself; they begin at different ones. */
  private readonly clients: Client[];
  private readonly options: WorkloadOptions;
  private running: Promise<void>[] = [];
  private stopped = false;
  private lastValues = new Map<string, string>();
  private written = 0;

  constructor(cluster: TestCluster, options: WorkloadOptions) {
    this.options = options;
    const { endpoints, clientTls } = cluster;
    this.clients = Array.from({ length: options.clients }, (_, index) => {
      const first = index % endpoints.length;
      return new Client({
        endpoints: [...endpoints.slice(first), ...endpoints.slice(0, first)],
        timeoutMs: options.timeoutMs,
        maxReconnectDelayMs: 100,
        ...(clientTls && { tls: clientTls }),
      });
    });
  }

  start(): void {
    this.running = this.clients.map((client, index) => this.run(client, index));
  }

  /** Lets the requests under way end. */
  async stop(): Promise<void> {
    this.stopped = true;
    await Promise.all(this.running);
    for (const client of this.clients) client.close();
  }

  private async run(client: Client, index: number): Promise<void> {
    const { keys, pauseMs } = this.options;
    while (!this.stopped) {
      const key = `${KEY_PREFIX}${Math.floor(Math.random() * keys)}`;
      const operation = this.choose(key);
      const answered = await this.recorder.record(index, key, operation, async () => {
        const answer = await perform(client, key, operation);
        if (answer.result.kind === 'get' && answer.result.found !== undefined) {
          this.lastValues.set(key, answer.result.found.value);
        }
        return answer;
      });
      await sleep(answered ? pauseMs : FAILURE_PAUSE_MS);
    }
  }

  private choose(key: string): KvOperation {
    const dice = Math.random();
    if (dice < 0.4) return { kind: 'get' };
    const value = `v${this.written++}`;
    if (dice < 0.7) return { kind: 'put', value };
    if (dice < 0.8) return { kind: 'delete' };
    return { kind: 'compareAndSwap', expected: this.lastValues.get(key), value };
  }
}
