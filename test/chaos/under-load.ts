// A cluster of processes under a workload while faults happen, and all that has to hold afterwards.
import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { Client } from '../../node/src/client/index.ts';
import {
  startCluster,
  type ClusterOptions,
  type TestCluster,
} from '../integration/support/cluster.ts';
import type { TestMember } from '../integration/support/member.ts';
import { sleep } from '../integration/support/waiting.ts';
import { EventLog } from './event-log.ts';
import {
  expectLinearizable,
  expectNoLostWrite,
  expectReadsAtTheirRevision,
  expectSameEvents,
  expectSameHashes,
  expectWatched,
  watchAll,
} from './verify.ts';
import { Workload } from './workload.ts';

/** How long the tests go on; without it each does its least. */
export const CHAOS_MS = Number(process.env['CHAOS_SECONDS'] ?? 0) * 1000;
/** For a machine that does other things too. */
export const HEALTHY_MS = 60_000;
export const TEST_TIMEOUT_MS = 240_000 + 2 * CHAOS_MS;
const LEAST_ANSWERS = 50;

/** Starts a cluster, runs `faults` while clients work on it, and judges. Stops the cluster. */
export async function underLoad(
  options: ClusterOptions,
  faults: (cluster: TestCluster) => Promise<void>,
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
  faults: (cluster: TestCluster) => Promise<void>,
): Promise<void> {
  const watchers = cluster.members.map((member) => new EventLog(cluster, member));
  const { endpoints } = cluster;
  using client = new Client({ endpoints, maxReconnectDelayMs: 100 });
  const watched = watchAll(client);
  const workload = new Workload(cluster, { clients: 6, keys: 12, pauseMs: 5, timeoutMs: 4_000 });
  workload.start();
  try {
    await faults(cluster);
    await cluster.untilHealthy(HEALTHY_MS);
    await sleep(300);
  } finally {
    await workload.stop();
  }
  const history = workload.recorder.entries;
  const unknown = history.filter((entry) => entry.result === undefined).length;
  console.log(`${history.length} operations, ${unknown} of unknown outcome`);
  expect(history.length - unknown).toBeGreaterThan(LEAST_ANSWERS);
  const events = await expectSameEvents(cluster, watchers);
  await expectWatched(watched, events);
  expectNoLostWrite(history, events);
  expectReadsAtTheirRevision(history, events);
  expectLinearizable(history, events);
  await expectSameHashes(cluster);
}

/** Repeats `round` at least `least` times, and for as long as CHAOS_SECONDS says. */
export async function repeat(
  least: number,
  round: (index: number) => Promise<void>,
): Promise<void> {
  const endMs = performance.now() + CHAOS_MS;
  for (let index = 0; index < least || performance.now() < endMs; index++) await round(index);
}

/** No member ended by itself. */
export function expectRunning({ members }: TestCluster): void {
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
  expectRunning(all);
}
