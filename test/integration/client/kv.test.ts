import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Client, compare, isEtcdError, op, StatusError } from '../../../node/src/client/index.ts';
import { startCluster, type TestCluster } from '../support/cluster.ts';

let cluster: TestCluster;
let client: Client;

beforeAll(async () => {
  cluster = await startCluster();
  client = new Client({ endpoints: cluster.endpoints });
});
afterAll(async () => {
  client?.close();
  await cluster?.stop();
});
beforeEach(() => client.delete('', { prefix: true }));

const keys = (result: { kvs: { keyText(): string }[] }): string[] =>
  result.kvs.map((kv) => kv.keyText());

describe('keys and values', () => {
  test('are put, read back with their revisions, and deleted', async () => {
    const put = await client.put('a', 'one');
    const second = await client.put('a', 'zwei', { prevKv: true });
    expect(second.prevKv?.text()).toBe('one');
    const kv = await client.get('a');
    expect(kv).toMatchObject({
      createRevision: put.revision,
      modRevision: second.revision,
      version: 2,
      lease: 0n,
    });
    expect(kv?.keyText()).toBe('a');
    expect(kv?.text()).toBe('zwei');
    expect((await client.get('a', { revision: put.revision }))?.text()).toBe('one');
    const deleted = await client.delete('a', { prevKv: true });
    expect(deleted.deleted).toBe(1);
    expect(deleted.prevKvs[0]?.text()).toBe('zwei');
    expect(await client.get('a')).toBeUndefined();
  });

  test('may be any bytes, and JSON', async () => {
    const key = new Uint8Array([0, 255, 1]);
    await client.put(key, new Uint8Array([255, 0]));
    expect((await client.get(key))?.value).toEqual(Buffer.from([255, 0]));
    await client.put('j', '{"n":1}');
    expect((await client.get('j'))?.json()).toEqual({ n: 1 });
  });

  test('are found by prefix, range, from a key on, sorted, limited and counted', async () => {
    for (const name of ['a', 'p/1', 'p/2', 'p/3', 'q']) await client.put(name, name);
    await client.put('p/1', 'later');
    expect(keys(await client.range('p/', { prefix: true }))).toEqual(['p/1', 'p/2', 'p/3']);
    expect(keys(await client.range('', { prefix: true }))).toHaveLength(5);
    expect(keys(await client.range('p/2', { fromKey: true }))).toEqual(['p/2', 'p/3', 'q']);
    expect(keys(await client.range('a', { rangeEnd: 'p/2' }))).toEqual(['a', 'p/1']);
    const sorted = await client.range('p/', {
      prefix: true,
      sort: { by: 'mod', order: 'descend' },
      limit: 2,
      keysOnly: true,
    });
    expect(keys(sorted)).toEqual(['p/1', 'p/3']);
    expect(sorted.kvs[0]?.value).toHaveLength(0);
    expect(sorted).toMatchObject({ more: true, count: 3 });
    expect(await client.count('p/', { prefix: true })).toBe(3);
  });

  test('are read in pages of one revision, whatever is written meanwhile', async () => {
    for (let i = 0; i < 10; i++) await client.put(`page/${i}`, 'old');
    const seen: string[] = [];
    for await (const kv of client.getAll('page/', { prefix: true, pageSize: 3 })) {
      seen.push(`${kv.keyText()}=${kv.text()}`);
      if (seen.length === 1) await client.delete('page/9');
      if (seen.length === 4) await client.put('page/8', 'new');
    }
    expect(seen).toEqual(Array.from({ length: 10 }, (_, i) => `page/${i}=old`));
  });
});

describe('transactions', () => {
  test('take one branch and give each operation its typed result', async () => {
    await client.put('t', '1');
    const txn = client
      .txn()
      .if(compare.value('t', '=', '1'), compare.missing('u'))
      .thenDo(op.put('u', '2', { prevKv: true }), op.get('t'), op.delete('t'))
      .elseDo(op.get('u'));
    const first = await txn.commit();
    if (!first.succeeded) throw new Error('the conditions hold');
    const [put, get, deletion] = first.results;
    expect(put.prevKv).toBeUndefined();
    expect(get.kvs[0]?.text()).toBe('1');
    expect(deletion.deleted).toBe(1);
    const second = await txn.commit();
    if (second.succeeded) throw new Error('the conditions no longer hold');
    expect(second.results[0].kvs[0]?.text()).toBe('2');
  });

  test('nest', async () => {
    const inner = client.txn().if(compare.exists('n')).thenDo(op.get('n')).elseDo(op.put('n', '1'));
    const result = await client.txn().thenDo(op.txn(inner), op.get('n')).commit();
    if (!result.succeeded) throw new Error('there is no condition');
    expect(result.results[0].succeeded).toBe(false);
    expect(result.results[1].kvs[0]?.text()).toBe('1');
  });
});

describe('errors', () => {
  test("have etcd's codes", async () => {
    const failure = await client.put('', 'x').catch((error: unknown) => error);
    expect(isEtcdError(failure, 'EmptyKey')).toBe(true);
    await expect(client.put('x', 'y', { lease: 77n })).rejects.toMatchObject({
      code: 'LeaseNotFound',
    });
    await expect(client.get('x', { revision: 1_000_000 })).rejects.toMatchObject({
      code: 'FutureRev',
    });
    const twice = client.txn().thenDo(op.put('d', '1'), op.put('d', '2'));
    await expect(twice.commit()).rejects.toMatchObject({ code: 'DuplicateKey' });
    const { revision } = await client.put('x', 'y');
    await client.put('x', 'z');
    await client.compact(revision, { physical: true });
    await expect(client.get('x', { revision: revision - 1 })).rejects.toMatchObject({
      code: 'Compacted',
    });
  });

  test('tell why nobody is reached, in time', async () => {
    const nobody = new Client({ endpoints: ['127.0.0.1:1'], timeoutMs: 300 });
    const failure = await nobody.get('a').catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(StatusError);
    expect(String(failure)).toContain('ECONNREFUSED');
    nobody.close();
  });

  test('of an aborted call are the reason it was aborted for', async () => {
    const reason = new Error('enough');
    await expect(client.get('a', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const abort = new AbortController();
    const call = client.put('a', 'b', { signal: abort.signal });
    abort.abort(reason);
    await expect(call).rejects.toBe(reason);
  });
});
