import { describe, expect, test } from 'vitest';
import {
  CampaignRequest,
  CampaignResponse,
  ElectionService,
  LeaderKey,
  LeaderRequest,
  LeaderResponse,
  ResignRequest,
} from '../../wire/gen/v3election.ts';
import { LockRequest, LockResponse, LockService, UnlockRequest } from '../../wire/gen/v3lock.ts';
import type { KeyValue } from '../../wire/gen/kv.ts';
import { ExclusionCheck } from './exclusion.ts';
import { bytes, grant, header, kv, revoke, Script, settle } from './testing/script.ts';

class Told {
  readonly script = new Script();
  readonly check = new ExclusionCheck(this.script);

  /** The member's transaction: the key of a lease gets in line. */
  enter(lease: bigint): string {
    this.script.commit({ leaseGrant: grant(lease, 10) });
    this.script.commitPut(`x/${lease}`, '', lease);
    return `x/${lease}`;
  }

  locked(key: string, lease: bigint, revision = this.script.model.revision): void {
    const request = LockRequest.create({ name: bytes('x'), lease });
    this.ok(
      LockService.lock.path,
      request,
      LockResponse.create({ header: header(revision), key: bytes(key) }),
    );
  }

  elected(key: string, lease: bigint): void {
    const { revision } = this.script.model;
    const leader = LeaderKey.create({ name: bytes('x'), key: bytes(key), lease });
    const request = CampaignRequest.create({ name: bytes('x'), lease });
    const response = CampaignResponse.create({ header: header(revision), leader });
    this.ok(ElectionService.campaign.path, request, response);
  }

  leads(found: KeyValue | undefined): void {
    const request = LeaderRequest.create({ name: bytes('x') });
    const response = LeaderResponse.create({
      header: header(this.script.model.revision),
      kv: found,
    });
    this.ok(ElectionService.leader.path, request, response);
  }

  ok(path: string, request: unknown, response: unknown): void {
    const record = this.script.record(path, request);
    this.check.called(record);
    settle(record, 'ok', response);
    this.check.returned(record);
  }
}

const told = (): Told => new Told();

describe('what is right passes', () => {
  test('one after the other: unlocked, resigned, revoked, deleted', () => {
    const run = told();
    const first = run.enter(1n);
    run.locked(first, 1n);
    run.check.called(
      run.script.record(LockService.unlock.path, UnlockRequest.create({ key: bytes(first) })),
    );
    const second = run.enter(2n);
    run.elected(second, 2n);
    const leader = LeaderKey.create({ key: bytes(second) });
    const resign = ResignRequest.create({ leader });
    run.check.called(run.script.record(ElectionService.resign.path, resign));
    const third = run.enter(3n);
    run.locked(third, 3n);
    run.script.commit({ leaseRevoke: revoke(3n) });
    run.locked(run.enter(4n), 4n);
    expect(run.script.reported).toEqual([]);
  });

  test('the same holder again, and an answer that comes when all is over', () => {
    const run = told();
    const first = run.enter(1n);
    run.locked(first, 1n);
    run.locked(first, 1n);
    const { revision } = run.script.model;
    run.script.commit({ leaseRevoke: revoke(1n) });
    run.locked(run.enter(2n), 2n);
    run.locked(first, 1n, revision);
    expect(run.script.reported).toEqual([]);
  });

  test('who leads is who came first', () => {
    const run = told();
    run.leads(undefined);
    run.enter(5n);
    run.enter(4n);
    run.leads(kv('x/5', '', [2, 2], { lease: 5n }));
    expect(run.script.reported).toEqual([]);
  });
});

describe('what is wrong is found', () => {
  test('two holders of a lock, two leaders', () => {
    const run = told();
    run.locked(run.enter(1n), 1n);
    run.locked(run.enter(2n), 2n);
    expect(run.script.reported).toEqual([expect.stringMatching(/and so does operation 1/)]);
    run.elected(run.enter(3n), 3n);
    expect(run.script.reported).toHaveLength(3);
  });

  test('a lock without its key', () => {
    const run = told();
    run.locked('x/9', 9n);
    expect(run.script.reported).toEqual([expect.stringMatching(/which revision 1 lacks/)]);
  });

  test('a leader who came later', () => {
    const run = told();
    run.enter(5n);
    run.enter(4n);
    run.leads(kv('x/4', '', [3, 3], { lease: 4n }));
    expect(run.script.reported).toHaveLength(1);
  });
});
