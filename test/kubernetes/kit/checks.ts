// What has to hold after every step.
import assert from 'node:assert/strict';
import type { Kit } from './kit.ts';

export interface Expectation {
  readonly members: number;
  /** Undefined after a restore, which founds a cluster anew. */
  readonly clusterId: bigint | undefined;
}

/** @throws AssertionError that names the first thing that is wrong */
export async function check(kit: Kit, prefix: string, expected: Expectation): Promise<void> {
  const { workload } = kit;
  await kit.settled(expected.members);
  if (expected.clusterId !== undefined) {
    assert.equal(await kit.clusterId(), expected.clusterId, 'the cluster id has changed');
  }
  const hashes = await kit.hashes();
  assert.equal(hashes.length, expected.members, 'each member tells its hash');
  const distinct = new Set(hashes.map(({ hash, compactRevision }) => `${hash} ${compactRevision}`));
  assert.equal(distinct.size, 1, `hashes differ: ${[...distinct].join(', ')}`);
  assert.deepEqual(await kit.client.maintenance.alarms(), [], 'alarms');
  none('writes', await workload.ledger.verify(kit.client, prefix));
  none('watcher', await workload.watcher.verify());
  const stale = workload.staleReads
    .splice(0)
    .filter(({ revision }) => !workload.ledger.isRolledBack(revision))
    .map(({ key, revision, found }) => `${key} of ${revision} was read as ${found}`);
  none('readers', stale);
}

function none(what: string, wrong: readonly string[]): void {
  const some = wrong.slice(0, 5).join('\n');
  assert.equal(wrong.length, 0, `${what}: ${wrong.length} are wrong\n${some}`);
}
