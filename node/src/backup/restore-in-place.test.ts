// What a restore in place does when members refuse, fall silent, or answer and are not heard.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ClusterAccess } from './access.ts';
import { PeerPort } from './peer-port.ts';
import { restoreInPlace } from './restore-in-place.ts';
import type { RestorePlan } from './restore-plan.ts';
import { MemoryDestination } from './testing/memory-destination.ts';
import { manifestAt, sha256Of } from './testing/manifests.ts';

const BYTES = Buffer.from('a snapshot');
const ACCESS: ClusterAccess = {
  kind: 'endpoints',
  name: 'shop',
  endpoints: ['http://127.0.0.1:1'],
  tls: undefined,
};

/** A member's peer port; what it does to a commit is up to the test. */
class FakePeer {
  readonly asked: string[] = [];
  staged = '';
  generation = 1;
  refusesStage = false;
  onCommit: (response: ServerResponse) => void = (response) =>
    reply(response, 500, { error: 'no' });
  private readonly server: Server;

  constructor() {
    this.server = createServer((request, response) => void this.serve(request, response));
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`; // it listens on TCP
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '' } = request;
    if (method !== 'GET') this.asked.push(`${method} ${url}`);
    let body = '';
    for await (const piece of request as AsyncIterable<Buffer>) body += piece.toString();
    if (method === 'PUT' && this.refusesStage) reply(response, 507, { error: 'the disk is full' });
    else if (method === 'PUT') {
      this.staged = body;
      reply(response, 200, { generation: 2, clusterId: 'bb', memberId: '1', revision: 9 });
    } else if (method === 'POST') this.onCommit(response);
    else reply(response, 200, { generation: this.generation, clusterId: 'aa', name: 'm' });
  }
}

function reply(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json' });
  response.end(JSON.stringify(value));
}

let peers: FakePeer[];
let plan: RestorePlan;
let destination: MemoryDestination;

beforeEach(async () => {
  destination = new MemoryDestination();
  const backup = manifestAt('2026-11-21T00:00:00Z', {
    data: {
      ...manifestAt('2026-11-21T00:00:00Z').data,
      bytes: BYTES.length,
      sha256: sha256Of(BYTES),
    },
    snapshot: { bytes: BYTES.length, sha256: sha256Of(BYTES) },
  });
  await destination.put(backup.data.object, BYTES);
  peers = [new FakePeer(), new FakePeer()];
  const urls = await Promise.all(peers.map((peer) => peer.start()));
  plan = {
    cluster: 'shop',
    clusterId: 'aa',
    backup,
    participants: urls.map((url, i) => ({
      name: `m${i}`,
      peerUrls: [url],
      port: new PeerPort(url, `m${i}`, ACCESS),
      survey: {
        ...{ memberId: '1', clusterId: 'aa', name: `m${i}`, revision: 10 },
        ...{ appliedIndex: 5, isLearner: false, generation: 1, hasLeader: true, members: [] },
        ...{ lastTerm: 2, lastIndex: 5, commitIndex: 5, sizeBytes: 0 },
      },
    })),
    absent: [],
    now: { revision: 10, keys: 1 },
    revisionAfter: 1_010,
    revisionBump: 1_000,
    generation: 2,
  };
});
afterEach(() => Promise.all(peers.map((peer) => peer.stop())));

const events: string[] = [];
beforeEach(() => {
  events.length = 0;
});
const restore = () =>
  restoreInPlace(plan, {
    ...{ access: ACCESS, destination, key: undefined },
    ...{ commitPatienceMs: 300, servingPatienceMs: 300 },
    note: () => {},
    record: (generation, clusterId) => {
      events.push(`record ${generation} ${clusterId}`);
      return Promise.resolve(() => {
        events.push('undo');
        return Promise.resolve();
      });
    },
  });

test('when one member cannot stage it, all give it up, and nothing is recorded', async () => {
  peers[1]!.refusesStage = true;
  await expect(restore()).rejects.toThrow('nothing has changed: m1 refuses: the disk is full');
  expect(peers[0]!.staged).toBe(BYTES.toString());
  for (const { asked } of peers) expect(asked.at(-1)).toBe('DELETE /binnacle/restore/2');
  expect(peers.flatMap(({ asked }) => asked).some((one) => one.startsWith('POST'))).toBe(false);
  expect(events).toEqual([]);
});

test('a backup that is damaged never reaches a member', async () => {
  destination.objects.set(plan.backup.data.object, {
    bytes: Buffer.from('b snapshot'),
    modifiedAtMs: 0,
  });
  await expect(restore()).rejects.toThrow(/nothing has changed: .* SHA-256/);
  expect(peers.flatMap(({ asked }) => asked).some((one) => one.startsWith('PUT'))).toBe(false);
});

test('when all refuse to commit, the record is taken back', async () => {
  await expect(restore()).rejects.toThrow(
    'no member committed (m0 refuses: no); nothing has changed',
  );
  expect(events).toEqual(['record 2 bb', 'undo']);
  for (const { asked } of peers) expect(asked.at(-1)).toBe('DELETE /binnacle/restore/2');
});

test('when nobody can say, the record stands, and it says so', async () => {
  for (const peer of peers) peer.onCommit = () => void peer.stop();
  await expect(restore()).rejects.toThrow('some may have committed');
  expect(events).toEqual(['record 2 bb']);
});

test('an answer that was lost is made up for by what the member says afterwards', async () => {
  for (const peer of peers) {
    peer.onCommit = (response) => {
      peer.generation = 2;
      response.destroy();
    };
  }
  // That no cluster serves then is because there is none here.
  await expect(restore()).rejects.toThrow(
    'the restore was committed, but the cluster does not serve',
  );
  expect(events).toEqual(['record 2 bb']);
  expect(peers.map(({ asked }) => asked.filter((one) => one.startsWith('POST')).length)).toEqual([
    1, 1,
  ]);
});
