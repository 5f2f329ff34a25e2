// A session: a lease that stands for its holder. Locks and elections hang on it (etcd: client/v3/concurrency).
import type { Client } from './client.ts';
import type { Lease } from './lease.ts';
import { compare, op } from './txn.ts';
import type { CallOptions } from './options.ts';

const DEFAULT_TTL_SECONDS = 60;

export interface SessionOptions extends CallOptions {
  /** Seconds after which a holder that is not heard of is taken for dead; 60 by default. */
  readonly ttl?: number;
}

/** Lives until it is closed or its lease is lost. Keys made with it go with it. */
export class Session {
  readonly client: Client;
  readonly lease: Lease;

  private constructor(client: Client, lease: Lease) {
    this.client = client;
    this.lease = lease;
  }

  static async open(client: Client, options: SessionOptions = {}): Promise<Session> {
    const lease = await client.leases.hold(options.ttl ?? DEFAULT_TTL_SECONDS, options);
    return new Session(client, lease);
  }

  /** Aborted when the session is over: whatever a lock or an election protects must stop. */
  get signal(): AbortSignal {
    return this.lease.signal;
  }

  /** Ends the session and with it its locks and candidacies. */
  async close(options?: CallOptions): Promise<void> {
    await this.lease.revoke(options);
  }
}

/** A session's place in the queue of a prefix: the key it made there, and the revision that gives its turn. */
export interface Place {
  readonly key: string;
  readonly createRevision: number;
  /** The value that the key holds; another one's when the place was taken before. */
  readonly isNew: boolean;
  /** createRevision of the first in the queue. */
  readonly firstRevision: number;
}

/** Puts the session at the end of the queue under `prefix`, unless it stands in it already. */
export async function takePlace(
  session: Session,
  prefix: string,
  value: string | Uint8Array,
  options: CallOptions,
): Promise<Place> {
  const { client, lease } = session;
  const key = `${prefix}${lease.id.toString(16)}`;
  const first = op.get(prefix, { prefix: true, sort: { by: 'create' }, limit: 1 });
  const transaction = client
    .txn()
    .if(compare.missing(key))
    .thenDo(op.put(key, value, { lease: lease.id }), first)
    .elseDo(op.get(key), first);
  const result = await transaction.commit(options);
  const [own, queue] = result.results;
  const createRevision = 'kvs' in own ? (own.kvs[0]?.createRevision ?? 0) : result.header.revision;
  const firstRevision = queue.kvs[0]?.createRevision ?? createRevision;
  return { key, createRevision, isNew: result.succeeded, firstRevision };
}

/**
 * Resolves when every key under `prefix` that was created before `createRevision` is gone. Waits for one at a time, the
 * last before, so that the end of one holder does not wake all.
 */
export async function waitForTurn(
  client: Client,
  prefix: string,
  createRevision: number,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    const before = await client.range(prefix, {
      prefix: true,
      sort: { by: 'create', order: 'descend' },
      limit: 1,
      maxCreateRevision: createRevision - 1,
      signal,
    });
    const [last] = before.kvs;
    if (last === undefined) return;
    const watch = client.watch(last.key, {
      startRevision: before.revision + 1,
      noPut: true,
      signal,
    });
    for await (const response of watch) if (response.events.length > 0) break;
    signal.throwIfAborted();
  }
}
