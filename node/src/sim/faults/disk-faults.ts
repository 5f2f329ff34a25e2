// Disks that fail, fill up, stand still or lose what they had.
import type { Host } from '../cluster/host.ts';
import type { CorruptKind, DiskImage } from '../disk/sim-disk.ts';
import type { FaultMaker, Nemesis } from './nemesis.ts';

type DiskFault =
  'fsyncError' | 'writeError' | 'diskFull' | 'stall' | 'corrupt' | 'wipe' | 'rollback';

const DEFAULT_MS = 1_000;
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
  damage(nemesis, host, fault.durationMs ?? DEFAULT_MS);
  return host.name;
};

/** An older copy of the disk is put back: it is made now, and put back after a while. */
const rollback: FaultMaker = (fault, nemesis) => {
  const host = nemesis.target(fault);
  if (host === undefined) return undefined;
  const { durationMs = DEFAULT_MS } = fault;
  const image = host.disk.image();
  nemesis.parts.scheduler.after(durationMs, () => putBack(nemesis, host, image, durationMs));
  return `${host.name}: copied`;
};

function putBack(nemesis: Nemesis, host: Host, image: DiskImage, ageMs: number): void {
  if (host.entry === undefined || !nemesis.mayDamage(host, 'rollback')) return;
  host.kill('power');
  host.disk.restore(image);
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
