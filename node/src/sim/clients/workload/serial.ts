// A client that reads from whichever member it is at, without asking for the latest state.
import { KVService, RequestOp } from '../../../wire/gen/rpc.ts';
import type { Actor } from './actor.ts';
import { rangeRequest } from './kv.ts';

export function runSerial(actor: Actor): Promise<void> {
  return actor.repeat(() => {
    if (actor.random.chance(0.1)) actor.switchHost();
    return actor.random.chance(0.9) ? read(actor) : readTxn(actor);
  });
}

function read(actor: Actor): Promise<unknown> {
  return actor.ask(KVService.range, { ...rangeRequest(actor), serializable: true });
}

/** A transaction of serializable reads is one itself: all of them at one revision. */
function readTxn(actor: Actor): Promise<unknown> {
  const success = [0, 1].map(() => {
    const requestRange = { ...rangeRequest(actor), serializable: true, revision: 0 };
    return RequestOp.create({ requestRange });
  });
  return actor.ask(KVService.txn, { success });
}
