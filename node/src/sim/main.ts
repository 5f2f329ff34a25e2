// `npm run sim`: runs of the whole cluster from a seed, here and now or for hours.
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { ChildPool } from './cli/child-pool.ts';
import { terminal } from './cli/screen.ts';
import { runSim } from './cli/sim.ts';
import { PROFILES, scenarioOf } from './faults/profiles.ts';

/** Generous: a run takes some seconds, on a busy machine some more. */
const HANG_LIMIT_MS = 5 * 60_000;

const interruption = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => interruption.abort());

process.exitCode = await runSim(process.argv.slice(2), {
  screen: terminal(),
  cores: availableParallelism(),
  profiles: PROFILES,
  regressionFolder: fileURLToPath(new URL('./regressions/', import.meta.url)),
  interrupted: interruption.signal,
  createRunner: (jobs) =>
    new ChildPool({
      jobs,
      program: new URL('./cli/child.ts', import.meta.url),
      hangLimitMs: HANG_LIMIT_MS,
    }),
  scenarioOf,
  fraction: () => Math.random(),
  nowMs: () => performance.now(),
});
