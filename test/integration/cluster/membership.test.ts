// The cluster changes while it runs: members come, are promoted, move and go.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readFileSync } from 'node:fs';
import { utf8FromText } from '../../../node/src/base/index.ts';
import {
  ClusterService,
  KVService,
  MaintenanceService,
  type Member,
} from '../../../node/src/wire/gen/rpc.ts';
import { Caller, errorOf } from '../support/caller.ts';
import { startCluster, type TestCluster } from '../support/cluster.ts';
import type { TestMember } from '../support/member.ts';
import { eventually, sleep } from '../support/waiting.ts';

/** So few that a member which comes late needs a snapshot. */
const FEW_ENTRIES = ['--snapshot-count', '100', '--snapshot-catchup-entries', '10'];
const TIMEOUT_MS = 40_000;

let cluster: TestCluster;
let callers: Caller[] = [];

beforeEach(() => {
  callers = [];
});
afterEach(async () => {
  for (const caller of callers) caller.close();
  await cluster.stop();
});

function callerOf(member: TestMember): Caller {
  const caller = new Caller(member.clientUrl, cluster.clientTls);
  callers.push(caller);
  return caller;
}

const status = (caller: Caller) => caller.unary(MaintenanceService.status);
const membersOf = async (caller: Caller): Promise<Member[]> =>
  (await caller.unary(ClusterService.memberList, { linearizable: true })).members;
const put = (caller: Caller, key: string) =>
  caller.unary(KVService.put, { key: utf8FromText(key), value: utf8FromText(`value of ${key}`) });
const countOf = async (caller: Caller, serializable: boolean): Promise<number> => {
  const all = { key: Uint8Array.of(0), rangeEnd: Uint8Array.of(0), countOnly: true };
  return (await caller.unary(KVService.range, { ...all, serializable })).count;
};

async function leaderOf(): Promise<{ leader: TestMember; id: bigint; others: TestMember[] }> {
  return eventually('a leader', async () => {
    for (const member of cluster.members) {
      const caller = callerOf(member);
      const { header, leader } = await status(caller);
      if (leader === 0n || header?.memberId !== leader) continue;
      return { leader: member, id: leader, others: cluster.members.filter((m) => m !== member) };
    }
    return undefined;
  });
}

const exitOf = (member: TestMember) =>
  eventually(`the end of ${member.name}`, () => !member.isRunning, 15_000);

describe('a member that joins', () => {
  test(
    'as a learner gets a snapshot, is promoted when it has caught up, and restarts',
    async () => {
      cluster = await startCluster({ flags: FEW_ENTRIES });
      const first = callerOf(cluster.member(0));
      for (let i = 0; i < 300; i++) await put(first, `key-${i}`);
      const { header } = await put(first, 'last');
      await first.unary(KVService.compact, { revision: (header?.revision ?? 0) - 10 });

      const joining = await cluster.join('m2');
      const added = await first.unary(ClusterService.memberAdd, {
        peerUrls: [joining.peerUrl],
        isLearner: true,
      });
      const id = added.member?.id ?? 0n;
      expect(added.member?.isLearner).toBe(true);
      expect(await errorOf(first.unary(ClusterService.memberPromote, { id }))).toBe(
        'etcdserver: can only promote a learner member which is in sync with leader',
      );
      expect(
        await errorOf(
          first.unary(ClusterService.memberAdd, {
            peerUrls: ['http://127.0.0.1:1'],
            isLearner: true,
          }),
        ),
      ).toBe('etcdserver: too many learner members in cluster');

      joining.start();
      const second = callerOf(joining);
      await eventually('the learner to have all keys', async () => {
        const { raftAppliedIndex, isLearner } = await status(second);
        return isLearner && raftAppliedIndex >= (await status(first)).raftAppliedIndex;
      });
      expect(readFileSync(joining.logFile, 'utf8')).toMatch(/snapshot/);
      expect(await errorOf(put(second, 'refused'))).toBe(
        'etcdserver: rpc not supported for learner',
      );

      await eventually('the promotion', () => first.unary(ClusterService.memberPromote, { id }));
      expect(await errorOf(first.unary(ClusterService.memberPromote, { id }))).toBe(
        'etcdserver: can only promote a learner member',
      );
      await eventually('the voter to serve', async () => (await countOf(second, false)) === 301);

      await joining.restart();
      await cluster.untilHealthy();
      expect(await countOf(second, true)).toBe(301);
      const revision = (await put(second, 'after')).header?.revision ?? 0;
      const [a, b] = await Promise.all(
        [first, second].map((one) => one.unary(MaintenanceService.hashKV, { revision })),
      );
      expect({ hash: a!.hash, at: a!.compactRevision }).toEqual({
        hash: b!.hash,
        at: b!.compactRevision,
      });
    },
    TIMEOUT_MS,
  );
});

