import { beforeEach, expect, test } from 'vitest';
import { EtcdError, SILENT_LOGGER } from '../base/index.ts';
import { FakeClock } from '../base/testing/fake-clock.ts';
import type { TlsPolicy } from '../platform/index.ts';
import { buildConfig } from './config.ts';
import type { Member } from './member.ts';
import { OwnUrls, advertisedUrls } from './own-urls.ts';
import type { LiveTls } from './tls-policy.ts';

const config = buildConfig(
  new Map([
    ['initial-advertise-peer-urls', 'http://a:2380'],
    ['advertise-client-urls', 'http://a:2379,http://b:2379'],
  ]),
);

interface Own {
  readonly id: bigint;
  readonly peerUrls: readonly string[];
  readonly clientUrls: readonly string[];
}

let clock: FakeClock;
let policy: TlsPolicy;
let own: Own | undefined;
let calls: string[];
/** What the next calls end with, in place of being applied. */
let outcomes: (Error | 'no answer')[];
let urls: OwnUrls;

const live = () => ({ current: policy }) as LiveTls; // all that is looked at

beforeEach(() => {
  clock = new FakeClock();
  policy = { accept: 'both', advertise: 'http' };
  own = { id: 1n, peerUrls: ['http://a:2380'], clientUrls: ['http://b:2379', 'http://a:2379'] };
  calls = [];
  outcomes = [];
  const apply = async (call: string, change: Partial<Own>): Promise<void> => {
    calls.push(call);
    const outcome = outcomes.shift();
    if (outcome instanceof Error) throw outcome;
    if (outcome === 'no answer') return new Promise(() => {});
    own = own && { ...own, ...change };
  };
  const member = {
    config,
    localId: 1n,
    logger: SILENT_LOGGER,
    world: { clock },
    membership: { get: () => own, list: () => (own ? [own] : []) },
    updateMember: (id: bigint, peerUrls: readonly string[]) =>
      apply(`update ${id} ${peerUrls.join()}`, { peerUrls }),
    propose: (request: {
      clusterMemberAttrSet: { memberAttributes: { clientUrls: string[] } };
    }) => {
      const { clientUrls } = request.clusterMemberAttrSet.memberAttributes;
      return apply(`publish ${clientUrls.join()}`, { clientUrls });
    },
  } as unknown as Member; // all that is used of one
  urls = new OwnUrls(member, {
    get current() {
      return policy;
    },
  } as LiveTls); // as above
});

const UPDATE = 'update 1 https://a:2380';
const PUBLISH = 'publish https://a:2379,https://b:2379';

test('URLs are those of the flags, under the policy’s scheme', () => {
  expect(advertisedUrls(config, undefined).peer).toEqual(['http://a:2380']);
  policy = { accept: 'mutual', advertise: 'https' };
  expect(advertisedUrls(config, live())).toEqual({
    peer: ['https://a:2380'],
    client: ['https://a:2379', 'https://b:2379'],
  });
});

test('nothing is proposed when all is as it should be, in whatever order, or when the member is removed', async () => {
  urls.check();
  own = undefined;
  policy = { accept: 'both', advertise: 'https' };
  urls.check();
  await clock.run(20_000, 100);
  expect(calls).toEqual([]);
});

test('peer URLs are updated, then client URLs are published, once', async () => {
  policy = { accept: 'both', advertise: 'https' };
  urls.check();
  urls.check();
  await clock.run(20_000, 100);
  expect(calls).toEqual([UPDATE, PUBLISH]);
});

test('what fails, or is not answered, is tried until it is so', async () => {
  policy = { accept: 'both', advertise: 'https' };
  outcomes = [new EtcdError('NoLeader'), 'no answer', new EtcdError('Timeout')];
  urls.check();
  await clock.run(20_000, 100);
  expect(calls).toEqual([UPDATE, UPDATE, UPDATE, UPDATE, PUBLISH]);
});

test('a policy that changes back meanwhile is followed, too', async () => {
  policy = { accept: 'both', advertise: 'https' };
  outcomes = ['no answer'];
  urls.check();
  await clock.run(500, 100);
  own = own && { ...own, peerUrls: ['https://a:2380'] };
  policy = { accept: 'both', advertise: 'http' };
  urls.check();
  await clock.run(20_000, 100);
  expect(calls).toEqual([UPDATE, 'update 1 http://a:2380']);
  expect(own?.peerUrls).toEqual(['http://a:2380']);
});

test('nothing is tried any more once it is stopped', async () => {
  policy = { accept: 'both', advertise: 'https' };
  outcomes = ['no answer'];
  urls.check();
  await clock.run(500, 100);
  urls.stop();
  await clock.run(20_000, 100);
  expect(calls).toEqual([UPDATE]);
});
