// What health checks are told, word for word as etcd 3.7.3 tells it.
import { describe, expect, test } from 'vitest';
import { EtcdError, SILENT_LOGGER } from '../base/index.ts';
import { AlarmType } from '../wire/gen/rpc.ts';
import { httpEndpoints } from './http-endpoints.ts';
import type { MemberApi } from './member-api.ts';

interface Situation {
  readonly alarms?: readonly number[];
  readonly leader?: bigint;
  readonly readError?: Error;
  readonly isLearner?: boolean;
  readonly clusterVersion?: string;
}

function ask(situation: Situation = {}) {
  const alarms = (situation.alarms ?? []).map((alarm) => ({ memberId: 1n, alarm }));
  const member = {
    membership: {
      isLocalLearner: situation.isLearner ?? false,
      clusterVersion: situation.clusterVersion,
    },
    stored: () => ({
      alarms: {
        list: () => alarms,
        has: (type: number) => alarms.some((one) => one.alarm === type),
      },
      storageVersion: situation.clusterVersion ?? '',
    }),
    raft: () => ({ leader: situation.leader ?? 1n }),
    linearizableRead: async () => {
      if (situation.readError !== undefined) throw situation.readError;
    },
    store: { range: () => ({}) },
  };
  const endpoints = httpEndpoints(member as unknown as MemberApi, '3.7.3', SILENT_LOGGER); // they use no more of it
  return async (target: string, method = 'GET') => {
    const url = new URL(target, 'http://x');
    const query = new Map<string, string[]>();
    for (const [name, value] of url.searchParams)
      query.set(name, [...(query.get(name) ?? []), value]);
    const answer = await endpoints(method, url.pathname, query);
    return answer === undefined ? undefined : `${answer.status} ${answer.body}`;
  };
}

const OK = '200 {"health":"true","reason":""}';
const sick = (reason: string) => `503 {"health":"false","reason":"${reason}"}\n`;

describe('/health', () => {
  test.each<[string, string, Situation, string]>([
    ['of a healthy member', '/health', {}, OK],
    ['with an alarm', '/health', { alarms: [AlarmType.NOSPACE] }, sick('ALARM NOSPACE')],
    ['but for the alarm', '/health?exclude=NOSPACE', { alarms: [AlarmType.NOSPACE] }, OK],
    [
      'but for another alarm',
      '/health?exclude=NOSPACE',
      { alarms: [AlarmType.NOSPACE, AlarmType.CORRUPT] },
      sick('ALARM CORRUPT'),
    ],
    ['without a leader', '/health', { leader: 0n }, sick('RAFT NO LEADER')],
    ['without a leader, of this member alone', '/health?serializable=true', { leader: 0n }, OK],
    [
      'that can read nothing',
      '/health',
      { readError: new EtcdError('Timeout') },
      sick('RANGE ERROR:etcdserver: request timed out'),
    ],
  ])('%s', async (_, target, situation, expected) => {
    expect(await ask(situation)(target)).toBe(expected);
  });
});

describe('/livez and /readyz', () => {
  test('answer ok, and with verbose say what they looked at', async () => {
    const get = ask();
    expect(await get('/livez')).toBe('200 ok\n');
    expect(await get('/livez?verbose')).toBe('200 [+]serializable_read ok\nok\n');
    expect(await get('/readyz?verbose')).toBe(
      '200 [+]data_corruption ok\n[+]serializable_read ok\n[+]linearizable_read ok\n[+]non_learner ok\nok\n',
    );
    expect(await get('/readyz?verbose&exclude=linearizable_read&exclude=non_learner')).toBe(
      '200 [+]data_corruption ok\n[+]serializable_read ok\nok\n',
    );
  });

  test('tell every check when one fails, and each check can be asked alone', async () => {
    const get = ask({ readError: new EtcdError('NoLeader'), alarms: [AlarmType.CORRUPT] });
    expect(await get('/readyz')).toBe(
      '503 [-]data_corruption failed: alarm activated: CORRUPT\n[+]serializable_read ok\n' +
        '[-]linearizable_read failed: etcdserver: no leader\n[+]non_learner ok\n\n',
    );
    expect(await get('/readyz/serializable_read')).toBe('200 ok\n');
    expect(await get('/readyz/linearizable_read')).toContain('503 [-]linearizable_read');
    expect(await get('/livez')).toBe('200 ok\n');
  });

  test('a learner lives, but is not ready', async () => {
    const get = ask({ isLearner: true });
    expect(await get('/livez')).toBe('200 ok\n');
    expect(await get('/readyz')).toContain('[-]non_learner failed: not supported for learner');
  });
});

test('/version', async () => {
  expect(await ask({ clusterVersion: '3.7.0' })('/version')).toBe(
    '200 {"etcdserver":"3.7.3","etcdcluster":"3.7.0","storage":"3.7.0"}',
  );
  expect(await ask()('/version')).toBe(
    '200 {"etcdserver":"3.7.3","etcdcluster":"not_decided","storage":"unknown"}',
  );
});

test("only GET is answered, and other paths are nobody's here", async () => {
  const get = ask();
  for (const path of ['/health', '/version', '/livez', '/readyz/non_learner']) {
    expect(await get(path, 'POST')).toBe('405 Method Not Allowed\n');
  }
  for (const path of ['/', '/healthz', '/health/x', '/livez/linearizable_read', '/readyz/a/b']) {
    expect(await get(path), path).toBeUndefined();
  }
});