describe('three members', () => {
  test(
    'refuse changes that would cost the quorum, and changes of what is not there',
    async () => {
      cluster = await startCluster({ members: 3 });
      const caller = callerOf(cluster.member(0));
      const members = await membersOf(caller);
      expect(members.map((member) => member.name).toSorted()).toEqual(['m1', 'm2', 'm3']);
      const [some] = members;
      expect(await errorOf(caller.unary(ClusterService.memberRemove, { id: 7n }))).toBe(
        'etcdserver: member not found',
      );
      expect(
        await errorOf(caller.unary(ClusterService.memberPromote, { id: some?.id ?? 0n })),
      ).toBe('etcdserver: can only promote a learner member');
      // Members have to be connected for five seconds before the cluster takes another one.
      await eventually('a cluster that may grow', async () => {
        const taken = { peerUrls: some?.peerUrls ?? [] };
        const error = await errorOf(caller.unary(ClusterService.memberAdd, taken));
        return error === 'etcdserver: Peer URLs already exists';
      });
      expect(
        await errorOf(caller.unary(ClusterService.memberAdd, { peerUrls: ['not a url'] })),
      ).toBe('etcdserver: given member URLs are invalid');

      await cluster.member(2).kill();
      // Until the others have noticed, they would take the new member, which does not exist, and lose the quorum with it.
      await sleep(1_000);
      const gone = members.find((member) => member.name === 'm3')?.id ?? 0n;
      const here = members.find((member) => member.name === 'm2')?.id ?? 0n;
      await eventually('the others to notice', async () => {
        const error = await errorOf(
          caller.unary(ClusterService.memberAdd, { peerUrls: ['http://127.0.0.1:1'] }),
        );
        return error === 'etcdserver: unhealthy cluster';
      });
      expect(await errorOf(caller.unary(ClusterService.memberRemove, { id: here }))).toBe(
        'etcdserver: unhealthy cluster',
      );
      await caller.unary(ClusterService.memberRemove, { id: gone });
      expect(await membersOf(caller)).toHaveLength(2);
      await put(caller, 'still writable');

      // The removed one learns of it from the others, and ends.
      cluster.member(2).start();
      await exitOf(cluster.member(2));
    },
    TIMEOUT_MS,
  );

  test(
    'move the leader, hand over on SIGTERM, update a URL, and remove the leader',
    async () => {
      cluster = await startCluster({ members: 3 });
      const first = await leaderOf();
      const target = first.others[0]!;
      const targetId = (await status(callerOf(target))).header?.memberId ?? 0n;
      const onLeader = callerOf(first.leader);
      expect(
        await errorOf(callerOf(target).unary(MaintenanceService.moveLeader, { targetId })),
      ).toBe('etcdserver: not leader');
      expect(await errorOf(onLeader.unary(MaintenanceService.moveLeader, { targetId: 5n }))).toBe(
        'etcdserver: bad leader transferee',
      );
      await onLeader.unary(MaintenanceService.moveLeader, { targetId });
      expect((await leaderOf()).leader).toBe(target);

      const stoppedMs = performance.now();
      await target.stop();
      const [survivor, other] = cluster.members.filter((member) => member !== target);
      await put(callerOf(survivor!), 'after the hand-over');
      expect(performance.now() - stoppedMs).toBeLessThan(1_500);

      target.start();
      await cluster.untilHealthy();
      const caller = callerOf(survivor!);
      const url = 'http://localhost:' + new URL(target.peerUrl).port;
      const updated = await caller.unary(ClusterService.memberUpdate, {
        id: targetId,
        peerUrls: [url],
      });
      expect(updated.members.find(({ id }) => id === targetId)?.peerUrls).toEqual([url]);
      await eventually('the moved member to follow', async () => {
        await put(caller, 'moved');
        return (await countOf(callerOf(target), false)) === 2;
      });

      const { leader, id } = await leaderOf();
      await eventually('the removal of the leader', () =>
        callerOf(leader).unary(ClusterService.memberRemove, { id }),
      );
      await exitOf(leader);
      expect(readFileSync(leader.logFile, 'utf8')).toMatch(/permanently removed from the cluster/);
      const left = leader === survivor ? other! : survivor!;
      await eventually('the rest to serve', () => put(callerOf(left), 'without it'));
      expect(await membersOf(callerOf(left))).toHaveLength(2);
    },
    TIMEOUT_MS,
  );
});
