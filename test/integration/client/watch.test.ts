import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Client, WatchCompactedError, type WatchEvent } from '../../../node/src/client/index.ts';
import { startCluster, type TestCluster } from '../support/cluster.ts';
import { eventually, sleep } from '../support/waiting.ts';

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

const show = ({ type, kv, prevKv }: WatchEvent): string =>
  `${type} ${kv.keyText()}=${kv.text()}${prevKv ? ` was ${prevKv.text()}` : ''}`;

/** The first `count` events of a watch. */
async function take(
  watch: AsyncIterable<{ events: WatchEvent[] }>,
  count: number,
): Promise<string[]> {
  const seen: string[] = [];
  for await (const { events } of watch) {
    seen.push(...events.map(show));
    if (seen.length >= count) break;
  }
  return seen;
}

describe('a watch', () => {
  test('sees what happens to its keys after it was created', async () => {
    await client.put('w/a', '0');
    const watch = client.watch('w/', { prefix: true, prevKv: true });
    await watch.created;
    await client.put('w/a', '1');
    await client.put('x', '1');
    await client.delete('w/a');
    expect(await take(watch, 2)).toEqual(['put w/a=1 was 0', 'delete w/a= was 1']);
  });

  test('starts in the past, and leaves out what it is told to', async () => {
    const { revision } = await client.put('f', '1');
    await client.delete('f');
    await client.put('f', '2');
    const all = client.watch('f', { startRevision: revision });
    expect(await take(all, 3)).toEqual(['put f=1', 'delete f=', 'put f=2']);
    const puts = client.watch('f', { startRevision: revision, noDelete: true });
    expect(await take(puts, 2)).toEqual(['put f=1', 'put f=2']);
    const deletes = client.watch('f', { startRevision: revision, noPut: true });
    expect(await take(deletes, 1)).toEqual(['delete f=']);
  });

  test('tells progress when asked', async () => {
    const watch = client.watch('progress');
    await watch.created;
    const { revision } = await client.put('elsewhere', '1');
    client.requestProgress();
    for await (const response of watch) {
      expect(response.events).toEqual([]);
      expect(response.revision).toBe(revision);
      break;
    }
  });

  test('gets a response of many megabytes as one', async () => {
    const value = 'v'.repeat(900_000);
    const first = await client.put('big/0', value);
    for (let i = 1; i < 4; i++) await client.put(`big/${i}`, value);
    let events = 0;
    for await (const response of client.watch('big/', {
      prefix: true,
      startRevision: first.revision,
    })) {
      events += response.events.length;
      expect(response.revision).toBeGreaterThanOrEqual(first.revision);
      if (events === 4) break;
    }
    expect(events).toBe(4);
  });

  test('that starts in compacted history ends with the revision to go on from', async () => {
    const { revision } = await client.put('c', '1');
    await client.put('c', '2');
    await client.compact(revision + 1);
    const failure = await take(client.watch('c', { startRevision: revision }), 1).catch(
      (error: unknown) => error,
    );
    expect(failure).toBeInstanceOf(WatchCompactedError);
    expect(failure).toMatchObject({ code: 'Compacted', compactRevision: revision + 1 });
  });

  test('ends by cancel, by its signal, and by leaving the iteration', async () => {
    const canceled = client.watch('e');
    await canceled.created;
    canceled.cancel();
    expect(await take(canceled, 1)).toEqual([]);
    const abort = new AbortController();
    const aborted = client.watch('e', { signal: abort.signal });
    setTimeout(() => abort.abort(), 20);
    expect(await take(aborted, 1)).toEqual([]);
  });

  test('whose reader is slow leaves the events with the server and misses none', async () => {
    const watch = client.watch('slow/', { prefix: true, maxBufferedEvents: 10 });
    await watch.created;
    const puts = Array.from({ length: 200 }, (_, i) => i);
    for (const i of puts) await client.put(`slow/${i}`, String(i));
    await sleep(50);
    expect(await take(watch, 200)).toEqual(puts.map((i) => `put slow/${i}=${i}`));
  });

  test('calls a listener, through the restart of the server, without loss or repetition', async () => {
    const seen: string[] = [];
    let resumed = 0;
    let ended = 0;
    const watch = client.watch(
      'r/',
      { prefix: true },
      {
        events: ({ events }) => seen.push(...events.map((event) => event.kv.text())),
        resumed: () => resumed++,
        end: () => ended++,
      },
    );
    await watch.created;
    const expected: string[] = [];
    for (let round = 0; round < 2; round++) {
      for (let i = 0; i < 20; i++) {
        await client.put('r/key', `${round}.${i}`);
        expected.push(`${round}.${i}`);
      }
      if (round < 1) await cluster.member(0).restart();
      // The first call on a broken connection may have been executed: only a repeatable one is made again by itself.
      await eventually('an answer', async () => (await client.count('r/', { prefix: true })) > 0);
    }
    await eventually('all events', () => seen.length >= expected.length);
    expect(seen).toEqual(expected);
    expect(resumed).toBe(1);
    watch.cancel();
    expect(ended).toBe(1);
  });
});
