// What alarms and the quota do to requests (etcd: server/etcdserver/apply/{quota,capped,corrupt}.go).
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { utf8FromText } from '../base/index.ts';
import type { InternalRaftRequest } from '../wire/gen/raft-internal.ts';
import {
  AlarmAction,
  AlarmType,
  DeleteRangeRequest,
  PutRequest,
  RangeRequest,
  RequestOp,
  TxnRequest,
} from '../wire/gen/rpc.ts';
import { Alarms } from './alarms.ts';
import { DEFAULT_QUOTA_BYTES, Quota, putCostBytes, txnCostBytes } from './quota.ts';
import { ApplierUnderTest } from './testing/applier-under-test.ts';
import { txn as arbitraryTxn } from './testing/arbitrary-requests.ts';

const key = utf8FromText('key');
const requestPut = PutRequest.create({ key, value: utf8FromText('value') });
const requestRange = RangeRequest.create({ key });
const requestDeleteRange = DeleteRangeRequest.create({ key });
const putOp = RequestOp.create({ requestPut });
const nestedPut = RequestOp.create({ requestTxn: TxnRequest.create({ success: [putOp] }) });

const REQUESTS: Record<string, Partial<InternalRaftRequest>> = {
  put: { put: requestPut },
  range: { range: requestRange },
  'delete range': { deleteRange: requestDeleteRange },
  'txn with a put': { txn: TxnRequest.create({ success: [putOp] }) },
  'txn with a put it will not run': { txn: TxnRequest.create({ failure: [putOp] }) },
  'txn with a nested put': { txn: TxnRequest.create({ success: [nestedPut] }) },
  'txn that reads': { txn: TxnRequest.create({ success: [RequestOp.create({ requestRange })] }) },
  'txn that deletes': {
    txn: TxnRequest.create({ success: [RequestOp.create({ requestDeleteRange })] }),
  },
  'lease grant': { leaseGrant: { id: 9n, ttl: 60 } },
  'lease revoke': { leaseRevoke: { id: 1n } },
  'lease checkpoint': { leaseCheckpoint: { checkpoints: [{ id: 1n, remainingTtl: 5 }] } },
  compaction: { compaction: { revision: 1, physical: false } },
  alarm: { alarm: { action: AlarmAction.GET, memberId: 0n, alarm: AlarmType.NONE } },
  'cluster version': { clusterVersionSet: { ver: '3.7.0' } },
};

async function outcomes(alarm: number): Promise<Record<string, string>> {
  const result: Record<string, string> = {};
  for (const [name, request] of Object.entries(REQUESTS)) {
    const applier = await ApplierUnderTest.start();
    applier.apply({ leaseGrant: { id: 1n, ttl: 60 } });
    applier.apply({ alarm: { action: AlarmAction.ACTIVATE, memberId: 7n, alarm } });
    result[name] = applier.outcome(request);
  }
  return result;
}

