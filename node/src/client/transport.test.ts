import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { GrpcStatus } from '../base/errors.ts';
import { AuthService, KVService, LeaseService } from '../wire/gen/rpc.ts';
import { Client } from './client.ts';
import { FakeServer, Failure } from './testing/fake-server.ts';

let server: FakeServer;
let client: Client;
const others: { stop(): void }[] = [];

beforeEach(async () => {
  server = await FakeServer.start();
  client = new Client({ endpoints: [server.endpoint] });
});
afterEach(() => {
  client.close();
  server.stop();
  for (const other of others.splice(0)) other.stop();
});

/** Fails the first `count` calls of a method, then answers. */
function failing(count: number, code: number, text: string): () => object {
  let left = count;
  return () => {
    if (left-- > 0) throw new Failure(code, text);
    return {};
  };
}

describe('a failed call', () => {
  test.each([
    'etcdserver: request timed out',
    'etcdserver: leader changed',
    'etcdserver: no leader',
    'the connection was reset',
  ])('that reads is made again after Unavailable: %s', async (text) => {
    server.on(KVService.range, failing(2, GrpcStatus.Unavailable, text));
    await client.range('a');
    expect(server.calls).toHaveLength(3);
  });

  test.each([
    'etcdserver: request timed out',
    'etcdserver: leader changed',
    'etcdserver: server stopped',
    'the connection was reset',
  ])('that writes is not made again, as it may have been executed: %s', async (text) => {
    const answer = failing(1, GrpcStatus.Unavailable, text);
    server.on(KVService.put, answer);
    await expect(client.put('a', 'b')).rejects.toThrow(text);
    expect(server.calls).toHaveLength(1);
  });

  test('that writes is not made again when the connection breaks under it', async () => {
    const second = await FakeServer.start();
    others.push(second);
    for (const each of [server, second]) {
      each.on(KVService.put, ({ hangUp }) => {
        hangUp();
        return {};
      });
    }
    const both = new Client({ endpoints: [server.endpoint, second.endpoint] });
    others.push({ stop: () => both.close() });
    await expect(both.put('a', 'b')).rejects.toMatchObject({ status: GrpcStatus.Unavailable });
    expect(server.calls.length + second.calls.length).toBe(1);
  });

  test('that never left goes to another member', async () => {
    server.on(KVService.put, () => ({}));
    const half = new Client({ endpoints: ['127.0.0.1:1', server.endpoint] });
    others.push({ stop: () => half.close() });
    for (let i = 0; i < 4; i++) await half.put('a', String(i));
    expect(server.calls).toHaveLength(4);
  });

  test('that a learner refuses goes to another member', async () => {
    const voter = await FakeServer.start();
    others.push(voter);
    const text = 'etcdserver: rpc not supported for learner';
    server.on(KVService.put, failing(100, GrpcStatus.FailedPrecondition, text));
    voter.on(KVService.put, () => ({}));
    await expect(client.put('a', 'b')).rejects.toMatchObject({ code: 'NotSupportedForLearner' });
    const both = new Client({ endpoints: [server.endpoint, voter.endpoint] });
    others.push({ stop: () => both.close() });
    for (let i = 0; i < 4; i++) await both.put('a', 'b');
    expect(voter.calls).toHaveLength(4);
  });

  test('that only reads in a transaction is made again, one that writes is not', async () => {
    const text = 'etcdserver: request timed out';
    server.on(KVService.txn, failing(1, GrpcStatus.Unavailable, text));
    await client.txn().commit();
    expect(server.calls).toHaveLength(2);
  });

  test('ends at its time, however often it may be made again', async () => {
    server.on(KVService.range, failing(1e6, GrpcStatus.Unavailable, 'etcdserver: no leader'));
    const startMs = performance.now();
    await expect(client.get('a', { timeoutMs: 200 })).rejects.toThrow();
    expect(performance.now() - startMs).toBeLessThan(1_500);
    expect(server.calls.length).toBeGreaterThan(2);
  });
});

describe('a lease', () => {
  test('whose grant was executed but not answered is granted once', async () => {
    const granted: bigint[] = [];
    server.on(LeaseService.leaseGrant, ({ request }) => {
      if (granted.includes(request.id)) throw new Failure(9, 'etcdserver: lease already exists');
      granted.push(request.id);
      throw new Failure(GrpcStatus.Unavailable, 'etcdserver: request timed out');
    });
    server.on(LeaseService.leaseTimeToLive, () => ({ ttl: 9, grantedTtl: 10 }));
    expect(await client.leases.grant(10)).toEqual({ id: granted[0], ttl: 10 });
    expect(granted).toHaveLength(1);
  });
});

describe('user and password', () => {
  test('become a token, fetched once and again when it is refused', async () => {
    let tokens = 0;
    let refused = '';
    server.on(AuthService.authenticate, ({ request, token }) => {
      expect(request).toMatchObject({ name: 'root', password: 'secret' });
      expect(token).toBeUndefined();
      return { token: `token-${++tokens}` };
    });
    const used: (string | undefined)[] = [];
    server.on(KVService.put, ({ token }) => {
      used.push(token);
      if (token === refused) throw new Failure(16, 'etcdserver: invalid auth token');
      return {};
    });
    const user = new Client({ endpoints: [server.endpoint], user: 'root', password: 'secret' });
    others.push({ stop: () => user.close() });
    await Promise.all([user.put('a', '1'), user.put('a', '2')]);
    expect(used).toEqual(['token-1', 'token-1']);
    refused = 'token-1';
    await user.put('a', '3');
    expect(used.slice(2)).toEqual(['token-1', 'token-2']);
  });

  test('that are wrong are the error of the call', async () => {
    const text = 'etcdserver: authentication failed, invalid user ID or password';
    server.on(AuthService.authenticate, failing(1e6, GrpcStatus.InvalidArgument, text));
    const user = new Client({ endpoints: [server.endpoint], user: 'root', password: 'wrong' });
    others.push({ stop: () => user.close() });
    await expect(user.get('a')).rejects.toMatchObject({ code: 'AuthFailed' });
    expect(server.calls).toEqual([AuthService.authenticate.path]);
  });

  test('are no matter while authentication is off', async () => {
    const text = 'etcdserver: authentication is not enabled';
    server.on(AuthService.authenticate, failing(1e6, GrpcStatus.FailedPrecondition, text));
    server.on(KVService.range, ({ token }) => {
      expect(token).toBeUndefined();
      return {};
    });
    const user = new Client({ endpoints: [server.endpoint], user: 'root', password: 'x' });
    others.push({ stop: () => user.close() });
    expect(await user.get('a')).toBeUndefined();
  });

  test('a token that is given is sent as it is, and not asked for again', async () => {
    server.on(KVService.range, () => {
      throw new Failure(16, 'etcdserver: invalid auth token');
    });
    const user = new Client({ endpoints: [server.endpoint], token: 'mine' });
    others.push({ stop: () => user.close() });
    await expect(user.get('a')).rejects.toMatchObject({ code: 'InvalidAuthToken' });
    expect(server.calls).toHaveLength(1);
  });
});
