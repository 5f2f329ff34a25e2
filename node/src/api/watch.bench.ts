// What a watch response and a keep-alive cost in the services: from the hub or the lessor to the bytes for the connection.
import type { CallContext, ResponseStream } from '../base/index.ts';
import type { Benchmarks } from '../base/testing/benchmark.ts';
import { Event, EventType, KeyValue } from '../wire/gen/kv.ts';
import { LeaseKeepAliveRequest, WatchCreateRequest, WatchRequest } from '../wire/gen/rpc.ts';
import { leaseService } from './lease.ts';
import type { Registration } from './registration.ts';
import { FakeCall, FakeRequests, settle } from './testing/fake-call.ts';
import { FakeMember } from './testing/fake-member.ts';
import { watchService } from './watch.ts';

const text = new TextEncoder();
const KEY = text.encode('p/web-0001');
const VALUE = new Uint8Array(256).fill(7);
const WATCHERS = 1000;
const RENEWALS = 100;

/** Takes what is sent, and forgets it. */
class Forgotten implements ResponseStream<unknown> {
  readonly queuedBytes = 0;
  sent = 0;

  send(): boolean {
    this.sent++;
    return true;
  }

  sendEncoded(): boolean {
    this.sent++;
    return true;
  }

  sendTogether(messages: { size: number; write(target: Uint8Array, at: number): void }): boolean {
    messages.write(new Uint8Array(messages.size), 0);
    this.sent++;
    return true;
  }

  drained(): Promise<void> {
    return Promise.resolve();
  }

  end(): void {}
}

interface Begun<Req> {
  readonly requests: FakeRequests<Req>;
  readonly responses: Forgotten;
}

/** Begins a bidirectional call. `Req` is the method's own: the caller names it. */
function begin<Req>(service: readonly Registration[], name: string): Begun<Req> {
  const method = service.find(({ path }) => path.endsWith(`/${name}`));
  if (method?.kind !== 'bidiStream') throw new Error(`no stream ${name}`);
  const requests = new FakeRequests<Req>();
  const responses = new Forgotten();
  const call: CallContext = new FakeCall();
  void method.handler(requests, call, responses);
  return { requests, responses };
}

const CREATE = WatchRequest.create({
  createRequest: WatchCreateRequest.create({
    key: text.encode('p/'),
    rangeEnd: text.encode('p0'),
  }),
});

/** Tells the hub of a change a call, as the store does at the end of a transaction. */
function changes(member: FakeMember): () => void {
  let revision = member.store.revision;
  return () => {
    revision++;
    const kv = KeyValue.create({ key: KEY, value: VALUE, modRevision: revision, version: 2 });
    member.store.onChanges?.(revision, [Event.create({ type: EventType.PUT, kv })]);
  };
}

export const benchmarks: Benchmarks = {
  'api: a watch response, 1,000 calls on a prefix': {
    operationsPerCall: WATCHERS,
    calls: 5,
    start: async () => {
      const member = await FakeMember.start();
      const service = watchService(member.api, member.streaming);
      for (let i = 0; i < WATCHERS; i++) {
        begin<WatchRequest>(service, 'Watch').requests.send(CREATE);
      }
      await settle();
      return changes(member);
    },
  },
  'api: a watch response, 1,000 watchers of a call': {
    operationsPerCall: WATCHERS,
    calls: 5,
    start: async () => {
      const member = await FakeMember.start();
      const service = watchService(member.api, member.streaming);
      const { requests } = begin<WatchRequest>(service, 'Watch');
      for (let i = 0; i < WATCHERS; i++) requests.send(CREATE);
      while (member.hub.watcherCount < WATCHERS) await settle();
      return changes(member);
    },
  },
  'api: a keep-alive, 100 after another in a call': {
    operationsPerCall: RENEWALS,
    calls: 20,
    start: async () => {
      const member = await FakeMember.start();
      const service = leaseService(member.api, member.streaming);
      member.lessor.grant(7n, 40);
      const { requests, responses } = begin<LeaseKeepAliveRequest>(service, 'LeaseKeepAlive');
      const request = LeaseKeepAliveRequest.create({ id: 7n });
      return async () => {
        const until = responses.sent + RENEWALS;
        for (let i = 0; i < RENEWALS; i++) requests.send(request);
        while (responses.sent < until) await undefined;
      };
    },
  },
};
