// The main thread's end of one front thread: starts it, answers what it asks, and ends the process when it fails.
import { MessageChannel, Worker } from 'node:worker_threads';
import type { Clock } from '../base/world.ts';
import type { HttpHandler } from '../rpc/index.ts';
import { CallCounters } from './counters.ts';
import { answerHttp } from './http-answers.ts';
import type { FrontLimits, FromThread, ThreadData, ToThread } from './messages.ts';
import { RemoteCalls, type RemoteCallsParts } from './remote-calls.ts';
import { newRing } from './ring.ts';

/** A thread that has not closed so long after its grace is not waited for. */
const STUCK_MS = 1000;
/** Each way. */
const RING_BYTES = 1024 * 1024;

export interface LinkParts extends RemoteCallsParts {
  readonly number: number;
  readonly clock: Clock;
  readonly limits: FrontLimits;
  readonly http: HttpHandler | undefined;
  readonly tracesHeaders: boolean;
  readonly onFatal: (error: unknown) => void;
}

export class ThreadLink {
  readonly counters: CallCounters;
  private readonly parts: LinkParts;
  private readonly worker: Worker;
  private readonly calls: RemoteCalls;
  private readonly listening = new Map<number, (message: FromThread) => void>();
  private onClosed: (() => void) | undefined;
  private ending = false;

  constructor(parts: LinkParts) {
    this.parts = parts;
    this.counters = CallCounters.for(parts.methods.length);
    const up = newRing(RING_BYTES);
    const down = newRing(RING_BYTES);
    const wake = new MessageChannel();
    const bulk = new MessageChannel();
    const data: ThreadData = {
      channel: { outgoing: up, incoming: down, wake: wake.port2, bulk: bulk.port2 },
      counters: this.counters.memory,
      methods: parts.methods.map(({ path, kind }) => ({ path, kind })),
      limits: parts.limits,
      servesHttp: parts.http !== undefined,
      tracesHeaders: parts.tracesHeaders,
    };
    this.worker = new Worker(threadFile(), {
      name: `binnacle-front-${parts.number}`,
      workerData: data,
      transferList: [wake.port2, bulk.port2],
    });
    this.calls = new RemoteCalls(
      { outgoing: down, incoming: up, wake: wake.port1, bulk: bulk.port1 },
      parts,
    );
    this.worker.on('message', (message: FromThread) => this.told(message));
    this.worker.on('error', (error) => this.failed(error));
    this.worker.on('exit', (code) => this.failed(new Error(`it ended with code ${code}`)));
  }

  /** Resolves with the port. @throws Error with node:net's code when the address cannot be listened on */
  listen(options: Omit<Extract<ToThread, { kind: 'listen' }>, 'kind'>): Promise<number> {
    return new Promise((resolve, reject) => {
      this.listening.set(options.id, (message) => {
        if (message.kind === 'listening') resolve(message.port);
        else if (message.kind === 'refused')
          reject(Object.assign(new Error(message.message), { code: message.code }));
      });
      this.tell({ kind: 'listen', ...options });
    });
  }

  tell(message: ToThread): void {
    this.worker.postMessage(message);
  }

  /** Lets running calls finish for at most `graceMs`, then ends the thread. */
  async close(graceMs: number): Promise<void> {
    if (this.ending) return;
    this.ending = true;
    const { clock } = this.parts;
    await new Promise<void>((resolve) => {
      const timer = clock.after(graceMs + STUCK_MS, resolve);
      this.onClosed = () => {
        timer.cancel();
        resolve();
      };
      this.tell({ kind: 'close', graceMs });
    });
    await this.worker.terminate();
    this.calls.close();
  }

  private told(message: FromThread): void {
    const { logger, http, number } = this.parts;
    switch (message.kind) {
      case 'log':
        logger[message.level](message.message, { ...message.fields, thread: number });
        break;
      case 'listening':
      case 'refused':
        this.listening.get(message.id)?.(message);
        this.listening.delete(message.id);
        break;
      case 'http':
        if (http !== undefined)
          answerHttp(http, message, logger, (answer) =>
            this.tell({ kind: 'http', id: message.id, ...answer }),
          );
        break;
      case 'closed':
        this.onClosed?.();
    }
  }

  /** What a thread was told and answered cannot be known after it failed: the process starts again. */
  private failed(error: unknown): void {
    if (this.ending) {
      this.onClosed?.();
      return;
    }
    this.ending = true;
    const cause = error instanceof Error ? error : new Error(String(error));
    const text = `front thread ${this.parts.number} failed: ${cause.message}`;
    const failure = new Error(text, { cause });
    failure.stack = `${text}\n${cause.stack ?? ''}`;
    this.parts.onFatal(failure);
  }
}

/** From the sources as they are; in the image, what images/bundle.ts puts beside the program. */
function threadFile(): URL {
  const isSource = import.meta.url.endsWith('.ts');
  return new URL(isSource ? './thread.ts' : './binnacle-front.mjs', import.meta.url);
}
