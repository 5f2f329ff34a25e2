import { describe, expect, test } from 'vitest';
import {
  LeaseGrantResponse,
  LeaseKeepAliveRequest,
  LeaseKeepAliveResponse,
  LeaseLeasesResponse,
  LeaseService,
  LeaseStatus,
  LeaseTimeToLiveRequest,
  LeaseTimeToLiveResponse,
} from '../../wire/gen/rpc.ts';
import { LeaseCheck } from './leases.ts';
import type { OperationRecord } from './observer.ts';
import { bytes, grant, header, revoke, Script, settle } from './testing/script.ts';

class Told {
  readonly script = new Script();
  readonly check = new LeaseCheck(this.script, { clockDriftPpm: 1000, expiryBoundMs: 3_000 });

  at(atMs: number): this {
    this.script.atMs = atMs;
    return this;
  }

  commit(request: Parameters<Script['entry']>[0]): void {
    const logged = this.script.model.feed(this.script.entry(request));
    if (logged !== undefined) this.check.logged(logged);
  }

  call(path: string, request: unknown): OperationRecord {
    const record = this.script.record(path, request);
    this.check.called(record);
    return record;
  }

  answer(record: OperationRecord, response: unknown): void {
    settle(record, 'ok', response);
    this.check.returned(record);
  }

  end(record: OperationRecord, outcome: 'refused' | 'unknown'): void {
    settle(record, outcome);
    this.check.returned(record);
  }

  grant(id: bigint, ttl: number, answeredTtl = ttl): void {
    const record = this.call(LeaseService.leaseGrant.path, grant(id, ttl));
    this.commit({ leaseGrant: grant(id, ttl) });
    const init = { header: header(1), id, ttl: answeredTtl };
    this.answer(record, LeaseGrantResponse.create(init));
  }

  askAlive(id: bigint): OperationRecord {
    const request = LeaseKeepAliveRequest.create({ id });
    return this.call(LeaseService.leaseKeepAlive.path, request);
  }

  alive(record: OperationRecord, ttl: number): void {
    this.answer(record, LeaseKeepAliveResponse.create({ id: 7n, ttl }));
  }

  timeToLive(init: Partial<LeaseTimeToLiveResponse>, keys = false): void {
    const request = LeaseTimeToLiveRequest.create({ id: 7n, keys });
    const record = this.call(LeaseService.leaseTimeToLive.path, request);
    this.answer(record, LeaseTimeToLiveResponse.create({ id: 7n, ...init }));
  }
}

const told = (): Told => new Told();

describe('expiry', () => {
  test('at its time passes, and a bit before with a fast clock', () => {
    const run = told();
    run.at(1_000).grant(7n, 10);
    run.at(10_995).commit({ leaseRevoke: revoke(7n) });
    expect(run.script.reported).toEqual([]);
  });

  test('before its time is found', () => {
    const run = told();
    run.at(1_000).grant(7n, 10);
    run.at(10_900).commit({ leaseRevoke: revoke(7n) });
    expect(run.script.reported).toEqual([expect.stringMatching(/^lease: .*expired at 10900 ms/)]);
  });

  test('before the time that the member raised it to is found', () => {
    const run = told();
    run.at(1_000).grant(7n, 1, 2);
    run.at(2_500).commit({ leaseRevoke: revoke(7n) });
    expect(run.script.reported).toHaveLength(1);
  });

  test('before the time of the last keep-alive is found, also when its answer comes late', () => {
    for (const isLate of [false, true]) {
      const run = told();
      run.at(0).grant(7n, 10);
      const asked = run.at(8_000).askAlive(7n);
      if (!isLate) run.alive(asked, 10);
      run.at(11_000).commit({ leaseRevoke: revoke(7n) });
      expect(run.script.reported).toHaveLength(isLate ? 0 : 1);
      if (isLate) run.alive(asked, 10);
      expect(run.script.reported).toHaveLength(1);
    }
  });

  test('behind a keep-alive that failed, or told that the lease is gone, passes', () => {
    const run = told();
    run.at(0).grant(7n, 10);
    run.end(run.at(8_000).askAlive(7n), 'unknown');
    const late = run.askAlive(7n);
    run.at(11_000).commit({ leaseRevoke: revoke(7n) });
    run.alive(late, 0);
    expect(run.script.reported).toEqual([]);
  });

  test('that a client asked for, or may have, passes at any time', () => {
    for (const outcome of ['ok', 'unknown', 'refused'] as const) {
      const run = told();
      run.at(0).grant(7n, 10);
      const record = run.call(LeaseService.leaseRevoke.path, revoke(7n));
      if (outcome !== 'ok') run.end(record, outcome);
      run.at(500).commit({ leaseRevoke: revoke(7n) });
      expect(run.script.reported).toHaveLength(outcome === 'refused' ? 1 : 0);
    }
  });

  test('of another life of the same id is another matter', () => {
    const run = told();
    run.at(0).grant(7n, 10);
    const asked = run.at(9_000).askAlive(7n);
    run.at(10_000).commit({ leaseRevoke: revoke(7n) });
    run.grant(7n, 2);
    run.alive(asked, 10);
    run.at(12_100).commit({ leaseRevoke: revoke(7n) });
    expect(run.script.reported).toEqual([]);
  });
});

