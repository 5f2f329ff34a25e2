// A client of leases: grants one, attaches keys, keeps it alive for a while, and then revokes it or lets it expire.
import { bytesFromLatin1, type LeaseId } from '../../../base/index.ts';
import { KVService, LeaseService } from '../../../wire/gen/rpc.ts';
import { CallError } from '../call-error.ts';
import type { Actor } from './actor.ts';
import { KeepAlive } from './keep-alive.ts';

/** Leases that other clients may attach keys to. */
const MAX_SHARED = 8;

export function runLease(actor: Actor): Promise<void> {
  return actor.repeat(() => oneLease(actor));
}

async function oneLease(actor: Actor): Promise<void> {
  const { random, shared } = actor;
  const ttl = random.pick([1, 2, 3, 5, 8, 15]);
  // A client that names its leases may name one that exists.
  const id = random.chance(0.3) ? BigInt(random.between(1, 40)) : 0n;
  const granted = await actor.ask(LeaseService.leaseGrant, { ttl, id });
  if (granted instanceof CallError) return;
  shared.leases.push(granted.id);
  if (shared.leases.length > MAX_SHARED) shared.leases.shift();
  const rounds = random.below(6);
  const keepAlive =
    rounds > 0 && random.chance(0.7)
      ? new KeepAlive(actor, granted.id, (granted.ttl * 1000) / 3)
      : undefined;
  // Some leases are used for much longer than they would live by themselves.
  const pauseMs = random.pick([300, 800, 2_500]);
  for (let round = 0; round < rounds && !actor.isStopped; round++) {
    await use(actor, granted.id, round);
    await actor.pause(pauseMs);
  }
  await keepAlive?.stop();
  await end(actor, granted.id);
}

async function use(actor: Actor, lease: LeaseId, round: number): Promise<void> {
  const { random, values } = actor;
  const own = `/l/${lease.toString(16)}/${round}`;
  const key = random.chance(0.7) ? own : actor.keys.any(random);
  const kind = random.below(10);
  if (kind < 6) {
    const value = values.next(random);
    await actor.ask(KVService.put, { key: bytesFromLatin1(key), value, lease });
  } else if (kind < 8) {
    await actor.ask(LeaseService.leaseTimeToLive, { id: lease, keys: random.chance(0.7) });
  } else if (kind < 9) {
    await actor.ask(LeaseService.leaseLeases, {});
  } else {
    // The key leaves the lease.
    await actor.ask(KVService.put, { key: bytesFromLatin1(own), value: values.next(random) });
  }
}

/** Half of the leases are left to expire. */
async function end(actor: Actor, id: LeaseId): Promise<void> {
  const { random } = actor;
  if (random.chance(0.5)) await actor.ask(LeaseService.leaseRevoke, { id });
  if (random.chance(0.3)) await actor.ask(LeaseService.leaseTimeToLive, { id, keys: true });
}
