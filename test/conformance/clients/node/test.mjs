/**
 * The npm package etcd3 1.1.2, unmodified, over mTLS: prints `ok NAME` or `FAIL NAME: why` for each test.
 *
 * ENDPOINTS (comma-separated), CA_FILE, CERT_FILE and KEY_FILE are in the environment.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Etcd3 } from 'etcd3';

const client = new Etcd3({
  hosts: process.env.ENDPOINTS.split(','),
  credentials: {
    rootCertificate: readFileSync(process.env.CA_FILE),
    privateKey: readFileSync(process.env.KEY_FILE),
    certChain: readFileSync(process.env.CERT_FILE),
  },
});

async function test(name, body) {
  try {
    await body();
    console.log(`ok ${name}`);
  } catch (error) {
    process.exitCode = 1;
    console.log(`FAIL ${name}: ${String(error.stack).replaceAll('\n', ' | ')}`);
  }
}

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

await test('put and get', async () => {
  await client.put('node/a').value('one');
  assert.equal(await client.get('node/a').string(), 'one');
  assert.equal(await client.get('node/none').string(), null);
});
await test('get of a prefix, sorted and limited', async () => {
  for (const key of ['b', 'c', 'd']) await client.put(`node/p/${key}`).value(key);
  const found = await client.getAll().prefix('node/p/').sort('Key', 'Descend').limit(2).keys();
  assert.deepEqual(found, ['node/p/d', 'node/p/c']);
  assert.equal(await client.getAll().prefix('node/p/').count(), 3);
});
await test('delete', async () => {
  const { deleted } = await client.delete().prefix('node/p/');
  assert.equal(String(deleted), '3');
  assert.deepEqual(await client.getAll().prefix('node/p/').keys(), []);
});
await test('transaction', async () => {
  const txn = () =>
    client
      .if('node/a', 'Value', '==', 'one')
      .then(client.put('node/a').value('two'))
      .else(client.get('node/a'))
      .commit();
  assert.equal((await txn()).succeeded, true);
  const second = await txn();
  assert.equal(second.succeeded, false);
  assert.equal(second.responses[0].response_range.kvs[0].value.toString(), 'two');
});
await test('watch', async () => {
  const watcher = await client.watch().prefix('node/w/').create();
  const events = [];
  watcher.on('put', (kv, previous) => events.push(['put', kv.value.toString()]));
  watcher.on('delete', (kv) => events.push(['delete', kv.key.toString()]));
  await client.put('node/w/x').value('1');
  await client.put('node/w/x').value('2');
  await client.delete().key('node/w/x');
  for (let n = 0; n < 100 && events.length < 3; n++) await sleep(50);
  assert.deepEqual(events, [
    ['put', '1'],
    ['put', '2'],
    ['delete', 'node/w/x'],
  ]);
  await watcher.cancel();
});
await test('lease keeps a key alive, and revoking it deletes the key', async () => {
  const lease = client.lease(2);
  await lease.put('node/leased').value('x');
  await sleep(3_500);
  assert.equal(await client.get('node/leased').string(), 'x');
  await lease.revoke();
  assert.equal(await client.get('node/leased').string(), null);
});
await test('lock', async () => {
  const order = [];
  const first = client.lock('node/lock');
  await first.acquire();
  await assert.rejects(client.lock('node/lock').acquire(), /Failed to acquire a lock/);
  order.push('first');
  await first.release();
  await client.lock('node/lock').do(() => order.push('second'));
  assert.deepEqual(order, ['first', 'second']);
});
await test('election', async () => {
  const election = client.election('node/election', 2);
  const campaign = election.campaign('captain');
  await once(campaign, 'elected');
  assert.equal(await election.leader(), 'captain');
  await campaign.proclaim('commodore');
  assert.equal(await election.leader(), 'commodore');
  await campaign.resign();
  assert.equal(await election.leader(), undefined);
});
await test('member list and status', async () => {
  const { members } = await client.cluster.memberList({});
  assert.equal(members.length, 3);
  assert.match((await client.maintenance.status({})).version, /^3\.\d+\.\d+$/);
});
client.close();
