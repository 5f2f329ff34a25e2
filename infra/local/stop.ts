// `npm stop`: ends a detached or a foreground run, and members that a killed supervisor left behind.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Paths } from './paths.ts';
import { Problem } from './problem.ts';
import { endProcesses, isAlive, orphans, readRun, removeRun } from './run-file.ts';

/** The supervisor gives each member ten seconds. */
const WAIT_MS = 30_000;
const ORPHAN_GRACE_MS = 10_000;

/** @throws Problem when the supervisor does not end */
export async function stopCluster(paths: Paths): Promise<void> {
  const run = readRun(paths);
  if (run !== undefined && isAlive(run.supervisorPid)) {
    process.kill(run.supervisorPid, 'SIGTERM');
    const deadline = Date.now() + WAIT_MS;
    while (isAlive(run.supervisorPid)) {
      if (Date.now() > deadline)
        throw new Problem(
          `The supervisor (process ${run.supervisorPid}) has not ended after ${WAIT_MS / 1000} s; .binnacle/logs/supervisor.log may say why.`,
        );
      await sleep(50);
    }
    process.stdout.write('Stopped. The next start finds the data in .binnacle.\n');
    return;
  }
  const left = orphans(paths);
  if (left.length === 0) {
    process.stdout.write('Nothing is running.\n');
    return;
  }
  await endProcesses(
    left.map(({ pid }) => pid),
    ORPHAN_GRACE_MS,
  );
  removeRun(paths);
  process.stdout.write(
    `Stopped ${left.map(({ name }) => name).join(', ')}, which a cut-off run had left behind.\n`,
  );
}
