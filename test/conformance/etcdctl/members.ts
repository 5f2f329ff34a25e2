/** etcdctl member, move-leader and endpoint. */
import assert from 'node:assert/strict';
import type { Cluster } from '../lib/cluster.ts';
import { eventually } from '../lib/process.ts';
import type { Report } from '../lib/report.ts';
import { hex, leader, memberList, statuses } from './cluster-state.ts';

export async function testEndpoints(report: Report, cluster: Cluster): Promise<void> {
  await report.test('endpoint health of each member', async () => {
    const outcome = await cluster.etcdctl(['endpoint', 'health']);
    const all = outcome.stdout + outcome.stderr;
    for (const endpoint of cluster.endpoints) {
      assert.match(
        all,
        new RegExp(`${endpoint} is healthy: successfully committed proposal: took =`),
      );
    }
  });
  await report.test('endpoint health --cluster -w json finds all from one', async () => {
    const args = ['endpoint', 'health', '--cluster', '-w', 'json'];
    const output = await cluster.ctl(...args, `--endpoints=${cluster.endpoints[0]}`);
    const healths = JSON.parse(output) as { endpoint: string; health: boolean }[];
    assert.deepEqual(healths.map((each) => each.endpoint).sort(), [...cluster.endpoints].sort());
    assert.ok(healths.every((each) => each.health));
  });
  await report.test('endpoint status agrees on leader, term and version', async () => {
    const all = (await statuses(cluster)).map((each) => each.Status);
    assert.equal(all.length, cluster.members.length);
    assert.equal(new Set(all.map((status) => status.leader)).size, 1);
    assert.equal(new Set(all.map((status) => status.header.raft_term)).size, 1);
    for (const status of all) {
      assert.equal(status.version, '3.7.3');
      assert.ok(status.dbSize >= status.dbSizeInUse && status.dbSizeInUse > 0);
      assert.ok(status.raftIndex >= status.raftAppliedIndex && status.raftAppliedIndex > 0);
      assert.equal(status.isLearner ?? false, false);
      assert.deepEqual(status.errors ?? [], []);
    }
  });
  await report.test('endpoint status -w table and -w fields', async () => {
    const table = await cluster.ctl('endpoint', 'status', '--cluster', '-w', 'table');
    assert.match(table, /IS LEADER/);
    assert.equal(
      table.split('\n').filter((line) => /│ +true │ +false │/.test(line)).length,
      1,
      table,
    );
    assert.match(await cluster.ctl('endpoint', 'status', '-w', 'fields'), /^"IsLearner" : false$/m);
  });
  await report.test('endpoint hashkv --cluster is equal everywhere', async () => {
    const output = await cluster.ctl('endpoint', 'hashkv', '--cluster');
    const hashes = output.split('\n').map((line) => line.split(', ').slice(1).join());
    assert.equal(hashes.length, cluster.members.length);
    assert.equal(new Set(hashes).size, 1, output);
  });
  await report.test('endpoint health of a dead endpoint fails', async () => {
    const args = ['endpoint', 'health', '--endpoints=https://127.0.0.1:1', '--dial-timeout=1s'];
    const outcome = await cluster.etcdctl([...args, '--command-timeout=2s']);
    assert.notEqual(outcome.code, 0);
    assert.match(outcome.stdout + outcome.stderr, /is unhealthy|unhealthy cluster/);
  });
  await report.test('without a client certificate the connection is refused', async () => {
    const args = ['get', 'x', '--cert=', '--key=', '--dial-timeout=1s', '--command-timeout=2s'];
    const outcome = await cluster.etcdctl(args);
    assert.notEqual(outcome.code, 0);
  });
}

export async function testMoveLeader(report: Report, cluster: Cluster): Promise<void> {
  await report.test('move-leader', async () => {
    const before = await leader(cluster);
    const all = await statuses(cluster);
    const target = all
      .map(({ Status }) => hex(Status.header.member_id))
      .find((id) => id !== before.id);
    assert.ok(target);
    const output = await cluster.ctl('move-leader', target, `--endpoints=${before.endpoint}`);
    assert.equal(output, `Leadership transferred from ${before.id} to ${target}`);
    assert.equal((await leader(cluster)).id, target);
  });
  await report.test('move-leader asked of a follower only is refused', async () => {
    const { id, endpoint } = await leader(cluster);
    const follower = cluster.endpoints.find((each) => each !== endpoint);
    const outcome = await cluster.etcdctl(['move-leader', id, `--endpoints=${follower}`]);
    assert.notEqual(outcome.code, 0);
    assert.match(outcome.stderr, /no leader endpoint given/);
  });
}

