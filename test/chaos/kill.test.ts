// Members are killed and paused while clients work: nothing that was acknowledged is lost, and all that was seen has one
// explanation. CHAOS_SECONDS makes it longer.
import { readFileSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import { Client } from '../../node/src/client/index.ts';
import { startCluster, type TestCluster } from '../integration/support/cluster.ts';
import type { TestMember } from '../integration/support/member.ts';
import { sleep } from '../integration/support/waiting.ts';
import { EventLog } from './event-log.ts';
import { distributionOf, findLeader, timeUntilServing } from './leadership.ts';
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

const CHAOS_MS = Number(process.env['CHAOS_SECONDS'] ?? 0) * 1000;
const FAILOVER_LIMIT_MS = 2_000;
const TEST_TIMEOUT_MS = 60_000 + 2 * CHAOS_MS;

let cluster: TestCluster | undefined;
afterEach(async () => {
  await cluster?.stop();
  cluster = undefined;
});

async function underLoad(
  members: number,
  faults: (cluster: TestCluster) => Promise<void>,
): Promise<void> {
  cluster = await startCluster({ members });
  const watchers = cluster.members.map((member) => new EventLog(cluster!, member));
  const { endpoints } = cluster;
  using client = new Client({ endpoints, maxReconnectDelayMs: 100 });
  const watched = watchAll(client);
  const workload = new Workload(cluster, { clients: 6, keys: 12, pauseMs: 5, timeoutMs: 4_000 });
  workload.start();
  try {
    await faults(cluster);
    await cluster.untilHealthy();
    await sleep(300);
  } finally {
    await workload.stop();
  }
  const history = workload.recorder.entries;
  const unknown = history.filter((entry) => entry.result === undefined).length;
  console.log(`${history.length} operations, ${unknown} of unknown outcome`);
  expect(history.length - unknown).toBeGreaterThan(50);
  const events = await expectSameEvents(cluster, watchers);
  await expectWatched(watched, events);
  expectNoLostWrite(history, events);
  expectReadsAtTheirRevision(history, events);
  expectLinearizable(history, events);
  await expectSameHashes(cluster);
}

/** Repeats `round` at least `least` times, and for as long as CHAOS_SECONDS says. */
async function repeat(least: number, round: (index: number) => Promise<void>): Promise<void> {
  const endMs = performance.now() + CHAOS_MS;
  for (let index = 0; index < least || performance.now() < endMs; index++) await round(index);
}

/** No member ended by itself. */
function expectRunning({ members }: TestCluster): void {
  const ended = members.filter((member) => !member.isRunning);
  const logs = ended.map(({ name, logFile }) => [
    name,
    readFileSync(logFile, 'utf8').slice(-2_000),
  ]);
  expect(logs).toEqual([]);
}

async function restartOf(target: TestMember, all: TestCluster): Promise<void> {
  target.start();
  await all.untilHealthy();
  expectRunning(all);
}

test(
  'kill -9 of the leader, again and again',
  async () => {
    const failoversMs: number[] = [];
    await underLoad(3, async (all) => {
      await repeat(2, async () => {
        const leader = await findLeader(all);
        await sleep(200);
        await leader.kill();
        failoversMs.push(await timeUntilServing(all));
        await restartOf(leader, all);
      });
    });
    console.log(distributionOf(failoversMs));
    expect(Math.max(...failoversMs)).toBeLessThan(FAILOVER_LIMIT_MS);
  },
  TEST_TIMEOUT_MS,
);

test(
  'kill -9 of any member, of all at once, and a leader that sleeps',
  async () => {
    await underLoad(3, async (all) => {
      await repeat(3, async (index) => {
        await sleep(200);
        if (index % 3 === 0) {
          const member = all.member(Math.floor(Math.random() * 3));
          await member.kill();
          await sleep(200);
          await restartOf(member, all);
        } else if (index % 3 === 1) {
          await Promise.all(all.members.map((member) => member.kill()));
          for (const member of all.members) member.start();
          await all.untilHealthy();
          expectRunning(all);
        } else {
          const leader = await findLeader(all);
          leader.pause();
          await timeUntilServing(all);
          leader.resume();
          await sleep(200);
        }
      });
    });
  },
  TEST_TIMEOUT_MS,
);

test(
  'kill -9 of the only member, again and again',
  async () => {
    await underLoad(1, async (all) => {
      const member = all.member(0);
      await repeat(3, async () => {
        await sleep(50 + Math.random() * 200);
        await member.kill();
        await restartOf(member, all);
      });
    });
  },
  TEST_TIMEOUT_MS,
);
