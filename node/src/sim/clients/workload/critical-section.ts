// What a holder of a lock, or an elected leader, does under it: it writes only if its key still exists, and sees in the same
// transaction who is first in line. As long as its key exists, that has to be itself.
import { bytesFromLatin1, equalBytes, latin1FromBytes } from '../../../base/index.ts';
import { CompareResult, KVService, SortOrder, SortTarget } from '../../../wire/gen/rpc.ts';
import { CallError } from '../call-error.ts';
import type { Actor } from './actor.ts';
import { prefixRange } from './key-space.ts';
import { compareCreate, putOp, rangeOp } from './txn-shapes.ts';

/**
 * @param name of the lock or election: those in line have keys under `name/`
 * @param era when it was granted
 */
export async function writeAsHolder(
  actor: Actor,
  name: string,
  holderKey: Uint8Array,
  era: number,
): Promise<void> {
  const key = latin1FromBytes(holderKey);
  const response = await actor.ask(KVService.txn, {
    compare: [compareCreate(key, CompareResult.GREATER, 0)],
    success: [
      rangeOp({
        ...prefixRange(`${name}/`),
        limit: 1,
        sortOrder: SortOrder.ASCEND,
        sortTarget: SortTarget.CREATE,
      }),
      putOp(`/held/${name}`, bytesFromLatin1(`${key} ${actor.name}`)),
    ],
  });
  if (response instanceof CallError || !response.succeeded || actor.shared.era !== era) return;
  const first = response.responses[0]?.responseRange?.kvs[0];
  if (first !== undefined && equalBytes(first.key, holderKey)) return;
  const other = first === undefined ? 'nobody' : latin1FromBytes(first.key);
  actor.report(
    'mutual exclusion',
    `${actor.name} was given ${name} under ${key}, which exists, but first in line is ${other} (revision ${response.header?.revision})`,
  );
}