describe('alarms', () => {
  test('NOSPACE refuses what may add data, and lets through what frees it', async () => {
    expect(await outcomes(AlarmType.NOSPACE)).toEqual({
      put: 'NoSpace',
      range: 'ok',
      'delete range': 'ok',
      'txn with a put': 'NoSpace',
      'txn with a put it will not run': 'NoSpace',
      'txn with a nested put': 'NoSpace',
      'txn that reads': 'ok',
      'txn that deletes': 'ok',
      'lease grant': 'NoSpace',
      'lease revoke': 'ok',
      'lease checkpoint': 'ok',
      compaction: 'ok',
      alarm: 'ok',
      'cluster version': 'ok',
    });
  });

  test('CORRUPT refuses whatever touches keys or leases', async () => {
    expect(await outcomes(AlarmType.CORRUPT)).toEqual({
      put: 'Corrupt',
      range: 'Corrupt',
      'delete range': 'Corrupt',
      'txn with a put': 'Corrupt',
      'txn with a put it will not run': 'Corrupt',
      'txn with a nested put': 'Corrupt',
      'txn that reads': 'Corrupt',
      'txn that deletes': 'Corrupt',
      'lease grant': 'Corrupt',
      'lease revoke': 'Corrupt',
      'lease checkpoint': 'ok',
      compaction: 'Corrupt',
      alarm: 'ok',
      'cluster version': 'ok',
    });
  });

  test('CORRUPT goes before NOSPACE', async () => {
    const applier = await ApplierUnderTest.start();
    for (const alarm of [AlarmType.NOSPACE, AlarmType.CORRUPT]) {
      applier.apply({ alarm: { action: AlarmAction.ACTIVATE, memberId: 1n, alarm } });
    }
    expect(applier.outcome({ put: requestPut })).toBe('Corrupt');
  });

  test('an alarm of one member holds until that member takes it back', async () => {
    const applier = await ApplierUnderTest.start();
    const set = (action: number, memberId: bigint) =>
      applier.apply({ alarm: { action, memberId, alarm: AlarmType.NOSPACE } }).response;
    set(AlarmAction.ACTIVATE, 1n);
    set(AlarmAction.ACTIVATE, 2n);
    expect(set(AlarmAction.ACTIVATE, 2n)).toMatchObject({
      alarms: [{ memberId: 2n, alarm: AlarmType.NOSPACE }],
    });
    set(AlarmAction.DEACTIVATE, 1n);
    expect(applier.outcome({ put: requestPut })).toBe('NoSpace');
    expect(set(AlarmAction.DEACTIVATE, 3n)).toMatchObject({ alarms: [] });
    set(AlarmAction.DEACTIVATE, 2n);
    expect(applier.outcome({ put: requestPut })).toBe('ok');
  });

  test('GET lists one type or all; NONE cannot be raised', async () => {
    const applier = await ApplierUnderTest.start();
    const alarm = (action: number, type: number) =>
      applier.apply({ alarm: { action, memberId: 1n, alarm: type } }).response;
    expect(alarm(AlarmAction.ACTIVATE, AlarmType.NONE)).toMatchObject({ alarms: [] });
    alarm(AlarmAction.ACTIVATE, AlarmType.CORRUPT);
    alarm(AlarmAction.ACTIVATE, AlarmType.NOSPACE);
    expect(alarm(AlarmAction.GET, AlarmType.NONE)).toMatchObject({
      alarms: [{ alarm: AlarmType.CORRUPT }, { alarm: AlarmType.NOSPACE }],
    });
    expect(alarm(AlarmAction.GET, AlarmType.NOSPACE)).toMatchObject({
      alarms: [{ memberId: 1n, alarm: AlarmType.NOSPACE }],
    });
  });

  test('alarms outlive a restart', async () => {
    const applier = await ApplierUnderTest.start();
    const request = { memberId: 2n ** 64n - 1n, alarm: AlarmType.CORRUPT };
    applier.apply({ alarm: { action: AlarmAction.ACTIVATE, ...request } });
    const reopened = new Alarms(applier.backend);
    expect(reopened.list()).toEqual([request]);
    reopened.deactivate(request.memberId, request.alarm);
    expect(new Alarms(applier.backend).list()).toEqual([]);
  });
});

