import { describe, expect, test } from 'vitest';
import { EtcdError, textFromUtf8, utf8FromText } from '../base/index.ts';
import {
  FilterType,
  WatchCreateRequest,
  WatchRequest,
  type WatchResponse,
} from '../wire/gen/rpc.ts';
import type { WatchDependencies } from './deps.ts';
import { FakeCall, callBidi, settle } from './testing/fake-call.ts';
import { FakeMember } from './testing/fake-member.ts';
import { watchService } from './watch.ts';

const text = (bytes: Uint8Array): string => textFromUtf8(bytes) ?? '?';

interface Create extends Partial<Omit<WatchCreateRequest, 'key' | 'rangeEnd'>> {
  readonly key?: string;
  readonly end?: string;
}

async function open(
  options: {
    member?: FakeMember;
    dependencies?: Partial<WatchDependencies>;
    headers?: Record<string, string>;
    capacity?: number;
  } = {},
) {
  const member = options.member ?? (await FakeMember.start());
  const service = watchService(member.api, { ...member.streaming, ...options.dependencies });
  const { capacity } = options;
  const stream = callBidi<WatchRequest, WatchResponse>(service, 'Watch', {
    call: new FakeCall(options.headers),
    ...(capacity === undefined ? {} : { capacity }),
  });
  return {
    member,
    ...stream,
    async create({ key = '', end = '', ...more }: Create): Promise<void> {
      const request = { ...more, key: utf8FromText(key), rangeEnd: utf8FromText(end) };
      const createRequest = WatchCreateRequest.create(request);
      stream.requests.send(WatchRequest.create({ createRequest }));
      await settle();
    },
    async cancel(watchId: bigint): Promise<void> {
      stream.requests.send(WatchRequest.create({ cancelRequest: { watchId } }));
      await settle();
    },
    async progress(): Promise<void> {
      stream.requests.send(WatchRequest.create({ progressRequest: {} }));
      await settle();
    },
    /** What came since the last time, a line a response. */
    take: () => stream.responses.received.splice(0).map(line),
  };
}

/** `id@headerRevision flags PUT key=value<previous …` */
function line(response: WatchResponse): string {
  const words = [`${response.watchId}@${response.header?.revision}`];
  if (response.created) words.push('created');
  if (response.canceled) words.push('canceled');
  if (response.fragment) words.push('fragment');
  if (response.compactRevision !== 0) words.push(`compacted=${response.compactRevision}`);
  if (response.cancelReason !== '') words.push(`(${response.cancelReason})`);
  for (const { type, kv, prevKv } of response.events) {
    const previous = prevKv === undefined ? '' : `<${text(prevKv.value)}`;
    words.push(`${type === 0 ? 'PUT' : 'DELETE'} ${text(kv!.key)}=${text(kv!.value)}${previous}`);
  }
  return words.join(' ');
}