/** Adds a fourth member as a learner, promotes it, moves its peer URL on paper, and removes it. */
export async function testMembers(report: Report, cluster: Cluster): Promise<void> {
  const joining = await cluster.describeMember('joining');
  const peerUrls = `--peer-urls=${joining.peerUrl}`;
  cluster.members.pop();
  let id = '';
  await report.test('member list names three started members', async () => {
    const output = await cluster.ctl('member', 'list');
    for (const { name, peerUrl, clientUrl } of cluster.members) {
      const line = `[0-9a-f]+, started, ${name}, ${peerUrl}, ${clientUrl}, false`;
      assert.match(output, new RegExp(`^${line}$`, 'm'));
    }
    assert.match(await cluster.ctl('member', 'list', '-w', 'table'), /IS LEARNER/);
  });
  await report.test('member add --learner', async () => {
    const output = await cluster.ctl('member', 'add', joining.name, '--learner', peerUrls);
    const match = /^Member +([0-9a-f]+) added as learner to cluster +[0-9a-f]+$/m.exec(output);
    assert.ok(match?.[1], output);
    id = match[1];
    assert.match(output, /^ETCD_INITIAL_CLUSTER_STATE="existing"$/m);
    assert.match(await cluster.ctl('member', 'list'), new RegExp(`${id}, unstarted, , .*, true`));
  });
  await report.test('a learner that has not started can not be promoted', async () => {
    const outcome = await cluster.etcdctl(['member', 'promote', id]);
    assert.match(outcome.stderr, /can only promote a learner member which is in sync with leader/);
  });
  await report.test('a second learner is refused', async () => {
    const args = ['member', 'add', 'second', '--learner', '--peer-urls=https://127.0.0.1:2'];
    const outcome = await cluster.etcdctl(args);
    assert.match(outcome.stderr, /too many learner members in cluster/);
  });
  await report.test('the learner starts, catches up and is promoted', async () => {
    cluster.members.push(joining);
    cluster.startMember(joining, 'existing');
    await eventually('promotion', async () => {
      const outcome = await cluster.etcdctl(['member', 'promote', id]);
      if (outcome.code === 0) assert.match(outcome.stdout, /Member +[0-9a-f]+ promoted in cluster/);
      return outcome.code === 0 ? true : undefined;
    });
    await cluster.untilHealthy();
    assert.equal((await memberList(cluster)).filter((each) => each.isLearner).length, 0);
    const one = `--endpoints=${joining.clientUrl}`;
    assert.equal(await cluster.ctl('get', 'kv/one', '--print-value-only', one), 'second');
  });
  await report.test('promoting a voter is refused', async () => {
    const outcome = await cluster.etcdctl(['member', 'promote', id]);
    assert.match(outcome.stderr, /can only promote a learner member/);
  });
  await report.test('member update changes the peer URL for all', async () => {
    const updated = joining.peerUrl.replace('127.0.0.1', 'localhost');
    const output = await cluster.ctl('member', 'update', id, `--peer-urls=${updated}`);
    assert.match(output, /^Member +[0-9a-f]+ updated in cluster +[0-9a-f]+$/);
    const found = (await memberList(cluster)).find((member) => hex(member.ID) === id);
    assert.deepEqual(found?.peerURLs, [updated]);
  });
  await report.test('member remove, and the removed member ends by itself', async () => {
    cluster.members.pop();
    assert.match(
      await cluster.ctl('member', 'remove', id),
      /^Member +[0-9a-f]+ removed from cluster/,
    );
    assert.equal((await memberList(cluster)).length, 3);
    await eventually('its end', async () => (joining.process?.hasEnded ? true : undefined), 20_000);
  });
  await report.test('member remove of an unknown id is refused', async () => {
    const outcome = await cluster.etcdctl(['member', 'remove', id]);
    assert.match(outcome.stderr, /etcdserver: member not found/);
  });
  await joining.process?.stop('SIGKILL');
}
