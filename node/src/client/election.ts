// Leader election between sessions, as etcd's client and its Election service do it.
import type { Bytes } from './keys.ts';
import type { CallOptions } from './options.ts';
import type { KeyValue } from './results.ts';
import { takePlace, waitForTurn, type Session } from './session.ts';
import { compare, op } from './txn.ts';

/** The session is not, or no longer, the leader. */
export class NotLeaderError extends Error {
  constructor() {
    super('election: not leader');
    this.name = 'NotLeaderError';
  }
}

/** An office that one session won. */
export interface Leadership {
  readonly key: string;
  /** createRevision of the key: grows with each leader. */
  readonly revision: number;
  /** Aborted when the session is over: another one leads then. */
  readonly signal: AbortSignal;
  /** Announces another value without an election. @throws NotLeaderError */
  proclaim(value: Bytes, options?: CallOptions): Promise<void>;
  /** Lets the next candidate lead. */
  resign(options?: CallOptions): Promise<void>;
}

/** An election by name. Candidates follow each other in the order in which they came. */
export class Election {
  readonly #session: Session;
  readonly #prefix: string;

  /** @param name as of etcdctl elect and etcd's concurrency.NewElection */
  constructor(session: Session, name: string) {
    this.#session = session;
    this.#prefix = `${name}/`;
  }

  /**
   * Stands for election with a value and waits until it is won.
   * @throws the signal's reason when `signal` is aborted (the candidacy is withdrawn); LeaseLostError when the session ends
   */
  async campaign(value: Bytes, options: CallOptions = {}): Promise<Leadership> {
    const place = await takePlace(this.#session, this.#prefix, value, options);
    const leadership = this.#leadership(place.key, place.createRevision);
    const { client, signal } = this.#session;
    const either = options.signal ? AbortSignal.any([signal, options.signal]) : signal;
    try {
      if (!place.isNew) await leadership.proclaim(value, options);
      await waitForTurn(client, this.#prefix, place.createRevision, either);
      return leadership;
    } catch (error) {
      await leadership.resign().catch(() => undefined); // the lease ends it at the latest
      throw error;
    }
  }

  /** The present leader's key, its value being what it proclaimed; undefined without a leader. */
  async leader(options: CallOptions = {}): Promise<KeyValue | undefined> {
    return (await this.#first(options)).kvs[0];
  }

  /** The present leader and each that follows, with each value it proclaims. Some may be skipped, never the last. */
  async *observe(options: CallOptions = {}): AsyncGenerator<KeyValue, void, void> {
    const { client } = this.#session;
    const { signal } = options;
    for (;;) {
      const { kvs, revision } = await this.#first(options);
      const [leader] = kvs;
      if (leader !== undefined) yield leader;
      const watch = client.watch(leader?.key ?? this.#prefix, {
        prefix: leader === undefined,
        startRevision: revision + 1,
        ...(signal ? { signal } : {}),
      });
      let changed = false;
      for await (const { events } of watch) {
        for (const event of events) {
          changed ||= leader === undefined || event.type === 'delete';
          if (!changed) yield event.kv;
        }
        if (changed) break;
      }
      if (!changed) return;
    }
  }

  #first(options: CallOptions) {
    return this.#session.client.range(this.#prefix, {
      ...options,
      prefix: true,
      sort: { by: 'create' },
      limit: 1,
    });
  }

  #leadership(key: string, revision: number): Leadership {
    const { client, lease, signal } = this.#session;
    const isMine = compare.createRevision(key, '=', revision);
    return {
      key,
      revision,
      signal,
      async proclaim(value, options) {
        const put = op.put(key, value, { lease: lease.id });
        const result = await client.txn().if(isMine).thenDo(put).commit(options);
        if (!result.succeeded) throw new NotLeaderError();
      },
      async resign(options) {
        await client.txn().if(isMine).thenDo(op.delete(key)).commit(options);
      },
    };
  }
}
