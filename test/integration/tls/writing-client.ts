// A client that writes all the time, a few writes at once, and counts what fails: the witness of every change.
import { Client, type ClientOptions } from '../../../node/src/client/index.ts';
import { sleep } from '../support/waiting.ts';

const PAUSE_MS = 5;
const AT_ONCE = 4;

export class WritingClient {
  readonly failures: string[] = [];
  written = 0;
  /** Between two acknowledgements. */
  longestPauseMs = 0;
  readonly client: Client;
  private readonly done: Promise<unknown>;
  private lastMs = performance.now();
  private stopped = false;

  constructor(options: ClientOptions) {
    this.client = new Client(options);
    this.done = Promise.all(Array.from({ length: AT_ONCE }, (_, place) => this.write(place)));
  }

  /** Resolves when `count` more writes were acknowledged. */
  async untilWritten(count: number): Promise<void> {
    const target = this.written + count;
    while (this.written < target && this.failures.length === 0) await sleep(PAUSE_MS);
  }

  /** Ends the writing; the client stays open. */
  async finish(): Promise<void> {
    this.stopped = true;
    await this.done;
  }

  async stop(): Promise<void> {
    await this.finish();
    this.client.close();
  }

  private async write(place: number): Promise<void> {
    for (let count = 0; !this.stopped; count++) {
      try {
        await this.client.put(`writes/${place}`, String(count));
        this.written++;
        const nowMs = performance.now();
        this.longestPauseMs = Math.max(this.longestPauseMs, nowMs - this.lastMs);
        this.lastMs = nowMs;
      } catch (error) {
        this.failures.push(`${place}, ${count}: ${String(error)}`);
      }
      await sleep(PAUSE_MS);
    }
  }
}