describe('quota', () => {
  test('a request beyond it is applied all the same, and answered with NoSpace', async () => {
    const cost = putCostBytes(requestPut);
    const applier = await ApplierUnderTest.start(1000);
    applier.sizeBytes = 1000 - cost - 1;
    expect(applier.outcome({ put: requestPut })).toBe('ok');
    applier.sizeBytes = 1000 - cost;
    expect(applier.outcome({ put: requestPut })).toBe('NoSpace');
    expect(applier.store.revision).toBe(3);
    expect(applier.outcome({ txn: TxnRequest.create({ success: [nestedPut] }) })).toBe('NoSpace');
    expect(applier.store.revision).toBe(4);
    applier.sizeBytes = 1000 - 64;
    expect(applier.outcome({ leaseGrant: { id: 5n, ttl: 60 } })).toBe('NoSpace');
    expect(applier.lessor.lookup(5n)).toBeDefined();
  });

  test('an error of the request itself goes before NoSpace', async () => {
    const applier = await ApplierUnderTest.start(1);
    expect(applier.outcome({ put: { ...requestPut, lease: 77n } })).toBe('LeaseNotFound');
    expect(applier.store.revision).toBe(1);
  });

  test('what adds nothing is always within it', async () => {
    const applier = await ApplierUnderTest.start(1);
    applier.sizeBytes = 1e9;
    for (const name of ['range', 'delete range', 'txn that reads', 'txn that deletes'] as const) {
      expect(applier.outcome(REQUESTS[name]!), name).toBe('ok');
    }
  });

  test('0 is 2 GiB, and a negative size switches it off', () => {
    expect(new Quota(0, () => 0).limitBytes).toBe(DEFAULT_QUOTA_BYTES);
    expect(new Quota(0, () => DEFAULT_QUOTA_BYTES - 10).allows(10)).toBe(false);
    expect(new Quota(0, () => DEFAULT_QUOTA_BYTES - 10).remainingBytes).toBe(10);
    expect(new Quota(-1, () => 1e15).allows(1e15)).toBe(true);
  });

  test('a transaction costs what its dearer side costs', () => {
    const costOf = (ops: readonly RequestOp[]): number =>
      ops.reduce((sum, op) => {
        if (op.requestPut !== undefined)
          return sum + 256 + op.requestPut.key.length + op.requestPut.value.length;
        const nested = op.requestTxn;
        return nested === undefined
          ? sum
          : sum + Math.max(costOf(nested.success), costOf(nested.failure));
      }, 0);
    fc.assert(
      fc.property(arbitraryTxn, (one) => {
        expect(txnCostBytes(one)).toBe(Math.max(costOf(one.success), costOf(one.failure)));
      }),
    );
  });
});

test('a request that fails changes nothing, wherever it fails', async () => {
  const applier = await ApplierUnderTest.start();
  const failing = [
    RequestOp.create({ requestPut: { ...requestPut, lease: 5n } }),
    RequestOp.create({ requestPut: { ...requestPut, key: utf8FromText('x'), ignoreValue: true } }),
    RequestOp.create({ requestRange: { ...requestRange, revision: 100 } }),
  ];
  for (const op of failing) {
    const nested = RequestOp.create({ requestTxn: TxnRequest.create({ success: [op] }) });
    for (const last of [op, nested]) {
      const { error } = applier.apply({ txn: TxnRequest.create({ success: [putOp, last] }) });
      expect(error).toBeDefined();
      expect(applier.store.revision).toBe(1);
    }
  }
});

test('a revoked lease takes its keys with it in one revision', async () => {
  const applier = await ApplierUnderTest.start();
  applier.apply({ leaseGrant: { id: 1n, ttl: 60 } });
  for (const name of ['a', 'b']) {
    applier.apply({ put: { ...requestPut, key: utf8FromText(name), lease: 1n } });
  }
  applier.apply({ put: { ...requestPut, key: utf8FromText('b'), lease: 0n } });
  const { response } = applier.apply({ leaseRevoke: { id: 1n } });
  expect(response).toMatchObject({ header: { revision: 5 } });
  const left = applier.store.range(Uint8Array.of(0), Uint8Array.of(0));
  expect(left.kvs.map((kv) => String.fromCharCode(...kv.key))).toEqual(['b']);
  expect(applier.outcome({ leaseRevoke: { id: 1n } })).toBe('LeaseNotFound');
});

test('requests of the cluster change the membership and answer nothing', async () => {
  const applier = await ApplierUnderTest.start();
  expect(applier.apply({ clusterVersionSet: { ver: '3.7.0' } })).toEqual({});
  expect(applier.versions).toEqual(['3.7.0']);
  expect(applier.membership.clusterVersion).toBe('3.7.0');
  applier.apply({ downgradeInfoSet: { enabled: true, ver: '3.6.0' } });
  expect(applier.membership.downgrade).toEqual({ enabled: true, targetVersion: '3.6.0' });
  applier.apply({ downgradeInfoSet: { enabled: false, ver: '3.6.0' } });
  expect(applier.membership.downgrade).toEqual({ enabled: false, targetVersion: '' });
});
