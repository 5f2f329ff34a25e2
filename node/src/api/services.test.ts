// KV, Cluster, Maintenance and Health as their clients see them, over a member without raft.
import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { EtcdError, SILENT_LOGGER, concatBytes, utf8FromText } from '../base/index.ts';
import { Alarms, Quota } from '../apply/index.ts';
import { MemoryBackend } from '../storage/mvcc/testing/memory-backend.ts';
import {
  CompactionRequest,
  MemberAddRequest,
  MemberListRequest,
  MoveLeaderRequest,
  PutRequest,
  RangeRequest,
  RequestOp,
  TxnRequest,
  type MemberAddResponse,
  type MemberListResponse,
  type PutResponse,
  type RangeResponse,
  type RangeStreamResponse,
  type SnapshotResponse,
  type StatusResponse,
  type TxnResponse,
} from '../wire/gen/rpc.ts';
import { HealthCheckRequest, ServingStatus, type HealthCheckResponse } from '../wire/gen/health.ts';
import { clusterService } from './cluster.ts';
import { HealthStatus, healthService } from './grpc-health.ts';
import { kvService } from './kv.ts';
import { maintenanceService } from './maintenance.ts';
import type { MemberApi } from './member-api.ts';
import { callServerStream, callUnary, settle, statusOf } from './testing/fake-call.ts';
import { FakeMember } from './testing/fake-member.ts';

const text = utf8FromText;
let fake: FakeMember;
let api: MemberApi;
let reads = 0;

beforeEach(async () => {
  fake = await FakeMember.start();
  reads = 0;
  api = { ...fake.api, linearizableRead: async () => void reads++ };
});

describe('KV', () => {
  const range = (fields: Partial<RangeRequest>) =>
    callUnary<RangeRequest, RangeResponse>(
      kvService(api),
      'Range',
      RangeRequest.create({ key: text('k'), ...fields }),
    );

  test('fills headers, and asks the leader before it reads unless told not to', async () => {
    const request = PutRequest.create({ key: text('k'), value: text('v') });
    const put = await callUnary<PutRequest, PutResponse>(kvService(api), 'Put', request);
    expect(put.header).toEqual({ clusterId: 0xc1n, memberId: 0x1dn, revision: 2, raftTerm: 7 });
    const read = await range({});
    expect(read.header?.raftTerm).toBe(7);
    expect(read.kvs).toHaveLength(1);
    expect(reads).toBe(1);
    await range({ serializable: true });
    expect(reads).toBe(1);
  });

  test('a transaction that only reads needs no log', async () => {
    let proposals = 0;
    const counting: MemberApi = {
      ...api,
      propose: (request) => {
        proposals++;
        return api.propose(request);
      },
    };
    const txn = (ops: RequestOp[]) =>
      callUnary<TxnRequest, TxnResponse>(
        kvService(counting),
        'Txn',
        TxnRequest.create({ success: ops }),
      );
    const get = (serializable: boolean) =>
      RequestOp.create({ requestRange: RangeRequest.create({ key: text('k'), serializable }) });
    await txn([get(true)]);
    expect([proposals, reads]).toEqual([0, 0]);
    await txn([get(true), get(false)]);
    expect([proposals, reads]).toEqual([0, 1]);
    const put = RequestOp.create({ requestPut: PutRequest.create({ key: text('k') }) });
    expect((await txn([get(true), put])).header?.revision).toBe(2);
    expect(proposals).toBe(1);
  });

  test('a learner answers only those who do not mind', async () => {
    api = {
      ...api,
      membership: Object.create(api.membership, { isLocalLearner: { value: true } }),
    };
    await expect(range({}).catch(statusOf)).resolves.toBe(
      'FailedPrecondition: etcdserver: rpc not supported for learner',
    );
    expect((await range({ serializable: true })).count).toBe(0);
  });

  test('errors of applying reach the client', async () => {
    const compaction = CompactionRequest.create({ revision: 9 });
    const answer = callUnary(kvService(api), 'Compact', compaction).catch(statusOf);
    expect(await answer).toBe(
      'OutOfRange: etcdserver: mvcc: required revision is a future revision',
    );
  });

  test('a streamed range is the range, in parts', async () => {
    for (let i = 0; i < 100; i++) await fake.put(`k${String(i).padStart(3, '0')}`, 'v'.repeat(50));
    const small: MemberApi = { ...api, maxRequestBytes: 1000 };
    for (const limit of [0, 1, 10, 33, 100, 200]) {
      const request = RangeRequest.create({ key: text('k'), rangeEnd: text('l'), limit });
      const whole = await callUnary<RangeRequest, RangeResponse>(kvService(api), 'Range', request);
      const stream = callServerStream<RangeRequest, RangeStreamResponse>(
        kvService(small),
        'RangeStream',
        request,
      );
      expect(await stream.ended).toBe('OK');
      const parts = stream.responses.received.map((one) => one.rangeResponse!);
      expect(parts.flatMap((one) => one.kvs)).toEqual(whole.kvs);
      expect(parts.at(-1)).toMatchObject({
        header: whole.header,
        count: whole.count,
        more: whole.more,
      });
      expect(parts.slice(0, -1).every((one) => one.header === undefined)).toBe(true);
      if (whole.kvs.length > 50) expect(parts.length).toBeGreaterThan(3);
    }
  });
});

