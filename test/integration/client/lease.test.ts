import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Client, Election, LeaseLostError, Mutex } from '../../../node/src/client/index.ts';
import { startCluster, type TestCluster } from '../support/cluster.ts';
import { eventually } from '../support/waiting.ts';

let cluster: TestCluster;
let client: Client;

beforeAll(async () => {
  cluster = await startCluster({
    flags: ['--heartbeat-interval', '20', '--election-timeout', '200'],
  });
  client = new Client({ endpoints: cluster.endpoints });
});
afterAll(async () => {
  client?.close();
  await cluster?.stop();
});

describe('a lease', () => {
  test('is granted, looked at, listed, renewed and revoked with its keys', async () => {
    const { id, ttl } = await client.leases.grant(100);
    expect(ttl).toBe(100);
    await client.put('leased', '1', { lease: id });
    expect((await client.get('leased'))?.lease).toBe(id);
    const left = await client.leases.timeToLive(id, { keys: true });
    expect(left.grantedTtl).toBe(100);
    expect(left.ttl).toBeGreaterThan(97);
    expect(left.keys.map(String)).toEqual([String(Buffer.from('leased'))]);
    expect(await client.leases.list()).toContain(id);
    expect(await client.leases.keepAliveOnce(id)).toBe(100);
    await client.leases.revoke(id);
    expect(await client.get('leased')).toBeUndefined();
    expect((await client.leases.timeToLive(id)).ttl).toBe(-1);
    await expect(client.leases.keepAliveOnce(id)).rejects.toMatchObject({ code: 'LeaseNotFound' });
    await expect(client.leases.revoke(id)).rejects.toMatchObject({ code: 'LeaseNotFound' });
  });

  test('of a given id is granted once', async () => {
    await client.leases.grant(10, { id: 12345n });
    await expect(client.leases.grant(10, { id: 12345n })).rejects.toMatchObject({
      code: 'LeaseExist',
    });
  });

  test.concurrent(
    'that is held outlives its TTL and a restart of the server, until it is revoked elsewhere',
    async () => {
      const lease = await client.leases.hold(5);
      const grantedMs = performance.now();
      let renewals = 0;
      lease.on('renewed', () => renewals++);
      await client.put('held', '1', { lease: lease.id });
      await eventually('a renewal', () => renewals >= 1);
      await cluster.member(0).restart();
      await eventually('a life beyond the TTL', () => performance.now() > grantedMs + 5_500);
      expect(renewals).toBeGreaterThanOrEqual(2);
      expect((await client.get('held'))?.lease).toBe(lease.id);
      const lost = new Promise<LeaseLostError>((resolve) => lease.once('lost', resolve));
      await client.leases.revoke(lease.id);
      expect(await lost).toBeInstanceOf(LeaseLostError);
      expect(lease.signal.aborted).toBe(true);
    },
  );

  test.concurrent('is lost when nobody renews it in time', async () => {
    const alone = await startCluster();
    const other = new Client({ endpoints: alone.endpoints });
    const lease = await other.leases.hold(2);
    const lost = new Promise<LeaseLostError>((resolve) => lease.once('lost', resolve));
    await alone.member(0).kill();
    expect(String(await lost)).toContain('no renewal was confirmed');
    other.close();
    await alone.stop();
  });
});

describe('a lock', () => {
  test('has one holder at a time, in the order of asking', async () => {
    const [first, second, third] = await Promise.all([0, 1, 2].map(() => client.session()));
    const held = await new Mutex(first!, 'lock').lock();
    expect(await new Mutex(second!, 'lock').tryLock()).toBeUndefined();
    const order: string[] = [];
    const waitingSecond = new Mutex(second!, 'lock').lock().then((lock) => {
      order.push('second');
      return lock;
    });
    await eventually('the second in the queue', async () => {
      return (await client.count('lock/', { prefix: true })) === 2;
    });
    const waitingThird = new Mutex(third!, 'lock').lock().then((lock) => {
      order.push('third');
      return lock;
    });
    await eventually('the third in the queue', async () => {
      return (await client.count('lock/', { prefix: true })) === 3;
    });
    await held.release();
    const next = await waitingSecond;
    expect(next.revision).toBeGreaterThan(held.revision);
    expect((await client.txn().if(next.isHeld()).commit()).succeeded).toBe(true);
    expect((await client.txn().if(held.isHeld()).commit()).succeeded).toBe(false);
    await second!.close();
    await waitingThird;
    expect(order).toEqual(['second', 'third']);
    await Promise.all([first!.close(), third!.close()]);
  });

  test('is not waited for any longer when its signal is aborted', async () => {
    const [first, second] = await Promise.all([client.session(), client.session()]);
    await new Mutex(first, 'busy').lock();
    const reason = new Error('too long');
    const abort = new AbortController();
    setTimeout(() => abort.abort(reason), 100);
    await expect(new Mutex(second, 'busy').lock({ signal: abort.signal })).rejects.toBe(reason);
    expect(await client.count('busy/', { prefix: true })).toBe(1);
    await Promise.all([first.close(), second.close()]);
  });
});

describe('an election', () => {
  test('has one leader, whom others observe and follow', async () => {
    const [one, two] = await Promise.all([client.session(), client.session()]);
    const seen: string[] = [];
    const abort = new AbortController();
    const watching = (async () => {
      for await (const kv of new Election(two, 'office').observe({ signal: abort.signal })) {
        seen.push(kv.text());
      }
    })();
    const leadership = await new Election(one, 'office').campaign('one');
    await eventually('the first leader', () => seen.includes('one'));
    await leadership.proclaim('one again');
    await eventually('the proclamation', () => seen.includes('one again'));
    const next = new Election(two, 'office').campaign('two');
    expect((await new Election(two, 'office').leader())?.text()).toBe('one again');
    await leadership.resign();
    await next;
    await eventually('the second leader', () => seen.includes('two'));
    expect(seen).toEqual(['one', 'one again', 'two']);
    await expect(leadership.proclaim('late')).rejects.toThrow('not leader');
    abort.abort();
    await watching.catch(() => undefined);
    await Promise.all([one.close(), two.close()]);
  });
});
