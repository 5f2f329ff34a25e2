// What every generated client has: a place on the network, chance of its own, a member that it talks to, and what it has
// seen. Clients share nothing but the highest revision that any of them saw.
import { GrpcStatus, type LeaseId } from '../../../base/index.ts';
import type { Method } from '../../../wire/index.ts';
import type { ResponseHeader } from '../../../wire/gen/rpc.ts';
import type { SimRandom } from '../../world/random.ts';
import { CallError } from '../call-error.ts';
import type { CallOptions, SimClient } from '../client.ts';
import type { ClientScheduler, ServingCluster } from '../ports.ts';
import type { Recorder } from '../recorder.ts';
import { KeySpace, Values } from './key-space.ts';

/** Most requests may take as long as the server gives them; some clients are impatient. */
const TIMEOUTS_MS = [500, 1_500, 4_000, 8_000, 8_000, 8_000] as const;

/** One call in so many is given up by breaking the connection, within so long of its beginning. */
const HANG_UP_ONE_IN = 150;
const HANG_UP_WITHIN_MS = 40;

/** What the clients of a run share. */
export interface SharedView {
  /** The highest revision that anybody saw. */
  revision: number;
  /** Up to here the history was compacted: what is there is the first that can be read. */
  compactRevision: number;
  /** Leases that somebody holds, newest last: others may attach keys to them. */
  readonly leases: LeaseId[];
  isStopped: boolean;
  /** Counts disaster recoveries: what was granted before one may be undone. */
  era: number;
  /** Watchers that had not seen everything long after the clients were stopped. */
  readonly stragglers: string[];
}

export interface ActorParts {
  readonly client: SimClient;
  readonly cluster: ServingCluster;
  readonly scheduler: ClientScheduler;
  readonly recorder: Recorder;
  readonly random: SimRandom;
  readonly keys: KeySpace;
  readonly shared: SharedView;
  /** Between two operations, on average. */
  readonly pauseMs: number;
  /** What the client itself found wrong. */
  readonly report: (check: string, text: string) => void;
}

export class Actor {
  readonly name: string;
  readonly random: SimRandom;
  readonly keys: KeySpace;
  readonly values: Values;
  readonly shared: SharedView;
  readonly client: SimClient;
  readonly recorder: Recorder;
  readonly scheduler: ClientScheduler;
  readonly report: (check: string, text: string) => void;
  /** The member that it talks to. */
  host: string;
  private readonly cluster: ServingCluster;
  private readonly pauseMs: number;

  constructor(parts: ActorParts) {
    const { client, random, keys, shared, recorder, scheduler, cluster, pauseMs } = parts;
    this.name = client.name;
    this.client = client;
    this.random = random;
    this.keys = keys;
    this.shared = shared;
    this.recorder = recorder;
    this.scheduler = scheduler;
    this.cluster = cluster;
    this.pauseMs = pauseMs;
    this.report = parts.report;
    this.values = new Values(client.name);
    this.host = this.anyHost();
  }

  get isStopped(): boolean {
    return this.shared.isStopped;
  }

  /** One call to the present member, recorded. After an error that another member may not have it goes to another one. */
  async ask<Req, Res>(
    method: Method<Req, Res>,
    request: Partial<Req>,
    options: CallOptions = {},
  ): Promise<Res | CallError> {
    this.mayHangUp();
    const call = this.recorder.call(this.client, this.host, method, request, this.options(options));
    return this.settled(call);
  }

  /** Like `ask`, for a call that is answered with a stream. */
  async askStream<Req, Res>(
    method: Method<Req, Res>,
    request: Partial<Req>,
    options: CallOptions = {},
  ): Promise<Res[] | CallError> {
    const { recorder, client, host } = this;
    this.mayHangUp();
    return this.settled(recorder.collect(client, host, method, request, this.options(options)));
  }

  /** Acts until the clients are stopped, with a pause behind each act. */
  async repeat(act: () => Promise<unknown>, pauseMs = this.pauseMs): Promise<void> {
    while (!this.isStopped) {
      await act();
      await this.pause(pauseMs);
    }
  }

  /** On average `averageMs`. */
  pause(averageMs = this.pauseMs): Promise<void> {
    const delayMs = this.random.fraction() * 2 * averageMs;
    return new Promise((resolve) => void this.scheduler.after(delayMs, resolve));
  }

  /** Before something is tried again elsewhere. */
  pauseAfterError(): Promise<void> {
    return this.pause(Math.max(200, this.pauseMs));
  }

  switchHost(): void {
    this.host = this.anyHost();
  }

  sawRevision(revision: number): void {
    if (revision > this.shared.revision) this.shared.revision = revision;
  }

  /** A revision that is most often still there, and sometimes the very first that is. */
  oldRevision(): number {
    if (this.random.chance(0.1)) return Math.max(1, this.shared.compactRevision);
    return Math.max(
      1,
      this.shared.revision - this.random.below(this.random.chance(0.9) ? 30 : 400),
    );
  }

  /** Most often a member that runs; sometimes one that the client cannot know to be down. */
  private anyHost(): string {
    const { hosts } = this.cluster;
    const running = hosts.filter(({ process }) => process !== undefined);
    const choice = running.length > 0 && this.random.chance(0.9) ? running : hosts;
    return this.random.pick(choice).name;
  }

  private options({ timeoutMs, headers }: CallOptions): CallOptions {
    const withLeader = this.random.chance(0.1) ? { hasleader: 'true' } : undefined;
    const chosen = headers ?? withLeader;
    return {
      timeoutMs: timeoutMs ?? this.random.pick(TIMEOUTS_MS),
      ...(chosen === undefined ? {} : { headers: chosen }),
    };
  }

  /** Clients crash, too: what they had asked for may happen or not. */
  private mayHangUp(): void {
    if (this.isStopped || !this.random.onceIn(HANG_UP_ONE_IN)) return;
    const delayMs = this.random.fraction() * HANG_UP_WITHIN_MS;
    this.scheduler.after(delayMs, () => this.client.close());
  }

  private async settled<Res>(call: Promise<Res>): Promise<Res | CallError> {
    try {
      const response = await call;
      this.sawRevision(revisionOf(response));
      if (this.random.chance(0.02)) this.switchHost();
      return response;
    } catch (error) {
      if (!(error instanceof CallError)) throw error;
      if (isOfMember(error)) {
        this.switchHost();
        await this.pauseAfterError();
      }
      return error;
    }
  }
}

/** 0 when the response has none. */
function revisionOf(response: unknown): number {
  if (typeof response !== 'object' || response === null || !('header' in response)) return 0;
  const header = response.header as ResponseHeader | undefined; // every response's header is of this type
  return header?.revision ?? 0;
}

/** Whether the trouble is the member's, so that another one may answer. */
function isOfMember(error: CallError): boolean {
  return error.outcome !== 'answered' || error.code === GrpcStatus.Unavailable;
}