describe('create', () => {
  test('is answered before any event, with the current revision', async () => {
    const watch = await open();
    await watch.member.put('a', '1');
    await watch.create({ key: 'a', startRevision: 2 });
    await watch.member.put('a', '2');
    expect(watch.take()).toEqual(['0@2 created', '0@2 PUT a=1', '0@3 PUT a=2']);
    expect(watch.responses.received).toEqual([]);
  });

  test('the header names cluster, member and term', async () => {
    const watch = await open();
    await watch.create({ key: 'a' });
    const [created] = watch.responses.received;
    expect(created!.header).toEqual({
      clusterId: 0xc1n,
      memberId: 0x1dn,
      revision: 1,
      raftTerm: 7,
    });
  });

  test('an empty key is the first one, a zero byte as end is no end', async () => {
    const watch = await open();
    await watch.create({ end: '\0' });
    await watch.create({ key: 'b', end: '\0' });
    await watch.create({ key: 'a', end: 'b' });
    await watch.member.put('a', '1');
    await watch.member.put('c', '1');
    await watch.member.delete('c');
    expect(watch.take().sort()).toEqual([
      '0@1 created',
      '0@2 PUT a=1',
      '0@3 PUT c=1',
      '0@4 DELETE c=',
      '1@1 created',
      '1@3 PUT c=1',
      '1@4 DELETE c=',
      '2@1 created',
      '2@2 PUT a=1',
    ]);
  });

  test('ids are the client’s or free ones; refusals are created and canceled with −1', async () => {
    const watch = await open();
    await watch.create({ key: 'a', watchId: 5n });
    await watch.create({ key: 'a', watchId: 5n });
    await watch.create({ key: 'a' });
    await watch.create({ key: 'b', end: 'a' });
    await watch.create({ key: 'b', startRevision: -1 });
    expect(watch.take()).toEqual([
      '5@1 created',
      '-1@1 created canceled (mvcc: duplicate watch ID provided on the WatchStream)',
      '0@1 created',
      '-1@1 created canceled (mvcc: watcher range is empty)',
      '-1@1 created canceled (etcdserver: mvcc: required revision has been compacted)',
    ]);
  });

  test('a compacted start is created and then canceled with the compacted revision, without a reason', async () => {
    const watch = await open();
    for (let i = 0; i < 4; i++) await watch.member.put('a', `${i}`);
    await watch.member.store.compact(4);
    await watch.create({ key: 'a', startRevision: 3 });
    await watch.create({ key: 'a', startRevision: 4 });
    expect(watch.take()).toEqual([
      '0@5 created',
      '0@0 canceled compacted=4',
      '1@5 created',
      '1@5 PUT a=2 PUT a=3',
    ]);
  });

  test('filters, prevKv and a start in the future', async () => {
    const watch = await open();
    await watch.create({ key: 'a', filters: [FilterType.NOPUT], prevKv: true });
    await watch.create({ key: 'a', filters: [FilterType.NODELETE], prevKv: true });
    await watch.create({ key: 'a', startRevision: 4 });
    watch.take();
    await watch.member.put('a', '1');
    await watch.member.put('a', '2');
    await watch.member.delete('a');
    expect(watch.take()).toEqual([
      '1@2 PUT a=1',
      '1@3 PUT a=2<1',
      '0@4 DELETE a=<2',
      '2@4 DELETE a=',
    ]);
  });

  test('the caller is asked about, with the range as it came; etcd’s texts name the refusal', async () => {
    const asked: string[] = [];
    const watch = await open({
      dependencies: {
        authorizeRange: async (_call, key, end) => {
          asked.push(`${text(key)}..${text(end)}`);
          if (text(key) === 'secret') throw new EtcdError('PermissionDenied');
          if (text(key) === 'old') throw new EtcdError('AuthOldRevision');
        },
      },
    });
    await watch.create({ end: '\0' });
    await watch.create({ key: 'secret' });
    await watch.create({ key: 'old' });
    expect(asked).toEqual(['\0..\0', 'secret..', 'old..']);
    expect(watch.take()).toEqual([
      '0@1 created',
      '-1@1 created canceled (rpc error: code = PermissionDenied desc = etcdserver: permission denied)',
      '-1@1 created canceled (rpc error: code = InvalidArgument desc = etcdserver: revision of auth store is old)',
    ]);
  });
});

describe('cancel', () => {
  test('is answered once and nothing follows; an unknown id is passed over', async () => {
    const watch = await open();
    await watch.create({ key: 'a' });
    await watch.cancel(0n);
    await watch.cancel(0n);
    await watch.cancel(9n);
    await watch.member.put('a', '1');
    expect(watch.take()).toEqual(['0@1 created', '0@1 canceled']);
  });
});

