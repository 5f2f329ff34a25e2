// A client of locks and elections: grants itself a lease, waits in line, acts while it holds, and goes.
import { bytesFromLatin1, type LeaseId } from '../../../base/index.ts';
import { LeaseService } from '../../../wire/gen/rpc.ts';
import { ElectionService, type LeaderKey } from '../../../wire/gen/v3election.ts';
import { LockService } from '../../../wire/gen/v3lock.ts';
import { CallError } from '../call-error.ts';
import type { Actor } from './actor.ts';
import { writeAsHolder } from './critical-section.ts';
import { KeepAlive } from './keep-alive.ts';

const NAMES = ['x', 'y'] as const;
/** How long a client holds on average, and how long it waits in line at most. */
const HOLD_MS = 600;
const WAIT_MS = 8_000;

export function runLock(actor: Actor): Promise<void> {
  return actor.repeat(() => session(actor));
}

async function session(actor: Actor): Promise<void> {
  const { random } = actor;
  if (random.chance(0.2)) {
    await look(actor);
    return;
  }
  const granted = await actor.ask(LeaseService.leaseGrant, { ttl: random.between(2, 10) });
  if (granted instanceof CallError) return;
  const { id, ttl } = granted;
  const keepAlive = random.chance(0.8) ? new KeepAlive(actor, id, (ttl * 1000) / 3) : undefined;
  if (random.chance(0.6)) await lock(actor, id);
  else await campaign(actor, id);
  await keepAlive?.stop();
  // Leaves the line in any case; a client that died would leave it when its lease has expired.
  if (random.chance(0.8)) await actor.ask(LeaseService.leaseRevoke, { id });
}

async function lock(actor: Actor, lease: LeaseId): Promise<void> {
  const { random } = actor;
  const { era } = actor.shared;
  const name = `lock/${random.pick(NAMES)}`;
  const request = { name: bytesFromLatin1(name), lease };
  const locked = await actor.ask(LockService.lock, request, { timeoutMs: waitMs(actor) });
  if (locked instanceof CallError) return;
  await actor.pause(HOLD_MS);
  await writeAsHolder(actor, name, locked.key, era);
  if (random.chance(0.8)) await actor.ask(LockService.unlock, { key: locked.key });
}

async function campaign(actor: Actor, lease: LeaseId): Promise<void> {
  const { random, values } = actor;
  const { era } = actor.shared;
  const name = `election/${random.pick(NAMES)}`;
  const request = { name: bytesFromLatin1(name), lease, value: values.next(random) };
  const options = { timeoutMs: waitMs(actor) };
  const elected = await actor.ask(ElectionService.campaign, request, options);
  if (elected instanceof CallError || elected.leader === undefined) return;
  const { leader } = elected;
  await actor.pause(HOLD_MS);
  await writeAsHolder(actor, name, leader.key, era);
  await lead(actor, leader);
  if (random.chance(0.8)) await actor.ask(ElectionService.resign, { leader });
}

async function lead(actor: Actor, leader: LeaderKey): Promise<void> {
  const { random, values } = actor;
  if (random.chance(0.5)) {
    await actor.ask(ElectionService.proclaim, { leader, value: values.next(random) });
  }
}

/** Asks who leads, and listens for a while. */
async function look(actor: Actor): Promise<void> {
  const { random, client, host, scheduler } = actor;
  const name = bytesFromLatin1(`election/${random.pick(NAMES)}`);
  await actor.ask(ElectionService.leader, { name });
  const stream = client.openStream(host, ElectionService.observe, { request: { name } });
  scheduler.after(random.between(100, 3_000), () => stream.cancel());
  while ((await stream.next()) !== undefined) {
    // Reading is all: what a leader proclaims is checked as any other put is.
  }
}

const waitMs = (actor: Actor): number => actor.random.between(1_000, WAIT_MS);
