// A client that compacts, as kube-apiserver does every five minutes, only more often.
import { KVService } from '../../../wire/gen/rpc.ts';
import { CallError } from '../call-error.ts';
import type { Actor } from './actor.ts';

const PAUSE_MS = 3_000;

export async function runCompaction(actor: Actor): Promise<void> {
  await actor.pause(PAUSE_MS);
  return actor.repeat(() => compact(actor), PAUSE_MS);
}

/** Most often somewhat behind the present; sometimes the present itself, and what is compacted already or does not exist yet. */
async function compact(actor: Actor): Promise<void> {
  const { random, shared } = actor;
  const kind = random.below(20);
  const behind = kind === 0 ? -random.between(1, 50) : kind < 4 ? 0 : random.below(120);
  const revision = Math.max(1, shared.revision - behind);
  const answer = await actor.ask(KVService.compact, { revision, physical: random.chance(0.3) });
  if (!(answer instanceof CallError)) shared.compactRevision = revision;
}
