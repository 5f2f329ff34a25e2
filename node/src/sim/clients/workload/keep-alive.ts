// Keeps a lease alive over a stream, and over another one when that ends. Each message on it is an operation of its own.
import type { LeaseId, Timer } from '../../../base/index.ts';
import {
  LeaseKeepAliveRequest,
  LeaseService,
  type LeaseKeepAliveResponse,
} from '../../../wire/gen/rpc.ts';
import type { OperationRecord } from '../../checks/observer.ts';
import { CallError } from '../call-error.ts';
import type { SimStream } from '../stream.ts';
import type { Actor } from './actor.ts';

type Stream = SimStream<LeaseKeepAliveRequest, LeaseKeepAliveResponse>;

export class KeepAlive {
  /** What the member answered last, in seconds; 0 when the lease is gone. */
  ttl = -1;
  private readonly actor: Actor;
  private readonly id: LeaseId;
  private readonly intervalMs: number;
  private readonly running: Promise<void>;
  private stream: Stream | undefined = undefined;
  private timer: Timer | undefined = undefined;
  private stopped = false;

  constructor(actor: Actor, id: LeaseId, intervalMs: number) {
    this.actor = actor;
    this.id = id;
    this.intervalMs = intervalMs;
    this.running = this.run();
  }

  /** Ends the stream; the lease lives on until its time is over. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.stream?.cancel();
    await this.running;
  }

  private async run(): Promise<void> {
    while (!this.stopped && this.ttl !== 0) {
      await this.keepOver(this.actor.host);
      if (this.stopped || this.ttl === 0) return;
      this.actor.switchHost();
      await this.actor.pauseAfterError();
    }
  }

  /** One stream, until it ends or the lease has. */
  private async keepOver(host: string): Promise<void> {
    const { client } = this.actor;
    const stream = client.openStream(host, LeaseService.leaseKeepAlive);
    this.stream = stream;
    // Answers come in the order of the requests.
    const asked: OperationRecord[] = [];
    this.ask(host, asked);
    for (;;) {
      const response = await stream.next();
      if (response === undefined) break;
      const record = asked.shift();
      if (record !== undefined) this.actor.recorder.succeeded(record, response);
      this.ttl = response.ttl;
      if (response.ttl === 0) stream.cancel();
    }
    this.timer?.cancel();
    const ended = stream.ended;
    if (ended === undefined) return;
    for (const record of asked) this.actor.recorder.failed(record, new CallError(ended));
  }

  private ask(host: string, asked: OperationRecord[]): void {
    const { recorder, client, scheduler } = this.actor;
    if (this.stream === undefined || this.stream.ended !== undefined) return;
    const request = LeaseKeepAliveRequest.create({ id: this.id });
    asked.push(recorder.called(client.name, host, LeaseService.leaseKeepAlive.path, request));
    this.stream.send(request);
    this.timer = scheduler.after(this.intervalMs, () => this.ask(host, asked));
  }
}
