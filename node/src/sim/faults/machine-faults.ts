// Processes that die or stand still, machines without power, clocks that jump.
import type { Host } from '../cluster/host.ts';
import type { PlannedFault } from '../scenario.ts';
import type { FaultMaker, Nemesis } from './nemesis.ts';

type MachineFault = 'kill' | 'power' | 'crashAt' | 'pause' | 'clockJump';

const DEFAULT_MS = 1_000;

const crash =
  (how: 'process' | 'power'): FaultMaker =>
  (fault, nemesis) => {
    const { durationMs = DEFAULT_MS } = fault;
    const hosts = fault.target === 'all' ? nemesis.memberHosts() : [nemesis.target(fault)];
    const hit = hosts.filter((host): host is Host => host?.process !== undefined);
    if (hit.length === 0) return undefined;
    for (const host of hit) {
      host.kill(how);
      nemesis.startLater(host, durationMs);
    }
    return `${hit.map(({ name }) => name).join(' ')} for ${durationMs} ms`;
  };

/** Ends a process in the middle of its work on the disk, and its successor in the middle of its recovery. */
const crashAt: FaultMaker = (fault, nemesis) => {
  const host = nemesis.target(fault);
  if (host?.process === undefined) return undefined;
  return `${host.name} ${armCrash(host, fault, nemesis)}`;
};

/** The host's process is to crash at one of its next disk operations. Returns when and how. */
export function armCrash(host: Host, fault: PlannedFault, nemesis: Nemesis): string {
  const { count = 1, again = 0, how = 'process', where, durationMs = DEFAULT_MS } = fault;
  const power = how === 'power' ? 'power' : 'process';
  crashAfter(nemesis, host, count, where === 'db' ? isDatabase : undefined, () => {
    host.kill(power);
    if (again > 0)
      crashAfter(nemesis, host, again, undefined, () => down(host, power, durationMs, nemesis));
    nemesis.startLater(host, durationMs);
  });
  const operations = where === 'db' ? 'operations on the database' : 'disk operations';
  return `by ${power} after ${count} ${operations}, then ${again}`;
}

/** The database, and the one that a defragmentation makes. */
const isDatabase = (path: string): boolean => /\/snap\/db[^/]*$/.test(path);

function crashAfter(
  nemesis: Nemesis,
  host: Host,
  operations: number,
  counts: ((path: string) => boolean) | undefined,
  onCrash: () => void,
): void {
  const crashed = (): void => {
    nemesis.say(`${host.name} crashes`);
    onCrash();
  };
  host.disk.crashAt(operations, crashed, undefined, counts);
}

function down(host: Host, how: 'process' | 'power', durationMs: number, nemesis: Nemesis): void {
  host.kill(how);
  nemesis.startLater(host, durationMs);
}

const pause: FaultMaker = (fault, nemesis) => {
  const host = nemesis.target(fault);
  if (host?.process === undefined) return undefined;
  const { durationMs = DEFAULT_MS } = fault;
  host.pauseFor(durationMs);
  nemesis.during(durationMs, () => {});
  return `${host.name} for ${durationMs} ms`;
};

const clockJump: FaultMaker = (fault, nemesis) => {
  const host = nemesis.target(fault);
  const { count: byMs = 0 } = fault;
  if (host === undefined || byMs === 0) return undefined;
  host.clock.jump(byMs);
  return `${host.name} by ${byMs} ms`;
};

export const machineFaults: Readonly<Record<MachineFault, FaultMaker>> = {
  kill: crash('process'),
  power: crash('power'),
  ...{ crashAt, pause, clockJump },
};
