// Concurrent clients that read and write a few keys through all members, each request recorded.
import type { TestCluster } from '../integration/support/cluster.ts';
import { Caller } from '../integration/support/caller.ts';
import { sleep } from '../integration/support/waiting.ts';
import { HistoryRecorder, type KvOperation } from './history.ts';
import { perform } from './kv-caller.ts';

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
  readonly recorder = new HistoryRecorder();
  private readonly callers: Caller[];
  private readonly options: WorkloadOptions;
  private running: Promise<void>[] = [];
  private stopped = false;
  private lastValues = new Map<string, string>();
  private written = 0;

  constructor(cluster: TestCluster, options: WorkloadOptions) {
    this.options = options;
    this.callers = cluster.members.map(({ clientUrl }) => new Caller(clientUrl, cluster.clientTls));
  }

  start(): void {
    this.running = Array.from({ length: this.options.clients }, (_, client) => this.run(client));
  }

  /** Lets the requests under way end. */
  async stop(): Promise<void> {
    this.stopped = true;
    await Promise.all(this.running);
    for (const caller of this.callers) caller.close();
  }

  private async run(client: number): Promise<void> {
    const { keys, pauseMs, timeoutMs } = this.options;
    for (let round = client; !this.stopped; round++) {
      const caller = this.callers[round % this.callers.length];
      if (caller === undefined) return;
      const key = `${KEY_PREFIX}${Math.floor(Math.random() * keys)}`;
      const operation = this.choose(key);
      const answered = await this.recorder.record(client, key, operation, async () => {
        const answer = await perform(caller, key, operation, timeoutMs);
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
