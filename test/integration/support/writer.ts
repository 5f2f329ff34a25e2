// Writes one key behind the other while the cluster changes, and knows at the end what was acknowledged.
import type { Client } from '../../../node/src/client/index.ts';
import { sleep } from './waiting.ts';

const PAUSE_MS = 5;
const CALL_MS = 4_000;

export class Writer {
  /** Keys whose writing was acknowledged. */
  readonly acknowledged: string[] = [];
  failures = 0;
  /** Between two acknowledgements. */
  longestPauseMs = 0;
  private readonly client: Client;
  private readonly work: Promise<void>;
  private isOver = false;

  constructor(client: Client) {
    this.client = client;
    this.work = this.write();
  }

  private async write(): Promise<void> {
    let lastMs = performance.now();
    for (let i = 0; !this.isOver; i++) {
      const key = `written/${String(i).padStart(8, '0')}`;
      try {
        await this.client.put(key, String(i), { timeoutMs: CALL_MS });
        this.acknowledged.push(key);
        const nowMs = performance.now();
        this.longestPauseMs = Math.max(this.longestPauseMs, nowMs - lastMs);
        lastMs = nowMs;
      } catch {
        this.failures++;
      }
      await sleep(PAUSE_MS);
    }
  }

  async end(): Promise<void> {
    this.isOver = true;
    await this.work;
  }

  /** Keys that were acknowledged and are not there. */
  async lost(): Promise<string[]> {
    const { kvs } = await this.client.range('written/', { prefix: true });
    const found = new Set(kvs.map((kv) => kv.keyText()));
    return this.acknowledged.filter((key) => !found.has(key));
  }
}
