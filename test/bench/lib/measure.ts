/**
 * What the processes of a cluster cost, from /proc: CPU, the most memory at once, bytes written to disk.
 *
 * The kernel counts CPU by the nanosecond and shows it in hundredths of a second: of 1 s of CPU that is 1 %.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import type { Cluster } from '../../conformance/lib/cluster.ts';

const TICK_US = 10_000;

/** Where one process stands; all but the peak only grow. */
export interface Usage {
  readonly cpuUs: number;
  readonly writtenBytes: number;
  readonly peakBytes: number;
}

/** By process id. */
export type Snapshot = ReadonlyMap<number, Usage>;

export function snapshot(cluster: Cluster): Snapshot {
  const usages = new Map<number, Usage>();
  for (const pid of processIds(cluster)) usages.set(pid, usageOf(pid));
  return usages;
}

/** Lets the peak of memory begin anew: at what each process holds now. */
export function resetPeak(cluster: Cluster): void {
  for (const pid of processIds(cluster)) {
    try {
      writeFileSync(`/proc/${pid}/clear_refs`, '5');
    } catch {
      // Not permitted everywhere: then the peak is that of the whole life, for both servers.
    }
  }
}

/**
 * What all processes used between two snapshots. One that started meanwhile began with nothing; one that ended meanwhile
 * is left out.
 */
export function used(before: Snapshot, after: Snapshot): Usage {
  let [cpuUs, writtenBytes, peakBytes] = [0, 0, 0];
  for (const [pid, now] of after) {
    const then = before.get(pid);
    cpuUs += now.cpuUs - (then?.cpuUs ?? 0);
    writtenBytes += now.writtenBytes - (then?.writtenBytes ?? 0);
    peakBytes += now.peakBytes;
  }
  return { cpuUs, writtenBytes, peakBytes };
}

/** CPU of all children of this process that have ended, with their own. */
export function endedChildrenCpuUs(): number {
  const [user, system] = statFields('self').slice(13, 15);
  return (Number(user) + Number(system)) * TICK_US;
}

function processIds(cluster: Cluster): number[] {
  return cluster.members.flatMap(({ process: each }) =>
    each === undefined || each.hasEnded ? [] : [each.pid],
  );
}

function usageOf(pid: number): Usage {
  const [user, system] = statFields(pid).slice(11, 13);
  return {
    cpuUs: (Number(user) + Number(system)) * TICK_US,
    writtenBytes: field(`/proc/${pid}/io`, 'write_bytes'),
    peakBytes: field(`/proc/${pid}/status`, 'VmHWM') * 1024,
  };
}

/** proc(5): the fields after the command's name, which may hold spaces; the first is the state. */
function statFields(pid: number | 'self'): string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

function field(path: string, name: string): number {
  const value = new RegExp(`^${name}:\\s*(\\d+)`, 'm').exec(readFileSync(path, 'utf8'))?.[1];
  if (value === undefined) throw new Error(`${path} has no ${name}`);
  return Number(value);
}
