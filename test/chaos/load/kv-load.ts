// Concurrent clients that read and write a few keys through all members, one key a request: what the search for one
// order of all operations is made on.
import { HistoryRecorder, type KvOperation } from '../../../node/src/sim/checks/key-history.ts';
import type { RecordedClient } from '../record/recorded-client.ts';
import { sleep } from '../../integration/support/waiting.ts';
import { perform } from './perform.ts';

const KEYS = 12;
/** Rest between two requests of one client: bounds the length of the history. */
const PAUSE_MS = 5;
/** Unknown outcomes make the checker's search long. */
const FAILURE_PAUSE_MS = 100;

export class KvLoad {
  readonly recorder = new HistoryRecorder(() => performance.now());
  readonly #lastValues = new Map<string, string>();
  readonly #prefix: string;
  #written = 0;

  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  async run(client: RecordedClient, index: number, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const key = `${this.#prefix}${Math.floor(Math.random() * KEYS)}`;
      const operation = this.#choose(key);
      const answered = await this.recorder.record(index, key, operation, async () => {
        const answer = await perform(client, key, operation);
        if (answer.result.kind === 'get' && answer.result.found !== undefined) {
          this.#lastValues.set(key, answer.result.found.value);
        }
        return answer;
      });
      await sleep(answered ? PAUSE_MS : FAILURE_PAUSE_MS);
    }
  }

  #choose(key: string): KvOperation {
    const dice = Math.random();
    if (dice < 0.4) return { kind: 'get' };
    const value = `v${this.#written++}`;
    if (dice < 0.7) return { kind: 'put', value };
    if (dice < 0.8) return { kind: 'delete' };
    return { kind: 'compareAndSwap', expected: this.#lastValues.get(key), value };
  }
}
