// A cluster of processes under a workload while faults happen, and all that has to hold afterwards.
import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import {
  startCluster,
  type ClusterOptions,
  type TestCluster,
} from '../integration/support/cluster.ts';
import type { TestMember } from '../integration/support/member.ts';
import { sleep } from '../integration/support/waiting.ts';
import { endsOf } from './judge/ends.ts';
import { judge } from './judge/judge.ts';
import { Load } from './load/load.ts';
import { Tape } from './record/tape.ts';

/** How long the tests go on; without it each does its least. */
export const CHAOS_MS = Number(process.env['CHAOS_SECONDS'] ?? 0) * 1000;
/** For a machine that does other things too. */
export const HEALTHY_MS = 60_000;
export const TEST_TIMEOUT_MS = 240_000 + 2 * CHAOS_MS;
const LEAST_ANSWERS = 50;
const CALM_MS = 300;

/** Starts a cluster, runs `faults` while clients work on it, and judges. Stops the cluster. */
export async function underLoad(
  options: ClusterOptions,
  faults: (cluster: TestCluster, load: Load) => Promise<void>,
): Promise<void> {
  const cluster = await startCluster({ startTimeoutMs: HEALTHY_MS, ...options });
  try {
    await run(cluster, faults);
  } finally {
    await cluster.stop();
  }
}

async function run(
  cluster: TestCluster,
  faults: (cluster: TestCluster, load: Load) => Promise<void>,
): Promise<void> {
  const tape = new Tape();
  for (const member of cluster.members) {
    tape.started(member.name);
    member.onRun = (isRunning) =>
      isRunning ? tape.started(member.name) : tape.stopped(member.name);
  }
  const load = new Load(cluster, tape);
  try {
    await faults(cluster, load);
    await cluster.untilHealthy(HEALTHY_MS);
    tape.faultsEnded();
    await sleep(CALM_MS);
    await load.settle();
    const { answered, failed } = load.counts;
    console.log(`${answered} requests on single keys answered, ${failed} failed`);
    expect(answered).toBeGreaterThan(LEAST_ANSWERS);
    judge(tape, load, await endsOf(cluster));
  } finally {
    load.close();
  }
}

/** Repeats `round` at least `least` times, and for as long as CHAOS_SECONDS says. */
export async function repeat(
  least: number,
  round: (index: number) => Promise<void>,
): Promise<void> {
  const endMs = performance.now() + CHAOS_MS;
  for (let index = 0; index < least || performance.now() < endMs; index++) await round(index);
}

/** None of these ended by itself. */
export function expectRunning(members: readonly TestMember[]): void {
  const ended = members.filter((member) => !member.isRunning);
  const logs = ended.map(({ name, logFile }) => [
    name,
    readFileSync(logFile, 'utf8').slice(-2_000),
  ]);
  expect(logs).toEqual([]);
}

export async function restartOf(targets: readonly TestMember[], all: TestCluster): Promise<void> {
  for (const target of targets) target.start();
  await all.untilHealthy(HEALTHY_MS);
  expectRunning(targets);
}