describe('Cluster', () => {
  const member = { id: 5n, peerUrls: ['http://x:1'], isLearner: true, name: '', clientUrls: [] };

  test('answers with all members and without a revision', async () => {
    await fake.put('k', 'v');
    api = { ...api, addMember: async () => member };
    const added = await callUnary<MemberAddRequest, MemberAddResponse>(
      clusterService(api),
      'MemberAdd',
      MemberAddRequest.create({ peerUrls: ['http://x:1'], isLearner: true }),
    );
    expect(added.member).toEqual(member);
    expect(added.header).toMatchObject({ revision: 0, raftTerm: 7 });
    const list = (linearizable: boolean) =>
      callUnary<MemberListRequest, MemberListResponse>(
        clusterService(api),
        'MemberList',
        MemberListRequest.create({ linearizable }),
      );
    await list(false);
    expect(reads).toBe(0);
    await list(true);
    expect(reads).toBe(1);
  });

  test.each([[[]], [['x:1']], [['http://x']], [['ftp://x:1']], [['http://x:1', 'nonsense']]])(
    'refuses peer URLs %j',
    async (peerUrls) => {
      const request = MemberAddRequest.create({ peerUrls });
      const answer = await callUnary(clusterService(api), 'MemberAdd', request).catch(statusOf);
      expect(answer).toBe('InvalidArgument: etcdserver: given member URLs are invalid');
    },
  );
});

describe('Maintenance', () => {
  const health = new HealthStatus(true);
  const service = () => maintenanceService(api, '3.7.3', SILENT_LOGGER, health);

  test('a status tells sizes, positions and what is wrong', async () => {
    const alarms = new Alarms(new MemoryBackend());
    alarms.activate(0xffn, 1);
    const stored = {
      alarms,
      quota: new Quota(0, () => 0),
      sizeBytes: 4096,
      sizeInUseBytes: 1024,
      storageVersion: '3.7.0',
    };
    fake.leader = 0n;
    api = { ...api, stored: () => stored };
    expect(await callUnary<object, StatusResponse>(service(), 'Status', {})).toMatchObject({
      version: '3.7.3',
      storageVersion: '3.7.0',
      dbSize: 4096,
      dbSizeInUse: 1024,
      dbSizeQuota: 2 * 1024 ** 3,
      raftTerm: 7,
      leader: 0n,
      errors: ['etcdserver: no leader', 'memberID:255 alarm:NOSPACE '],
    });
  });

  test('a snapshot is the database, then its SHA-256', async () => {
    const chunks = [new Uint8Array(40_000).fill(1), new Uint8Array(32_768).fill(2)];
    let closed = false;
    const sha256 = createHash('sha256');
    api = {
      ...api,
      stored: () => ({ storageVersion: '3.7.0' }) as ReturnType<MemberApi['stored']>, // all that a snapshot asks
      newDigest: () => ({
        update: (bytes) => void sha256.update(bytes),
        digest: () => sha256.digest(),
      }),
      databaseCopy: async () => ({
        sizeBytes: 72_768,
        read: async function* () {
          yield* chunks;
        },
        close: () => void (closed = true),
      }),
    };
    const stream = callServerStream<object, SnapshotResponse>(service(), 'Snapshot', {});
    expect(await stream.ended).toBe('OK');
    const { received } = stream.responses;
    const whole = concatBytes(received.slice(0, -1).map((one) => one.blob));
    expect(Buffer.compare(whole, concatBytes(chunks))).toBe(0);
    const digest = createHash('sha256').update(whole).digest();
    expect(Buffer.compare(received.at(-1)!.blob, digest)).toBe(0);
    expect(received.map((one) => one.remainingBytes)).toEqual([40_000, 32_768, 0, 0]);
    expect(closed).toBe(true);
  });

  test('only the leader hands its leadership over', async () => {
    const request = MoveLeaderRequest.create({ targetId: 3n });
    const answer = await callUnary(service(), 'MoveLeader', request).catch(statusOf);
    expect(answer).toBe('FailedPrecondition: etcdserver: not leader');
  });

  test('health checks fail during a defragmentation, where that is asked for', async () => {
    let finish: (error?: Error) => void = () => {};
    api = {
      ...api,
      defragment: () =>
        new Promise((resolve, reject) => {
          finish = (error) => (error === undefined ? resolve() : reject(error));
        }),
    };
    const watching = callServerStream<HealthCheckRequest, HealthCheckResponse>(
      healthService(health),
      'Watch',
      HealthCheckRequest.create(),
    );
    for (const error of [undefined, new EtcdError('Corrupt')]) {
      const running = callUnary(service(), 'Defragment', {}).catch(() => undefined);
      await settle();
      expect(health.status).toBe(ServingStatus.NOT_SERVING);
      finish(error);
      await running;
      expect(health.status).toBe(ServingStatus.SERVING);
    }
    expect(watching.responses.received.map((one) => one.status)).toEqual([1, 2, 1, 2, 1]);
    watching.call.cancel();
    expect(await watching.ended).toBe('OK');
  });
});

test('health knows the server as a whole, and no single service', async () => {
  const service = healthService(new HealthStatus(false));
  const check = (name: string) =>
    callUnary<HealthCheckRequest, HealthCheckResponse>(
      service,
      'Check',
      HealthCheckRequest.create({ service: name }),
    );
  expect((await check('')).status).toBe(ServingStatus.SERVING);
  expect(await check('etcdserverpb.KV').catch(statusOf)).toBe('NotFound: unknown service');
});
