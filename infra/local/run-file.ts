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

/** Members whose supervisor was killed: alive, and by their command line working on our data folders. */
export function orphans(paths: Paths): { name: string; pid: number }[] {
  return Object.entries(readRun(paths)?.pids ?? {})
    .map(([name, pid]) => ({ name, pid }))
    .filter(({ name, pid }) => isAlive(pid) && commandOf(pid).includes(paths.dataDir(name)));
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