describe('what has to be gone in the end', () => {
  const lives = (endMs: number, between: (run: Told) => void = () => undefined): number => {
    const run = told();
    run.at(0).grant(7n, 10);
    run.at(20_000).check.faultsEnded();
    between(run);
    run.at(endMs).check.finish();
    return run.script.reported.length;
  };

  test('a lease that lives too long is found', () => {
    expect(lives(32_000)).toBe(0);
    expect(lives(34_000)).toBe(1);
  });

  test('not so after a renewal, known or unknown, or a change of leader', () => {
    expect(lives(34_000, (run) => run.alive(run.at(25_000).askAlive(7n), 10))).toBe(0);
    expect(lives(34_000, (run) => run.end(run.at(25_000).askAlive(7n), 'unknown'))).toBe(0);
    expect(lives(34_000, (run) => run.at(25_000).check.becameLeader())).toBe(0);
  });
});

describe('TimeToLive and Leases', () => {
  test('what is right passes', () => {
    const run = told();
    run.grant(7n, 10);
    run.script.commitPut('b', '1', 7n);
    run.script.commitPut('a', '1', 7n);
    run.timeToLive({ ttl: 9, grantedTtl: 10 });
    run.timeToLive({ ttl: 9, grantedTtl: 10, keys: [bytes('a'), bytes('b')] }, true);
    run.timeToLive({ ttl: 11, grantedTtl: 10 });
    run.timeToLive({ ttl: -1 });
    const record = run.call(LeaseService.leaseLeases.path, {});
    run.answer(record, LeaseLeasesResponse.create({ leases: [LeaseStatus.create({ id: 7n })] }));
    expect(run.script.reported).toEqual([]);
  });

  test('what is wrong is found', () => {
    const run = told();
    run.timeToLive({ ttl: 5, grantedTtl: 5 });
    run.grant(7n, 10);
    run.script.commitPut('a', '1', 7n);
    run.script.commitPut('a', '2');
    run.script.commitPut('b', '1', 7n);
    run.timeToLive({ ttl: 13, grantedTtl: 10 });
    run.timeToLive({ ttl: 5, grantedTtl: 5 });
    run.timeToLive({ ttl: 9, grantedTtl: 10, id: 8n });
    run.timeToLive({ ttl: 9, grantedTtl: 10, keys: [bytes('b')] });
    run.timeToLive({ ttl: 9, grantedTtl: 10, keys: [bytes('a'), bytes('b')] }, true);
    const record = run.call(LeaseService.leaseLeases.path, {});
    run.answer(record, LeaseLeasesResponse.create({ leases: [LeaseStatus.create({ id: 8n })] }));
    expect(run.script.reported).toEqual(
      [
        /which never was/,
        /has 13 s left of 10 s/,
        /lasts 5 s instead of 10 s/,
        /TimeToLive of 7 answered for 8/,
        /lists keys unasked/,
        /lists \[a b\], which it never had/,
        /LeaseLeases lists 8/,
      ].map((text) => expect.stringMatching(text)),
    );
  });
});
