// Disks that fail, fill up, stand still or lose what they had.
import type { Host } from '../cluster/host.ts';
import type { CorruptKind, DiskImage } from '../disk/sim-disk.ts';
import type { FaultMaker, Nemesis } from './nemesis.ts';

type DiskFault =
  'fsyncError' | 'writeError' | 'diskFull' | 'stall' | 'corrupt' | 'wipe' | 'rollback';

const DEFAULT_MS = 1_000;
/** How long those stay away who know what an old disk lacks: long enough to elect a leader without them. */
const UNHELPFUL_MS = 6_000;
/** Bytes that a full disk still takes. */
const LEFT_BYTES = 16_384;

const failNext =
  (operation: 'datasync' | 'write'): FaultMaker =>
  (fault, nemesis) => {
    const host = nemesis.target(fault);
    if (host?.process === undefined) return undefined;
    nemesis.excuse(host);
    host.disk.failNext(operation, 'EIO');
    return host.name;
  };

const diskFull: FaultMaker = (fault, nemesis) => {
  const host = nemesis.target(fault);
  if (host === undefined) return undefined;
  const { durationMs = DEFAULT_MS } = fault;
  nemesis.excuse(host);
  host.disk.setCapacity(host.disk.usedBytes + LEFT_BYTES);
  nemesis.during(durationMs, () => host.disk.setCapacity(undefined));
  return `${host.name} for ${durationMs} ms`;
};

const stall: FaultMaker = (fault, nemesis) => {
  const host = nemesis.target(fault);
  if (host === undefined) return undefined;
  const { durationMs = DEFAULT_MS } = fault;
  host.disk.stall(nemesis.parts.scheduler.nowMs + durationMs);
  nemesis.during(durationMs, () => {});
  return `${host.name} for ${durationMs} ms`;
};

/** Files rot while the machine is off. */
const corrupt: FaultMaker = (fault, nemesis) => {
  const host = damageable(fault, nemesis);
  const { where = 'wal', how = 'bitFlip', durationMs = DEFAULT_MS } = fault;
  if (host === undefined) return undefined;
  host.kill('process');
  const { random } = nemesis.parts;
  // A scenario is data: what kinds there are, the disk knows.
  const done = host.disk.corrupt(how as CorruptKind, where, random);
  damage(nemesis, host, durationMs);
  return `${host.name}: ${done ?? `no ${where} to damage`}`;
};

const wipe: FaultMaker = (fault, nemesis) => {
  const host = damageable(fault, nemesis);
  if (host === undefined) return undefined;
  host.kill('power');
  host.disk.wipe();
  nemesis.parts.observer.forgot(host.name);
  damage(nemesis, host, fault.durationMs ?? DEFAULT_MS);
  return host.name;
};

/**
 * An older copy of the disk is put back: it is made now, and put back after a while. Now and then with the worst timing: what
 * is written meanwhile is held by no more than a quorum, and when the copy is back, only those run who lack it.
 */
const rollback: FaultMaker = (fault, nemesis) => {
  const host = nemesis.target(fault);
  if (host === undefined) return undefined;
  const { durationMs = DEFAULT_MS } = fault;
  const image = host.disk.image();
  const { random, scheduler } = nemesis.parts;
  const away = nemesis.isStrict && random.chance(0.5) ? someOthers(nemesis, host) : [];
  for (const one of away) {
    one.kill('process');
    nemesis.startLater(one, durationMs);
  }
  scheduler.after(durationMs, () => putBack(nemesis, host, image, durationMs, away));
  const without = away.map(({ name }) => name).join(' and ');
  return `${host.name}: copied${without === '' ? '' : `, and ${without} away for ${durationMs} ms`}`;
};

/** As many as can be missed, followers first. None when somebody is missing already. */
function someOthers(nemesis: Nemesis, host: Host): Host[] {
  const members = nemesis.memberHosts();
  if (!nemesis.allServe() || nemesis.disturbances > 0) return [];
  const leader = nemesis.parts.cluster.leader();
  const others = members.filter((one) => one !== host && one !== leader);
  return others.slice(0, Math.floor((members.length - 1) / 2));
}

function putBack(
  nemesis: Nemesis,
  host: Host,
  image: DiskImage,
  ageMs: number,
  away: readonly Host[],
): void {
  if (host.entry === undefined || !nemesis.mayDamage(host, 'rollback')) return;
  if (away.length > 0) {
    for (const one of nemesis.memberHosts()) {
      if (one === host || away.includes(one)) continue;
      one.kill('process');
      nemesis.startLater(one, UNHELPFUL_MS);
    }
  }
  host.kill('power');
  host.disk.restore(image);
  nemesis.parts.observer.forgot(host.name);
  nemesis.say(`${host.name} goes back by ${ageMs} ms`);
  damage(nemesis, host, DEFAULT_MS);
}

function damageable(fault: Parameters<FaultMaker>[0], nemesis: Nemesis): Host | undefined {
  const host = nemesis.target(fault);
  return host?.entry !== undefined && nemesis.mayDamage(host, fault.kind) ? host : undefined;
}

function damage(nemesis: Nemesis, host: Host, downMs: number): void {
  nemesis.damaged = host;
  nemesis.startLater(host, downMs);
  nemesis.parts.scheduler.after(downMs, () => nemesis.watchDamaged());
}

export const diskFaults: Readonly<Record<DiskFault, FaultMaker>> = {
  fsyncError: failNext('datasync'),
  writeError: failNext('write'),
  ...{ diskFull, stall, corrupt, wipe, rollback },
};
