// Leases: keys that go when their holder does.
import { EventEmitter } from 'node:events';
import { randomBytes } from 'node:crypto';
import { EtcdError, isEtcdError } from '../base/errors.ts';
import {
  LeaseGrantRequest,
  LeaseLeasesRequest,
  LeaseRevokeRequest,
  LeaseService,
  LeaseTimeToLiveRequest,
} from '../wire/gen/rpc.ts';
import { LeaseLostError } from './errors.ts';
import { KeepAliver, type KeptLease } from './keep-alive.ts';
import type { CallOptions } from './options.ts';
import { headerOf, type Header } from './results.ts';
import type { Transport } from './transport.ts';

export interface GrantResult {
  readonly id: bigint;
  /** Seconds; the server may give more than was asked for. */
  readonly ttl: number;
}

export interface TimeToLiveResult {
  readonly header: Header;
  /** Seconds left; −1 when there is no such lease. */
  readonly ttl: number;
  /** Seconds it was granted for. */
  readonly grantedTtl: number;
  /** Keys attached to it, if they were asked for. */
  readonly keys: Uint8Array[];
}

const LOST = {
  gone: 'it has expired or was revoked',
  late: 'no renewal was confirmed for its whole TTL',
} as const;

interface LeaseEvents {
  /** The server has confirmed a renewal; the argument is the TTL in seconds. */
  renewed: [ttl: number];
  /** The lease is gone, or may be. Nothing is kept alive any longer. */
  lost: [error: LeaseLostError];
}

/** A lease that the client keeps alive until `revoke`, `release` or the event `lost`. */
export class Lease extends EventEmitter<LeaseEvents> {
  readonly id: bigint;
  /** Aborted, with the error as its reason, when the lease is lost, and when it is given up. */
  readonly signal: AbortSignal;
  readonly #client: LeaseClient;
  readonly #abort = new AbortController();
  readonly #kept: KeptLease;

  constructor(client: LeaseClient, keeper: KeepAliver, id: bigint, ttl: number) {
    super();
    this.id = id;
    this.signal = this.#abort.signal;
    this.#client = client;
    const nowMs = performance.now();
    this.#kept = {
      id,
      ttl,
      nextSendMs: nowMs + (ttl * 1000) / 3,
      deadlineMs: nowMs + ttl * 1000,
      askedMs: undefined,
      onRenewed: () => this.emit('renewed', this.#kept.ttl),
      onLost: (reason) => {
        const error = new LeaseLostError(
          id,
          typeof reason === 'string' ? LOST[reason] : reason.message,
        );
        this.#abort.abort(error);
        this.emit('lost', error);
      },
    };
    keeper.add(this.#kept);
  }

  /** Seconds that the server gave it last. */
  get ttl(): number {
    return this.#kept.ttl;
  }

  /** Ends the lease and deletes its keys now. */
  async revoke(options: CallOptions = {}): Promise<void> {
    this.release();
    await this.#client.revoke(this.id, options);
  }

  /** No longer keeps the lease alive; it ends by itself unless another keeps it. */
  release(): void {
    this.#client.release(this.id);
    this.#abort.abort(new LeaseLostError(this.id, 'it was given up'));
  }
}

/** The Lease service. */
export class LeaseClient {
  readonly #transport: Transport;
  readonly #keeper: KeepAliver;

  constructor(transport: Transport) {
    this.#transport = transport;
    this.#keeper = new KeepAliver(transport);
  }

  /**
   * Grants a lease of `ttlSeconds` without keeping it alive. Without an `id` the client chooses one at random, which makes
   * it safe to ask again when an answer is lost.
   * @throws EtcdError LeaseExist, LeaseTTLTooLarge, NoSpace
   */
  async grant(
    ttlSeconds: number,
    options: CallOptions & { readonly id?: bigint } = {},
  ): Promise<GrantResult> {
    const chosen = options.id !== undefined && options.id !== 0n;
    const id = chosen ? BigInt(options.id) : randomId();
    const request = LeaseGrantRequest.create({ ttl: ttlSeconds, id });
    const attempts = { count: 0 };
    const retry = chosen ? 'once' : 'repeatable';
    try {
      const call = { ...options, retry, attempts } as const;
      const response = await this.#transport.unary(LeaseService.leaseGrant, request, call);
      return { id: response.id, ttl: response.ttl };
    } catch (error) {
      // An earlier attempt, whose answer was lost, has granted it.
      if (chosen || attempts.count < 2 || !isEtcdError(error, 'LeaseExist')) throw error;
      const { grantedTtl } = await this.timeToLive(id, options);
      return { id, ttl: grantedTtl };
    }
  }

