// Which processes are ours, for `status`, `stop`, and a start after the supervisor was killed.
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { PRIVATE_MODE, readIfThere, writeAtomically } from './files.ts';
import type { Paths } from './paths.ts';

const runSchema = z.object({
  supervisorPid: z.int(),
  detached: z.boolean(),
  startedAt: z.string(),
  /** Members that run. */
  pids: z.record(z.string(), z.int()),
});

const SUPERVISOR_COMMAND = /\/(cli\/main\.ts up|local\/main\.ts --supervise)/;

export type RunState = z.output<typeof runSchema>;

export function writeRun(paths: Paths, run: RunState): void {
  writeAtomically(paths.runFile, `${JSON.stringify(run, undefined, 2)}\n`, PRIVATE_MODE);
}

export function readRun(paths: Paths): RunState | undefined {
  const text = readIfThere(paths.runFile);
  if (text === undefined) return undefined;
  try {
    return runSchema.parse(JSON.parse(text));
  } catch {
    return undefined; // it only helps: a damaged one is as good as none
  }
}

export function removeRun(paths: Paths): void {
  fs.rmSync(paths.runFile, { force: true });
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** The supervisor that the file names, if it is that: after a reboot, its number may be another process's. */
export function runningSupervisor(run: RunState | undefined): number | undefined {
  if (run === undefined || !isAlive(run.supervisorPid)) return undefined;
  return SUPERVISOR_COMMAND.test(commandOf(run.supervisorPid)) ? run.supervisorPid : undefined;
}

/** Members that run, by name: alive, and by their command line at work on our data folders. */
export function runningMembers(paths: Paths, run: RunState | undefined): Map<string, number> {
  const known = Object.entries(run?.pids ?? {});
  return new Map(
    known.filter(([name, pid]) => isAlive(pid) && commandOf(pid).includes(paths.dataDir(name))),
  );
}

/** Asks the processes to end, and ends those that do not within the time. */
export async function endProcesses(pids: readonly number[], graceMs: number): Promise<void> {
  for (const pid of pids) signal(pid, 'SIGTERM');
  const deadline = Date.now() + graceMs;
  while (pids.some(isAlive) && Date.now() < deadline) await sleep(50);
  for (const pid of pids.filter(isAlive)) signal(pid, 'SIGKILL');
  while (pids.some(isAlive)) await sleep(20);
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended by itself.
  }
}

function commandOf(pid: number): string {
  try {
    return fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    try {
      return execFileSync('ps', ['-ww', '-o', 'command=', '-p', String(pid)], { encoding: 'utf8' });
    } catch {
      return '';
    }
  }
}
