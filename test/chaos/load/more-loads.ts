// Transactions on several keys, reads that may be stale, and leases. What they see is judged from the tape.
import { compare, op } from '../../../node/src/client/index.ts';
import type { RecordedClient } from '../record/recorded-client.ts';
import { sleep } from '../../integration/support/waiting.ts';

const PAUSE_MS = 20;
const FAILURE_PAUSE_MS = 100;
/** The server gives no less with its default election timeout. */
const LEASE_TTL_SECONDS = 2;

/** Repeats `step` until the signal; what a call fails with is on the tape. */
export async function loop(
  signal: AbortSignal,
  step: (count: number) => Promise<unknown>,
  pauseMs = PAUSE_MS,
): Promise<void> {
  for (let count = 0; !signal.aborted; count++) {
    const failed = await step(count).then(
      () => false,
      () => true,
    );
    await sleep(failed ? FAILURE_PAUSE_MS : pauseMs);
  }
}

/** Two keys that are always written together, read together, and deleted together. */
export function runTxns(
  client: RecordedClient,
  prefix: string,
  signal: AbortSignal,
): Promise<void> {
  const [left, right] = [`${prefix}left`, `${prefix}right`];
  let modRevision = 0;
  return loop(signal, async (count) => {
    if (count % 8 === 7) return client.delete(prefix, { prefix: true, prevKv: true });
    if (count % 4 === 3) {
      return client
        .txn()
        .thenDo(op.get(left), op.get(prefix, { prefix: true }))
        .commit();
    }
    const result = await client
      .txn()
      .if(compare.modRevision(left, '=', modRevision))
      .thenDo(op.put(left, `l${count}`, { prevKv: true }), op.put(right, `r${count}`), op.get(left))
      .elseDo(op.get(left), op.get(right))
      .commit();
    const read = result.results[result.succeeded ? 2 : 0];
    modRevision = (read !== undefined && 'kvs' in read ? read.kvs[0]?.modRevision : undefined) ?? 0;
    return result;
  });
}

/** Serializable reads of each member in turn: each of a past state, and never back on one member. */
export function runSerial(
  client: RecordedClient,
  prefix: string,
  endpoints: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  return loop(signal, (count) => {
    const endpoint = endpoints[count % endpoints.length] ?? '';
    const options = { prefix: true, serializable: true, endpoint, timeoutMs: 1_000 };
    return client.range(prefix, options);
  });
}

/** Leases with keys: some are kept alive for a while, some revoked, some left alone. */
export function runLeases(
  client: RecordedClient,
  prefix: string,
  signal: AbortSignal,
): Promise<void> {
  return loop(
    signal,
    async (count) => {
      const lease = await client.leases.hold(LEASE_TTL_SECONDS);
      lease.on('lost', () => {}); // it may be: its member is gone
      const release = (): void => lease.release();
      try {
        await client.put(`${prefix}${count}`, 'held', { lease: lease.id });
        await client.put(`${prefix}shared`, `by ${count}`, { lease: lease.id });
        await client.leases.timeToLive(lease.id, { keys: true });
        if (count % 3 === 0) await lease.revoke();
        if (count % 3 === 1) setTimeout(release, 1_500).unref();
        else release();
      } catch (error) {
        release();
        throw error;
      }
    },
    150,
  );
}
