// Members lose power while clients work, on disks that forget what was not synced: every acknowledged write is there
// afterwards, and every member comes up again. CHAOS_SECONDS makes it longer, CHAOS_SEED replays the choices.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Client } from '../../node/src/client/index.ts';
import { SimRandom } from '../../node/src/sim/world/random.ts';
import { MaintenanceService } from '../../node/src/wire/gen/rpc.ts';
import { Caller } from '../integration/support/caller.ts';
import { startCluster, type TestCluster } from '../integration/support/cluster.ts';
import type { TestMember } from '../integration/support/member.ts';
import { eventually, sleep } from '../integration/support/waiting.ts';
import { LossyDisks } from './disk/lossy-cluster.ts';
import type { DiskFault } from './disk/lossy-disk.ts';
import { NOTHING_SURVIVES } from './disk/rollback.ts';
import { findLeader } from './leadership.ts';
import type { Load } from './load/load.ts';
import { compile, noCompiler, type Built } from './native/compile.ts';
import { HEALTHY_MS, repeat, restartOf, TEST_TIMEOUT_MS, underLoad } from './under-load.ts';

const SEED = Number(process.env['CHAOS_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
/** Snapshots, and with them new and removed files, come often; members that were away get them from others. */
const FLAGS = ['--snapshot-count', '40', '--snapshot-catchup-entries', '10'];
const END_MS = 60_000;
/** Tests here that cut power under load. */
const LOADS = 3;
/** Durations of a sync. */
const PACES_US = [2_000, 20_000, 60_000];
const STALL_US = 3_000_000;
const reason = noCompiler();
if (reason !== undefined) console.log(`skipped: power failures: ${reason}`);

describe.skipIf(reason !== undefined)(`power failures (${reason ?? `seed ${SEED}`})`, () => {
  let library: Built;
  beforeAll(() => {
    library = compile('lossy-disk.so');
  });
  const random = new SimRandom(SEED);
  let unsynced = 0;
  let loads = 0;
  afterAll(() => {
    library.remove();
    // One test alone may find everything synced.
    if (loads === LOADS) expect(unsynced).toBeGreaterThan(0);
  });

  async function onLossyDisks(
    members: number,
    faults: (cluster: TestCluster, disks: LossyDisks, load: Load) => Promise<void>,
  ): Promise<void> {
    const disks = new LossyDisks(library.path);
    const options = { members, place: disks.place, flags: FLAGS };
    try {
      await underLoad(options, (cluster, load) => faults(cluster, disks, load));
    } finally {
      const { total } = disks;
      unsynced += total.unsynced;
      loads++;
      console.log(
        `of ${total.unsynced} unsynced changes ${total.writes} writes and ${total.names} names were lost`,
      );
    }
  }

  test(
    'of the whole cluster, and of one member',
    async () => {
      await onLossyDisks(3, async (cluster, disks, load) => {
        await repeat(5, async (round) => {
          const leader = cluster.members.indexOf(await findLeader(cluster, HEALTHY_MS));
          disks.setPace(leader, random.pick(PACES_US));
          await sleep(random.between(50, 400));
          const isOfOne = round % 5 === 2;
          const first = isOfOne ? leader : random.below(3);
          const indexes = isOfOne ? [leader] : [0, 1, 2];
          if (random.chance(0.3)) defragment(cluster.member(first), cluster);
          if (isOfOne) {
            // Its disk stands still first: others lead meanwhile, and lease no less than it did.
            disks.of(leader).set('syncDelayUs', STALL_US);
            await sleep(random.between(1_500, 4_000));
          } else if (random.chance(0.3)) {
            await disks.crash(cluster.member(first), first, 20, random);
          } else {
            await load.write(); // the power goes right behind the answer
          }
          disks.setPace(leader, random.pick(PACES_US));
          await disks.losePower(cluster.members, indexes, random);
          // Without the member that was ahead the others have to know what was acknowledged.
          const late = indexes.length === 3 && random.chance(0.8) ? [leader] : [];
          const early = indexes.filter((index) => !late.includes(index));
          for (const group of [early, late]) {
            if (group.length === 0) continue;
            await restartOf(
              group.map((index) => cluster.member(index)),
              cluster,
            );
          }
        });
      });
    },
    TEST_TIMEOUT_MS,
  );

  test(
    'of the only member, at any change of its disk, and again while it recovers',
    async () => {
      await onLossyDisks(1, async (cluster, disks, load) => {
        const member = cluster.member(0);
        await repeat(5, async (round) => {
          disks.setPace(-1, random.pick(PACES_US));
          await sleep(random.between(10, 200));
          if (round % 2 === 0) defragment(member, cluster);
          if (random.chance(0.7)) await disks.crash(member, 0, 40, random);
          else await load.write();
          await disks.losePower(cluster.members, [0], random);
          if (round % 2 === 1) {
            member.start();
            await disks.crash(member, 0, 12, random);
            await disks.losePower(cluster.members, [0], random);
          }
          await restartOf([member], cluster);
        });
      });
    },
    TEST_TIMEOUT_MS,
  );

  test(
    'behind a sync or a write that failed, and on a full disk: members end on purpose, and come again',
    async () => {
      await onLossyDisks(3, async (cluster, disks) => {
        const faults: readonly DiskFault[] = ['failSyncs', 'failWrites', 'isFull'];
        await repeat(faults.length, async (round) => {
          const fault = faults[round % faults.length]!;
          const leader = cluster.members.indexOf(await findLeader(cluster, HEALTHY_MS));
          const others = [0, 1, 2].filter((index) => index !== leader);
          const indexes = fault === 'isFull' ? [leader, others[0]!] : [leader];
          for (const index of indexes) disks.of(index).set(fault, 1);
          const members = indexes.map((index) => cluster.member(index));
          for (const member of members) {
            await endOf(member);
            expect(member.exitCode).toBeGreaterThan(0);
          }
          if (fault === 'isFull') {
            // Without room they may serve or end again; they must not spoil what is there.
            for (const member of members) member.start();
            await sleep(random.between(200, 1_500));
          }
          await disks.losePower(cluster.members, indexes, random);
          await restartOf(members, cluster);
        });
      });
    },
    TEST_TIMEOUT_MS,
  );

  test('a disk that lies about its syncs loses what was acknowledged', async () => {
    const disks = new LossyDisks(library.path);
    const cluster = await startCluster({ place: disks.place, startTimeoutMs: HEALTHY_MS });
    try {
      using client = new Client({ endpoints: cluster.endpoints, timeoutMs: HEALTHY_MS });
      await client.put('before', 'safe');
      disks.of(0).set('isLying', 1);
      await client.put('after', 'lost');
      await cluster.member(0).kill();
      expect(disks.of(0).losePower(NOTHING_SURVIVES).writes).toBeGreaterThan(0);
      cluster.member(0).start();
      await cluster.untilHealthy(HEALTHY_MS);
      expect((await client.range('before')).count).toBe(1);
      expect((await client.range('after')).count).toBe(0);
    } finally {
      await cluster.stop();
    }
  });
});

/** Begins to rewrite a member's data file: it may die over it. */
function defragment({ clientUrl }: TestMember, { clientTls }: TestCluster): void {
  const caller = new Caller(clientUrl, clientTls);
  void caller
    .unary(MaintenanceService.defragment)
    .catch(() => {})
    .finally(() => caller.close());
}

/** Fails when the process goes on. */
async function endOf(member: TestMember): Promise<void> {
  await eventually(`the end of ${member.name}`, () => !member.isRunning, END_MS);
}
