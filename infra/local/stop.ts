// `npm stop`: ends a detached or a foreground run, and members that a killed supervisor left behind.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Paths } from './paths.ts';
import { Problem } from './problem.ts';
import {
  endProcesses,
  isAlive,
  readRun,
  removeRun,
  runningMembers,
  runningSupervisor,
} from './run-file.ts';

/** The supervisor gives each member ten seconds. */
const WAIT_MS = 30_000;
const ORPHAN_GRACE_MS = 10_000;

/** @throws Problem when the supervisor does not end */
export async function stopCluster(paths: Paths): Promise<void> {
  const run = readRun(paths);
  const supervisor = runningSupervisor(run);
  if (supervisor !== undefined) {
    process.kill(supervisor, 'SIGTERM');
    const deadline = Date.now() + WAIT_MS;
    while (isAlive(supervisor)) {
      if (Date.now() > deadline)
        throw new Problem(
          `The supervisor (process ${supervisor}) has not ended after ${WAIT_MS / 1000} s; .binnacle/logs/supervisor.log may say why.`,
        );
      await sleep(50);
    }
    process.stdout.write('Stopped. The next start finds the data in .binnacle.\n');
    return;
  }
  const left = runningMembers(paths, run);
  if (left.size === 0) {
    process.stdout.write('Nothing is running.\n');
    return;
  }
  await endProcesses([...left.values()], ORPHAN_GRACE_MS);
  removeRun(paths);
  const names = [...left.keys()].join(', ');
  process.stdout.write(`Stopped ${names}, which a cut-off run had left behind.\n`);
}
