// What is judged when a run is over: durability and liveness.
import { describe, expect, test } from 'vitest';
import {
  HashKVRequest,
  HashKVResponse,
  KVService,
  MaintenanceService,
  ResponseHeader,
} from '../../wire/gen/rpc.ts';
import { DurabilityCheck } from './durability.ts';
import { LivenessCheck } from './liveness.ts';
import type { FinalState } from './observer.ts';
import { kv, put, Script, settle, settleWithError } from './testing/script.ts';

const PUTS = [kv('a', '1', [2, 2]), kv('b', '1', [3, 3])];

function written(): Script {
  const script = new Script();
  script.commitPut('a', '1');
  script.commitPut('b', '1');
  return script;
}

const state = (host: string, init: Partial<FinalState> = {}): FinalState => ({
  ...{ host, memberId: 1n, clusterId: 7n, appliedIndex: 2, revision: 3, compactRevision: 0 },
  ...{ hash: 99, keyValues: PUTS },
  ...init,
});

describe('durability', () => {
  const judged = (...states: readonly FinalState[]): string[] => {
    const script = written();
    new DurabilityCheck(script).finish(states);
    return script.reported;
  };

  test('members that hold what the log makes pass', () => {
    expect(judged(state('m0'), state('m1'))).toEqual([]);
    const behind = { revision: 2, keyValues: PUTS.slice(0, 1), hash: 5 };
    expect(judged(state('m0'), state('m1', behind))).toEqual([]);
    // It was read while it went on.
    expect(judged(state('m0'), state('m1', { revision: 2, hash: 5 }))).toEqual([]);
  });

  test.each([
    ['a lost key', { keyValues: PUTS.slice(0, 1) }, /^durability: m1 .*at "b" it holds none/],
    ['a changed key', { keyValues: [kv('a', '9', [2, 2]), PUTS[1]!] }, /^durability: m1 .*at "a"/],
    [
      'one key too many',
      { keyValues: [...PUTS, kv('c', '1', [3, 3])] },
      /^durability: .*due is none/,
    ],
    ['a revision that is not there', { revision: 9, hash: 5 }, /^durability/],
    ['another hash', { hash: 98 }, /^hash: .*is 98 on m1, and was 99 on m0/],
    ['another cluster', { clusterId: 8n }, /^oneCluster/],
  ])('%s is found', (_, wrong, found) => {
    expect(judged(state('m0'), state('m1', wrong))[0]).toMatch(found);
  });

  test('hashes of the same revision differ only where the compaction does', () => {
    const script = written();
    const check = new DurabilityCheck(script);
    check.started('m0', 1n);
    check.started('m1', 2n);
    const hashed = (host: string, init: Partial<HashKVResponse>, memberId = 1n): void => {
      const request = HashKVRequest.create();
      const record = script.record(MaintenanceService.hashKV.path, request, host);
      const header = ResponseHeader.create({ clusterId: 7n, memberId, revision: 3 });
      const response = HashKVResponse.create({ header, hashRevision: 3, compactRevision: -1 });
      settle(record, 'ok', { ...response, ...init });
      check.returned(record);
    };
    hashed('m0', { hash: 5 });
    hashed('m1', { hash: 6, compactRevision: 2 }, 2n);
    hashed('m1', { hash: 5, compactRevision: 0 }, 2n);
    expect(script.reported).toEqual([]);
    hashed('m1', { hash: 6 }, 2n);
    hashed('m0', { hash: 5 }, 2n);
    expect(script.reported).toEqual([
      expect.stringMatching(/^hash/),
      'identity: m0 answered as member 2',
    ]);
    check.restored();
    hashed('m0', { hash: 77 });
    expect(script.reported).toHaveLength(2);
  });
});

describe('liveness', () => {
  const OPTIONS = { recoveryBoundMs: 5_000, catchUpMs: 1_000 };

  function calm(): { script: Script; check: LivenessCheck } {
    const script = new Script();
    const check = new LivenessCheck(script, OPTIONS);
    script.atMs = 10_000;
    script.commitPut('a', '1');
    check.applied();
    check.faultsEnded();
    script.atMs = 20_000;
    script.commitPut('b', '1');
    check.applied();
    return { script, check };
  }

  const write = (run: ReturnType<typeof calm>, error?: 'Timeout' | 'LeaseNotFound'): void => {
    const record = run.script.record(KVService.put.path, put('a', '1'));
    if (error === undefined) settle(record, 'ok');
    else settleWithError(record, error);
    run.check.returned(record);
  };

  test('a member that is behind is found, when the others have been ahead for long', () => {
    for (const [endMs, found] of [
      [20_500, 0],
      [21_500, 1],
    ] as const) {
      const { script, check } = calm();
      script.atMs = endMs;
      check.finish([state('m0', { appliedIndex: 2 }), state('m1', { appliedIndex: 1 })]);
      expect(script.reported).toHaveLength(found);
    }
  });

  test('a member where no write succeeds is found', () => {
    const run = calm();
    for (let i = 0; i < 5; i++) write(run, 'Timeout');
    run.check.finish([state('m0')]);
    expect(run.script.reported).toEqual([
      expect.stringMatching(/none of 5 writes succeeded at m0/),
    ]);
  });

  test('one where some do passes, and so does one that refuses them for a reason, or in the turmoil', () => {
    for (const last of [undefined, 'LeaseNotFound'] as const) {
      const run = calm();
      for (let i = 0; i < 5; i++) write(run, 'Timeout');
      write(run, last);
      run.check.finish([state('m0')]);
      expect(run.script.reported).toEqual([]);
    }
    const early = calm();
    early.script.atMs = 12_000;
    for (let i = 0; i < 5; i++) write(early, 'Timeout');
    early.check.finish([]);
    early.script.atMs = 20_000;
    early.check.finish([state('m0')]);
    expect(early.script.reported).toEqual([]);
  });
});
