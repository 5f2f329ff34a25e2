// Keeps leases alive: one stream for all of them, opened again wherever a member answers.
import type { ClientDuplexStream } from '@grpc/grpc-js';
import { GrpcStatus, StatusError } from '../base/errors.ts';
import {
  LeaseKeepAliveRequest,
  LeaseService,
  type LeaseKeepAliveResponse,
} from '../wire/gen/rpc.ts';
import { toClientError } from './errors.ts';
import type { Endpoint } from './endpoints.ts';
import { backoffMs, isTokenError, mayReopen, pause } from './retry.ts';
import type { Transport } from './transport.ts';

/** One lease that is being kept alive. Times are performance.now()'s. */
export interface KeptLease {
  readonly id: bigint;
  /** Seconds; what the server said last. */
  ttl: number;
  nextSendMs: number;
  /** When the lease may have ended if nothing is heard: a TTL after the last renewal was asked for. */
  deadlineMs: number;
  /** When the request that is not answered yet was sent. */
  askedMs: number | undefined;
  onRenewed(): void;
  /** `gone`: the server knows no such lease. `late`: nothing was heard before the deadline. Else what ended the stream. */
  onLost(reason: 'gone' | 'late' | Error): void;
}

type Call = ClientDuplexStream<LeaseKeepAliveRequest, LeaseKeepAliveResponse>;

const MAX_ANSWER_MS = 5_000;
const MIN_ANSWER_MS = 500;
/** TTLs may exceed what a timer can hold. */
const MAX_SLEEP_MS = 3_600_000;

export class KeepAliver {
  readonly #transport: Transport;
  readonly #stop = new AbortController();
  readonly #leases = new Map<bigint, KeptLease>();
  #call: Call | undefined;
  #endpoint: Endpoint | undefined;
  #connecting = false;
  #failures = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  add(lease: KeptLease): void {
    if (this.#stop.signal.aborted) return;
    this.#leases.set(lease.id, lease);
    this.#tick();
  }

  has(id: bigint): boolean {
    return this.#leases.has(id);
  }

  remove(id: bigint): void {
    if (!this.#leases.delete(id) || this.#leases.size > 0) return;
    clearTimeout(this.#timer);
    this.#dropCall();
  }

  /** Leases run out from here on; nobody is told. */
  close(): void {
    this.#stop.abort(new StatusError(GrpcStatus.Canceled, 'the client is closed'));
    this.#leases.clear();
    clearTimeout(this.#timer);
    this.#dropCall();
  }

  /** Sends what is due, gives up what is too late, and comes again when the next thing is due. */
  #tick(): void {
    clearTimeout(this.#timer);
    const nowMs = performance.now();
    let wakeMs = Infinity;
    for (const lease of [...this.#leases.values()]) {
      if (lease.deadlineMs <= nowMs) {
        this.#lose(lease, 'late');
        continue;
      }
      if (lease.askedMs !== undefined && lease.askedMs + answerMs(lease) <= nowMs) this.#stuck();
      if (lease.askedMs === undefined && lease.nextSendMs <= nowMs) this.#send(lease, nowMs);
      const dueMs =
        lease.askedMs === undefined ? lease.nextSendMs : lease.askedMs + answerMs(lease);
      // Without a stream there is nothing to send: opening one comes back here.
      wakeMs = Math.min(wakeMs, lease.deadlineMs, this.#call ? dueMs : Infinity);
    }
    if (this.#leases.size === 0) return this.#dropCall();
    if (this.#call === undefined) void this.#connect();
    this.#timer = setTimeout(
      () => this.#tick(),
      Math.min(Math.max(wakeMs - nowMs, 1), MAX_SLEEP_MS),
    );
  }

  #send(lease: KeptLease, nowMs: number): void {
    if (this.#call === undefined) return;
    lease.askedMs = nowMs;
    this.#call.write(LeaseKeepAliveRequest.create({ id: lease.id }));
  }

  async #connect(): Promise<void> {
    if (this.#connecting) return;
    this.#connecting = true;
    const { signal } = this.#stop;
    try {
      if (this.#failures > 0) await pause(backoffMs(this.#failures), signal);
      const { call, endpoint } = await this.#transport.openStream(
        LeaseService.leaseKeepAlive,
        signal,
      );
      this.#call = call;
      this.#endpoint = endpoint;
      call.on('data', (response: LeaseKeepAliveResponse) => {
        if (this.#call === call) this.#receive(response);
      });
      call.on('error', (error) => this.#lost(call, toClientError(error)));
      call.on('end', () => {
        this.#lost(call, new StatusError(GrpcStatus.Unavailable, 'the server ended the stream'));
      });
    } catch (error) {
      this.#failed(error);
    } finally {
      this.#connecting = false;
    }
    if (!signal.aborted) this.#tick();
  }

  #receive(response: LeaseKeepAliveResponse): void {
    this.#failures = 0;
    const lease = this.#leases.get(response.id);
    if (lease?.askedMs === undefined) return;
    if (response.ttl <= 0) {
      return this.#lose(lease, 'gone');
    }
    lease.ttl = response.ttl;
    lease.deadlineMs = lease.askedMs + response.ttl * 1000;
    lease.nextSendMs = lease.askedMs + (response.ttl * 1000) / 3;
    lease.askedMs = undefined;
    lease.onRenewed();
    this.#tick();
  }

  #lose(lease: KeptLease, reason: 'gone' | 'late' | Error): void {
    this.remove(lease.id);
    lease.onLost(reason);
  }

  /** The member does not answer: another one may. */
  #stuck(): void {
    const call = this.#call;
    const error = new StatusError(GrpcStatus.Unavailable, 'a lease was not renewed in time');
    if (call !== undefined) this.#lost(call, error);
  }

  #lost(call: Call, error: unknown): void {
    if (this.#call !== call) return;
    if (this.#endpoint) this.#transport.pool.avoid(this.#endpoint);
    this.#dropCall();
    this.#failed(error);
    if (this.#leases.size > 0) void this.#connect();
  }

  #failed(error: unknown): void {
    if (this.#stop.signal.aborted) return;
    this.#failures++;
    if (isTokenError(error) && this.#transport.refreshToken()) return;
    if (mayReopen(error, this.#transport.pool.size)) return;
    const reason = error instanceof Error ? error : new Error(String(error));
    for (const lease of [...this.#leases.values()]) this.#lose(lease, reason);
  }

  #dropCall(): void {
    const call = this.#call;
    this.#call = undefined;
    for (const lease of this.#leases.values()) lease.askedMs = undefined;
    call?.on('error', () => undefined); // the cancellation itself is reported as an error
    call?.cancel();
  }
}

/** How long a member may take to confirm a renewal: there must be time to ask another one. */
function answerMs(lease: KeptLease): number {
  return Math.min(Math.max((lease.ttl * 1000) / 4, MIN_ANSWER_MS), MAX_ANSWER_MS);
}
