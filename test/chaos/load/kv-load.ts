// Concurrent clients that read and write a few keys through all members.
import { compare, op } from '../../../node/src/client/index.ts';
import type { RecordedClient } from '../record/recorded-client.ts';
import { sleep } from '../../integration/support/waiting.ts';

const KEYS = 12;
/** Rest between two requests of one client: bounds the length of the history. */
const PAUSE_MS = 5;
/** Unknown outcomes make the search for an order of all operations long. */
const FAILURE_PAUSE_MS = 100;

export class KvLoad {
  answered = 0;
  failed = 0;
  readonly #lastValues = new Map<string, string>();
  readonly #prefix: string;
  #written = 0;

  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  async run(client: RecordedClient, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const key = `${this.#prefix}${Math.floor(Math.random() * KEYS)}`;
      try {
        await this.#operate(client, key);
        this.answered++;
        await sleep(PAUSE_MS);
      } catch {
        this.failed++;
        await sleep(FAILURE_PAUSE_MS);
      }
    }
  }

  async #operate(client: RecordedClient, key: string): Promise<void> {
    const dice = Math.random();
    if (dice < 0.4) {
      const kv = await client.get(key);
      if (kv !== undefined) this.#lastValues.set(key, kv.text());
      return;
    }
    // Unique, so that a read tells whose write it saw.
    const value = `v${this.#written++}`;
    if (dice < 0.7) await client.put(key, value);
    else if (dice < 0.8) await client.delete(key);
    else {
      const expected = this.#lastValues.get(key);
      const condition =
        expected === undefined
          ? compare.createRevision(key, '=', 0)
          : compare.value(key, '=', expected);
      await client.txn().if(condition).thenDo(op.put(key, value)).commit();
    }
  }
}