  /** Grants a lease and keeps it alive, through reconnects and changes of the leader. */
  async hold(
    ttlSeconds: number,
    options: CallOptions & { readonly id?: bigint } = {},
  ): Promise<Lease> {
    const { id, ttl } = await this.grant(ttlSeconds, options);
    return new Lease(this, this.#keeper, id, ttl);
  }

  /**
   * Keeps a lease alive that exists already.
   * @throws EtcdError LeaseNotFound when it does not; Error when this client keeps it already
   */
  async adopt(id: bigint, options: CallOptions = {}): Promise<Lease> {
    if (this.#keeper.has(id)) throw new Error(`lease ${id.toString(16)} is kept alive already`);
    const ttl = await this.keepAliveOnce(id, options);
    return new Lease(this, this.#keeper, id, ttl);
  }

  /**
   * Renews a lease once.
   * @returns the seconds it lives from now
   * @throws EtcdError LeaseNotFound
   */
  keepAliveOnce(id: bigint, options: CallOptions = {}): Promise<number> {
    return renewOnce(this.#transport, id, options);
  }

  /** Ends a lease and deletes its keys. @throws EtcdError LeaseNotFound */
  async revoke(id: bigint, options: CallOptions = {}): Promise<void> {
    const attempts = { count: 0 };
    const call = { ...options, retry: 'repeatable', attempts } as const;
    try {
      await this.#transport.unary(
        LeaseService.leaseRevoke,
        LeaseRevokeRequest.create({ id }),
        call,
      );
    } catch (error) {
      // An earlier attempt, whose answer was lost, has revoked it.
      if (attempts.count < 2 || !isEtcdError(error, 'LeaseNotFound')) throw error;
    }
  }

  /** How long a lease still lives, and with `keys` what is attached to it. */
  async timeToLive(
    id: bigint,
    options: CallOptions & { readonly keys?: boolean } = {},
  ): Promise<TimeToLiveResult> {
    const request = LeaseTimeToLiveRequest.create({ id, keys: options.keys ?? false });
    const call = { ...options, retry: 'repeatable' } as const;
    const response = await this.#transport.unary(LeaseService.leaseTimeToLive, request, call);
    const { ttl, grantedTtl, keys } = response;
    return { header: headerOf(response.header), ttl, grantedTtl, keys };
  }

  /** The ids of all leases. */
  async list(options: CallOptions = {}): Promise<bigint[]> {
    const call = { ...options, retry: 'repeatable' } as const;
    const request = LeaseLeasesRequest.create();
    const response = await this.#transport.unary(LeaseService.leaseLeases, request, call);
    return response.leases.map((lease) => lease.id);
  }

  /** Stops keeping a lease alive that `hold` or `adopt` gave; see Lease.release. */
  release(id: bigint): void {
    this.#keeper.remove(id);
  }

  close(): void {
    this.#keeper.close();
  }
}

/** Renewal has no unary call: a Lease of its own lives until the first answer. */
async function renewOnce(transport: Transport, id: bigint, options: CallOptions): Promise<number> {
  const keeper = new KeepAliver(transport);
  const { signal } = options;
  signal?.throwIfAborted();
  const nowMs = performance.now();
  const timeoutMs = options.timeoutMs ?? transport.timeoutMs;
  try {
    return await new Promise<number>((resolve, reject) => {
      signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
      const kept: KeptLease = {
        id,
        ttl: Math.ceil(timeoutMs / 1000),
        nextSendMs: nowMs,
        deadlineMs: nowMs + timeoutMs,
        askedMs: undefined,
        onRenewed: () => resolve(kept.ttl),
        onLost: (reason) => {
          if (reason === 'gone') reject(new EtcdError('LeaseNotFound'));
          else if (reason === 'late') reject(new EtcdError('DeadlineExceeded'));
          else reject(reason);
        },
      };
      keeper.add(kept);
    });
  } finally {
    keeper.close();
  }
}

/** Positive, as etcd's ids are int64; not 0, which asks the server to choose. */
function randomId(): bigint {
  return (randomBytes(8).readBigUInt64BE() >> 1n) | 1n;
}
