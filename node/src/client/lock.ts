// Mutual exclusion between sessions, as etcd's client and its Lock service do it: the two exclude each other as well.
import type { CallOptions } from './options.ts';
import { takePlace, waitForTurn, type Session } from './session.ts';
import { compare } from './txn.ts';
import type { Compare } from '../wire/gen/rpc.ts';

/** A lock that a session holds. */
export interface HeldLock extends AsyncDisposable {
  /** The key that stands for it. */
  readonly key: string;
  /** createRevision of the key: a number that grows with each holder, to fence off late writes of former ones. */
  readonly revision: number;
  /** Aborted when the session is over: the lock is another's then. */
  readonly signal: AbortSignal;
  /** A condition for transactions that must only happen while the lock is held. */
  isHeld(): Compare;
  /** Gives the lock to the next in the queue. */
  release(options?: CallOptions): Promise<void>;
}

/** A lock by name. Holders are served in the order in which they asked. */
export class Mutex {
  readonly #session: Session;
  readonly #prefix: string;

  /** @param name as of etcdctl lock and etcd's concurrency.NewMutex */
  constructor(session: Session, name: string) {
    this.#session = session;
    this.#prefix = `${name}/`;
  }

  /**
   * Waits for the lock as long as it takes.
   * @throws the signal's reason when `signal` is aborted; LeaseLostError when the session ends
   */
  async lock(options: CallOptions = {}): Promise<HeldLock> {
    const place = await takePlace(this.#session, this.#prefix, '', options);
    const held = this.#held(place.key, place.createRevision);
    if (place.firstRevision === place.createRevision) return held;
    const { signal } = this.#session;
    const either = options.signal ? AbortSignal.any([signal, options.signal]) : signal;
    const { client } = this.#session;
    try {
      await waitForTurn(client, this.#prefix, place.createRevision, either);
      // The session may have ended between its turn and now.
      const own = await client.get(place.key, { signal: either });
      if (own?.createRevision !== place.createRevision) throw new Error('the session has ended');
      return held;
    } catch (error) {
      await held.release().catch(() => undefined); // the lease ends it at the latest
      throw error;
    }
  }

  /** The lock if it is free, else undefined at once. */
  async tryLock(options: CallOptions = {}): Promise<HeldLock | undefined> {
    const place = await takePlace(this.#session, this.#prefix, '', options);
    const held = this.#held(place.key, place.createRevision);
    if (place.firstRevision === place.createRevision) return held;
    if (place.isNew) await held.release(options);
    return undefined;
  }

  #held(key: string, revision: number): HeldLock {
    const { client, signal } = this.#session;
    const release = async (options?: CallOptions): Promise<void> => {
      await client.delete(key, options);
    };
    return {
      key,
      revision,
      signal,
      isHeld: () => compare.createRevision(key, '=', revision),
      release,
      [Symbol.asyncDispose]: () => release(),
    };
  }
}
