// A client that writes all the time and counts what fails: the witness of every change.
import { Client, type ClientOptions } from '../../../node/src/client/index.ts';
import { sleep } from '../support/waiting.ts';

const PAUSE_MS = 5;

export class WritingClient {
  readonly failures: string[] = [];
  written = 0;
  /** Between two acknowledgements. */
  longestPauseMs = 0;
  readonly client: Client;
  private readonly done: Promise<void>;
  private stopped = false;

  constructor(options: ClientOptions) {
    this.client = new Client(options);
    this.done = this.write();
  }

  /** Resolves when `count` more writes were acknowledged. */
  async untilWritten(count: number): Promise<void> {
    const target = this.written + count;
    while (this.written < target && this.failures.length === 0) await sleep(PAUSE_MS);
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.done;
    this.client.close();
  }

  private async write(): Promise<void> {
    let lastMs = performance.now();
    while (!this.stopped) {
      try {
        await this.client.put(`writes/${this.written % 100}`, String(this.written));
        this.written++;
        this.longestPauseMs = Math.max(this.longestPauseMs, performance.now() - lastMs);
        lastMs = performance.now();
      } catch (error) {
        this.failures.push(`${this.written}: ${String(error)}`);
      }
      await sleep(PAUSE_MS);
    }
  }
}
