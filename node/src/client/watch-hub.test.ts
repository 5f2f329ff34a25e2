import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { utf8FromText } from '../base/text.ts';
import { Event, EventType, KeyValue } from '../wire/gen/kv.ts';
import { AuthService, ResponseHeader, WatchResponse } from '../wire/gen/rpc.ts';
import { Client } from './client.ts';
import { FakeServer, type WatchCall } from './testing/fake-server.ts';

let server: FakeServer;
let client: Client;

beforeEach(async () => {
  server = await FakeServer.start();
  client = new Client({ endpoints: [server.endpoint] });
});
afterEach(() => {
  client.close();
  server.stop();
});

const header = (revision: number) => ResponseHeader.create({ revision });
const put = (revision: number) =>
  Event.create({
    type: EventType.PUT,
    kv: KeyValue.create({ key: utf8FromText(`k${revision}`), modRevision: revision }),
  });
const created = (revision: number, watchId = 0n) =>
  WatchResponse.create({ header: header(revision), created: true, watchId });
const events = (revisions: number[], more: Partial<WatchResponse> = {}) =>
  WatchResponse.create({
    header: header(revisions.at(-1) ?? 0),
    events: revisions.map(put),
    ...more,
  });

/** Answers creations on the n-th stream with `script`, and returns the start revisions asked for. */
function serve(...scripts: ((call: WatchCall) => void)[]): number[] {
  const starts: number[] = [];
  server.onWatchRequest = (call, request) => {
    if (request.createRequest === undefined) return;
    starts.push(request.createRequest.startRevision);
    scripts[server.watches.indexOf(call)]?.(call);
  };
  return starts;
}

async function take(
  count: number,
  options = {},
): Promise<{ revisions: number[]; sizes: number[] }> {
  const revisions: number[] = [];
  const sizes: number[] = [];
  for await (const response of client.watch('k', { prefix: true, ...options })) {
    revisions.push(...response.events.map((event) => event.kv.modRevision));
    sizes.push(response.events.length);
    if (revisions.length >= count) break;
  }
  return { revisions, sizes };
}

describe('a watch whose stream breaks', () => {
  test('goes on behind the last revision it got', async () => {
    const starts = serve(
      (call) => {
        call.send(created(10));
        call.send(events([11, 12]));
        call.fail(14, 'gone');
      },
      (call) => {
        call.send(created(15));
        call.send(events([13, 15]));
      },
    );
    expect((await take(4)).revisions).toEqual([11, 12, 13, 15]);
    expect(starts).toEqual([0, 13]);
  });

  test('before any event goes on behind the revision of its creation', async () => {
    const starts = serve(
      (call) => {
        call.send(created(10));
        call.fail(14, 'gone');
      },
      (call) => {
        call.send(created(20));
        call.send(events([11]));
      },
    );
    expect((await take(1)).revisions).toEqual([11]);
    expect(starts).toEqual([0, 11]);
  });

  test('goes on behind the progress it was told, and progress does not take it back', async () => {
    const progress = (revision: number, watchId: bigint) =>
      WatchResponse.create({ header: header(revision), watchId });
    const starts = serve(
      (call) => {
        call.send(created(10));
        call.send(progress(30, -1n));
        call.send(progress(20, 0n));
        call.fail(14, 'gone');
      },
      (call) => {
        call.send(created(30));
        call.send(events([31]));
      },
    );
    await take(1);
    expect(starts).toEqual([0, 31]);
  });

  test('in the middle of fragments asks for all of them again and gives them as one', async () => {
    const starts = serve(
      (call) => {
        call.send(created(10));
        call.send(events([11]));
        call.send(events([12, 12], { fragment: true }));
        call.fail(14, 'gone');
      },
      (call) => {
        call.send(created(12));
        call.send(events([12, 12], { fragment: true }));
        call.send(events([12], { fragment: true }));
        call.send(events([12, 13]));
      },
    );
    expect(await take(6)).toEqual({ revisions: [11, 12, 12, 12, 12, 13], sizes: [1, 5] });
    expect(starts).toEqual([0, 12]);
  });

  test('for a reason that will not pass ends with it', async () => {
    serve((call) => call.fail(7, 'etcdserver: permission denied'));
    await expect(take(1)).rejects.toMatchObject({ code: 'PermissionDenied' });
    expect(server.watches).toHaveLength(1);
  });

  test('takes the others along, each at its own revision', async () => {
    let streams = 0;
    const asked: [string, number][][] = [];
    server.onWatchRequest = (call, { createRequest }) => {
      if (createRequest === undefined) return;
      const stream = server.watches.indexOf(call);
      const list = (asked[stream] ??= []);
      list.push([Buffer.from(createRequest.key).toString(), createRequest.startRevision]);
      call.send(created(10, BigInt(list.length)));
      if (stream === 0 && list.length === 2) {
        streams++;
        call.send(events([11], { watchId: 2n }));
        setTimeout(() => call.fail(14, 'gone'), 20);
      }
    };
    const one = client.watch('one');
    const two = client.watch('two', { startRevision: 5 });
    await Promise.all([one.created, two.created]);
    while (server.watches.length < 2 || (asked[1]?.length ?? 0) < 2) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(streams).toBe(1);
    expect(asked[1]).toEqual([
      ['one', 11],
      ['two', 12],
    ]);
  });
});

describe('a watch that the server cancels', () => {
  test.each([
    ['bare', 'etcdserver: permission denied'],
    ['as Go prints it', 'rpc error: code = PermissionDenied desc = etcdserver: permission denied'],
  ])('ends with the reason, %s', async (_form, cancelReason) => {
    serve((call) => {
      const response = created(10, -1n);
      call.send({ ...response, canceled: true, cancelReason });
    });
    await expect(take(1)).rejects.toMatchObject({ code: 'PermissionDenied' });
  });

  test('as compacted has the revision, after all that came before', async () => {
    serve((call) => {
      call.send(created(10));
      call.send(events([11]));
      call.send(WatchResponse.create({ canceled: true, compactRevision: 99 }));
    });
    const seen: number[] = [];
    const reading = (async () => {
      for await (const response of client.watch('k')) seen.push(response.events.length);
    })();
    await expect(reading).rejects.toMatchObject({ code: 'Compacted', compactRevision: 99 });
    expect(seen).toEqual([1]);
  });

  test('for its token starts again with a new one', async () => {
    let tokens = 0;
    server.on(AuthService.authenticate, () => ({ token: `token-${++tokens}` }));
    const user = new Client({ endpoints: [server.endpoint], user: 'u', password: 'p' });
    serve(
      (call) => {
        const cancelReason = 'etcdserver: invalid auth token';
        call.send({ ...created(10, -1n), canceled: true, cancelReason });
      },
      (call) => call.send(created(10)),
    );
    await user.watch('k').created;
    expect(server.watches.map(({ token }) => token)).toEqual(['token-1', 'token-2']);
    user.close();
  });
});