describe('progress', () => {
  test('on request comes once for the whole call, when all watchers have seen everything', async () => {
    const watch = await open();
    await watch.member.put('a', '1');
    await watch.progress();
    await watch.create({ key: 'a' });
    await watch.create({ key: 'b', startRevision: 1 });
    watch.take();
    await watch.progress();
    expect(watch.take()).toEqual(['-1@2']);
    await watch.create({ key: 'b', startRevision: 100 });
    watch.take();
    await watch.progress();
    expect(watch.take()).toEqual([]);
  });

  test('by itself comes to those who asked for it and had no event in the interval', async () => {
    const watch = await open();
    await watch.create({ key: 'a', progressNotify: true });
    await watch.create({ key: 'b', progressNotify: true });
    await watch.create({ key: 'b' });
    watch.take();
    await watch.member.put('b', '1');
    watch.take();
    watch.member.clock.advance(1100);
    expect(watch.take()).toEqual(['0@2']);
    watch.member.clock.advance(1100);
    expect(watch.take()).toEqual(['0@2', '1@2']);
    watch.call.cancel();
    await watch.ended;
    expect(watch.member.clock.pendingTimers).toBe(0);
  });
});

describe('large responses', () => {
  const write = async (member: FakeMember) => {
    const big = 'x'.repeat(700 * 1024);
    const ops = ['a', 'b', 'c'].map((key) => ({
      requestPut: {
        key: utf8FromText(key),
        value: utf8FromText(big),
        lease: 0n,
        prevKv: false,
        ignoreValue: false,
        ignoreLease: false,
      },
      requestRange: undefined,
      requestDeleteRange: undefined,
      requestTxn: undefined,
    }));
    await member.api.propose({ txn: { compare: [], success: ops, failure: [] } });
  };

  test('are cut for those who allow it, below the largest message', async () => {
    const watch = await open();
    await watch.create({ key: 'a', end: 'z', fragment: true });
    await watch.create({ key: 'a', end: 'z' });
    watch.responses.received.length = 0;
    await write(watch.member);
    const shape = watch.responses.received.map(
      (r) => `${r.watchId}@${r.header?.revision}:${r.events.length}${r.fragment ? '…' : ''}`,
    );
    expect(shape.sort()).toEqual(['0@2:1', '0@2:2…', '1@2:3']);
    const pieces = watch.responses.received.filter((r) => r.watchId === 0n);
    expect(pieces.map((r) => r.fragment)).toEqual([true, false]);
    expect(pieces.flatMap((r) => r.events.map((event) => text(event.kv!.key)))).toEqual([
      'a',
      'b',
      'c',
    ]);
  });
});

describe('the end of a call', () => {
  test('a client that only stops sending keeps its watchers', async () => {
    const watch = await open();
    await watch.create({ key: 'a' });
    watch.requests.end();
    await settle();
    await watch.member.put('a', '1');
    expect(watch.take()).toEqual(['0@1 created', '0@2 PUT a=1']);
    watch.call.cancel();
    expect(await watch.ended).toBe('Canceled: etcdserver: watch canceled');
    expect(watch.member.hub.watcherCount).toBe(0);
    expect(watch.member.hub.streamCount).toBe(0);
    expect(watch.call.listeners).toBe(0);
  });

  test('comes with the loss of the leader for those who require one', async () => {
    const member = await FakeMember.start();
    const strict = await open({ member, headers: { hasleader: 'true' } });
    const relaxed = await open({ member });
    await relaxed.create({ key: 'a' });
    member.loseLeader();
    expect(await strict.ended).toBe('Unavailable: etcdserver: no leader');
    await member.put('a', '1');
    expect(relaxed.take()).toEqual(['0@1 created', '0@2 PUT a=1']);
    const late = await open({ member, headers: { hasleader: 'true' } });
    expect(await late.ended).toBe('Unavailable: etcdserver: no leader');
  });
});

test('a client that does not read is not read from, and gets everything when it does', async () => {
  const watch = await open({ capacity: 2 });
  await watch.create({ key: 'a' });
  await watch.create({ key: 'b' });
  await watch.create({ key: 'c' });
  expect(watch.requests.unread).toBe(1);
  for (let i = 0; i < 50; i++) await watch.member.put('a', `${i}`);
  expect(watch.responses.received.length).toBeLessThan(5);
  for (let round = 0; round < 10; round++) {
    watch.responses.read();
    await settle();
  }
  const events = watch.responses.received.flatMap((r) => r.events.map((e) => text(e.kv!.value)));
  expect(events).toEqual(Array.from({ length: 50 }, (_, i) => `${i}`));
});
