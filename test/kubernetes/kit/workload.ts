// Clients that never rest: writers of unique keys, readers of what was acknowledged, and a watcher of everything.
import { createWriteStream, type WriteStream } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Client } from '../../../node/src/client/index.ts';
import { sleep } from '../../conformance/lib/process.ts';
import type { Access } from './access.ts';
import { Ledger, type Write } from './ledger.ts';
import { EventWatcher } from './event-watcher.ts';

const WRITERS = 5;
const READERS = 2;
/** Rest between two requests of one client. */
const PAUSE_MS = 20;
/** Rest after a request that failed. */
const FAILURE_PAUSE_MS = 50;
/** What an application gives one request. */
const REQUEST_TIMEOUT_MS = 4_000;

/** A request that took longer is worth a line in the log. */
const SLOW_MS = 500;

/** What clients lived through during one step. */
export interface Measurement {
  readonly writes: number;
  readonly reads: number;
  /** Requests that failed, by reason. */
  readonly failures: ReadonlyMap<string, number>;
  /** The longest time in which one writer had no write acknowledged. */
  readonly longestPauseMs: number;
  /** The longest time in which this process itself did nothing, which its pauses can't be shorter than. */
  readonly stallMs: number;
}

/** A client and which way it goes; made again when the way changes. */
class Connection {
  readonly #access: Access;
  #client: Client | undefined;
  #secure: boolean | undefined;

  constructor(access: Access) {
    this.#access = access;
  }

  current(): Client {
    this.#access.refresh();
    if (this.#client !== undefined && this.#secure === this.#access.secure) return this.#client;
    this.#client?.close();
    this.#secure = this.#access.secure;
    return (this.#client = this.#access.client({ timeoutMs: REQUEST_TIMEOUT_MS }));
  }

  close(): void {
    this.#client?.close();
  }
}

export class Workload {
  readonly ledger = new Ledger();
  readonly watcher: EventWatcher;
  /** Reads that did not find what was acknowledged before them. */
  readonly staleReads: (Write & { readonly found: number | undefined })[] = [];
  readonly #access: Access;
  readonly #delay = monitorEventLoopDelay({ resolution: 20 });
  #running: Promise<void>[] = [];
  #stopped = false;
  #lastAckMs: number[] = [];
  #longestPauseMs = 0;
  #writes = 0;
  #reads = 0;
  #failures = new Map<string, number>();

  readonly #log: WriteStream;

  /** Failed requests and long ones are written to `logFile`, with the time. */
  constructor(access: Access, logFile: string) {
    this.#access = access;
    this.#log = createWriteStream(logFile, { flags: 'a' });
    this.watcher = new EventWatcher(access, this.ledger);
  }

  start(): void {
    this.#lastAckMs = Array.from({ length: WRITERS }, () => performance.now());
    this.#delay.enable();
    const writers = this.#lastAckMs.map((_, writer) => this.#write(writer));
    const readers = Array.from({ length: READERS }, (_, reader) => this.#read(reader));
    this.#running = [...writers, ...readers];
    this.watcher.start();
  }

  /** Lets the requests under way end. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#running);
    this.watcher.stop();
    this.#delay.disable();
    this.#log.end();
  }

  /** What happened since the last call. A pause that still lasts counts as long as it is. */
  measure(): Measurement {
    const nowMs = performance.now();
    const open = this.#lastAckMs.map((lastMs) => nowMs - lastMs);
    const measurement = {
      writes: this.#writes,
      reads: this.#reads,
      failures: this.#failures,
      longestPauseMs: Math.round(Math.max(this.#longestPauseMs, ...open)),
      stallMs: Math.round(this.#delay.max / 1e6),
    };
    this.#writes = this.#reads = this.#longestPauseMs = 0;
    this.#failures = new Map();
    this.#delay.reset();
    return measurement;
  }

  async #write(writer: number): Promise<void> {
    const connection = new Connection(this.#access);
    for (let number = 0; !this.#stopped; number++) {
      const key = `${this.ledger.prefix}${writer}-${number}`;
      const done = await this.#attempt(`put ${writer}`, async () => {
        this.ledger.unknown.add(key);
        const { revision } = await connection.current().put(key, `${writer} ${number}`);
        this.ledger.unknown.delete(key);
        this.ledger.add({ key, revision });
        this.#acknowledged(writer);
      });
      await sleep(done ? PAUSE_MS : FAILURE_PAUSE_MS);
    }
    connection.close();
  }

  #acknowledged(writer: number): void {
    const nowMs = performance.now();
    const pauseMs = nowMs - (this.#lastAckMs[writer] ?? nowMs);
    this.#longestPauseMs = Math.max(this.#longestPauseMs, pauseMs);
    this.#lastAckMs[writer] = nowMs;
    this.#writes++;
  }

  async #read(reader: number): Promise<void> {
    const connection = new Connection(this.#access);
    while (!this.#stopped) {
      const { writes } = this.ledger;
      // Mostly the newest, which a member that lags behind does not have.
      const back = Math.floor(Math.random() ** 4 * writes.length);
      const write = writes.at(-1 - back);
      const done = await this.#attempt(`get ${reader}`, async () => {
        if (write === undefined) return;
        const kv = await connection.current().get(write.key);
        if (kv?.modRevision !== write.revision) {
          this.staleReads.push({ ...write, found: kv?.modRevision });
        }
        this.#reads++;
      });
      await sleep(done ? PAUSE_MS : FAILURE_PAUSE_MS);
    }
    connection.close();
  }

  async #attempt(name: string, request: () => Promise<void>): Promise<boolean> {
    const began = Date.now();
    let outcome = '';
    try {
      await request();
      return true;
    } catch (error) {
      outcome = reasonOf(error);
      const reason = `${name.replace(/ .*/, '')}: ${outcome}`;
      this.#failures.set(reason, (this.#failures.get(reason) ?? 0) + 1);
      return false;
    } finally {
      const tookMs = Date.now() - began;
      if (outcome !== '' || tookMs >= SLOW_MS) {
        const at = new Date(began).toISOString().slice(11, 23);
        this.#log.write(`${at} ${name} took ${tookMs} ms ${outcome}\n`);
      }
    }
  }
}

/** The first words of an error, without what differs from one to the next. */
function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/\d+(\.\d+)*/g, '#').slice(0, 110);
}
