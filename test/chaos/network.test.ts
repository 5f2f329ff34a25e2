// Members in network namespaces lose each other, half hear each other, and talk over bad lines, while clients work.
// CHAOS_SECONDS makes it longer, CHAOS_SEED replays the choices.
import { describe, expect, test } from 'vitest';
import { SimRandom } from '../../node/src/sim/world/random.ts';
import type { TestCluster } from '../integration/support/cluster.ts';
import { sleep } from '../integration/support/waiting.ts';
import { findLeader } from './leadership.ts';
import { BadNetwork, noBadNetwork, noTrafficControl } from './network/bad-network.ts';
import { expectRunning, HEALTHY_MS, repeat, TEST_TIMEOUT_MS, underLoad } from './under-load.ts';

const SEED = Number(process.env['CHAOS_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const MEMBERS = 3;
/** Longer than the election timeout, twice at most. */
const FAULT_MS = [1_200, 2_200] as const;
/** Members that were cut off get snapshots from others. */
const FLAGS = ['--snapshot-count', '100', '--snapshot-catchup-entries', '20'];
const reason = noBadNetwork();

type Fault = (network: BadNetwork, cluster: TestCluster) => Promise<void>;
if (reason !== undefined) console.log(`skipped: the bad network: ${reason}`);

describe.skipIf(reason !== undefined)(`a bad network (${reason ?? `seed ${SEED}`})`, () => {
  const random = new SimRandom(SEED);
  const others = (index: number): number[] => [0, 1, 2].filter((other) => other !== index);

  async function onBadNetwork(least: number, faults: Record<string, Fault>): Promise<void> {
    const network = await BadNetwork.start(MEMBERS, SEED);
    const names = Object.keys(faults);
    try {
      const options = { members: MEMBERS, place: network.place, flags: FLAGS };
      await underLoad(options, async (cluster) => {
        await repeat(least, async (round) => {
          const name = round < names.length ? names[round]! : random.pick(names);
          await faults[name]?.(network, cluster);
          await sleep(random.between(...FAULT_MS));
          await network.mend();
          await sleep(random.between(0, 800));
        });
        expectRunning(cluster.members);
      });
      const stats = await network.stats();
      console.log(JSON.stringify(stats));
      expect(stats.lost).toBeGreaterThan(0);
    } finally {
      await network.close();
    }
  }

  async function leaderOf(cluster: TestCluster): Promise<number> {
    return cluster.members.indexOf(await findLeader(cluster, HEALTHY_MS));
  }

  test(
    'that comes apart: wholly, in part, in one direction',
    async () => {
      const faults: Record<string, Fault> = {
        async 'the leader is alone'(network, cluster) {
          const leader = await leaderOf(cluster);
          await network.partition([[leader], others(leader)]);
        },
        async 'nobody hears the leader'(network, cluster) {
          const leader = await leaderOf(cluster);
          for (const other of others(leader)) await network.cut(leader, other);
        },
        async 'the leader hears nobody'(network, cluster) {
          const leader = await leaderOf(cluster);
          for (const other of others(leader)) await network.cut(other, leader);
        },
        async 'two members do not hear each other'(network) {
          const [a, b] = others(random.below(MEMBERS));
          await network.partition([[a!], [b!]]);
        },
        async 'everybody is alone'(network) {
          await network.partition([[0], [1], [2]]);
        },
        async 'clients do not reach a member, or it does not reach them'(network) {
          const index = random.below(MEMBERS);
          if (random.chance(0.5)) await network.cut('clients', index);
          else await network.cut(index, 'clients');
        },
        async 'a link comes and goes'(network) {
          const index = random.below(MEMBERS);
          for (let times = 0; times < 6; times++) {
            await network.partition([[index], others(index)]);
            await sleep(random.between(50, 300));
            await network.mend();
            await sleep(random.between(50, 300));
          }
        },
      };
      await onBadNetwork(Object.keys(faults).length, faults);
    },
    TEST_TIMEOUT_MS,
  );

  test(
    'of bad lines: slow, lossy, out of order, doubling, corrupting, narrow',
    async () => {
      await onBadNetwork(4, {
        async 'all of it at once'(network) {
          const rules = { delayMs: 10, jitterMs: 30, loss: 0.03, duplicate: 0.05 };
          await network.between({ ...rules, reorder: 0.1, corrupt: 0.02 });
        },
        async 'clients too'(network) {
          const rules = { jitterMs: 10, loss: 0.02, duplicate: 0.05, reorder: 0.2, corrupt: 0.02 };
          await network.between(rules);
          for (const index of [0, 1, 2]) {
            await network.link('clients', index, rules);
            await network.link(index, 'clients', rules);
          }
        },
        async 'narrow lines'(network, cluster) {
          const leader = await leaderOf(cluster);
          for (const index of [0, 1, 2]) network.limitRate(index, index === leader ? 128 : 256);
          await sleep(FAULT_MS[0]);
          const dropped = [0, 1, 2].map((index) => network.heldBack(index));
          console.log(
            `${dropped.join(', ')} frames waited for tc, or ${noTrafficControl() ?? 'none'}`,
          );
          if (noTrafficControl() === undefined) expect(Math.max(...dropped)).toBeGreaterThan(0);
        },
        async 'every other frame of the leader is lost'(network, cluster) {
          const leader = await leaderOf(cluster);
          for (const other of others(leader)) await network.link(leader, other, { loss: 0.5 });
        },
      });
    },
    TEST_TIMEOUT_MS,
  );

  test(
    'and members that are killed or sleep meanwhile',
    async () => {
      await onBadNetwork(3, {
        async 'a follower is alone, the leader dies'(network, cluster) {
          const leader = await leaderOf(cluster);
          const [alone] = others(leader);
          await network.partition([[alone!], others(alone!)]);
          await cluster.member(leader).kill();
          await sleep(random.between(200, 1_500));
          cluster.member(leader).start();
        },
        async 'the leader is alone, a follower dies, and comes again'(network, cluster) {
          const leader = await leaderOf(cluster);
          await network.partition([[leader], others(leader)]);
          const dying = cluster.member(random.pick(others(leader)));
          await sleep(random.between(100, 1_500));
          await dying.kill();
          await sleep(random.between(100, 500));
          dying.start();
        },
        async 'the leader is alone and sleeps, and wakes in another world'(network, cluster) {
          const leader = await leaderOf(cluster);
          cluster.member(leader).pause();
          await network.partition([[leader], others(leader)]);
          await sleep(random.between(1_500, 2_500));
          cluster.member(leader).resume();
        },
      });
    },
    TEST_TIMEOUT_MS,
  );
});
