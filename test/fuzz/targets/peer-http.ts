// Requests to the peer port: each is answered once, with a status that etcd has, whatever its path, headers and body; a
// database comes out as it was sent.
import { concatBytes } from '../../../node/src/base/bytes.ts';
import { EtcdError } from '../../../node/src/base/errors.ts';
import type { Logger } from '../../../node/src/base/logger.ts';
import { FakeClock } from '../../../node/src/base/testing/fake-clock.ts';
import { encodeMessageFrame } from '../../../node/src/peer/codec/message.ts';
import type { TransportContext } from '../../../node/src/peer/context.ts';
import { LogLimiter } from '../../../node/src/peer/log-limiter.ts';
import { Routes } from '../../../node/src/peer/routes.ts';
import type { Member } from '../../../node/src/server/member.ts';
import { peerRoutes } from '../../../node/src/server/peer-routes.ts';
import { RENEWALS_PATH, bytesFromIds } from '../../../node/src/server/renewal-body.ts';
import { encode } from '../../../node/src/wire/codec.ts';
import { LeaseInternalRequest } from '../../../node/src/wire/gen/lease.ts';
import {
  Message,
  MessageType,
  Snapshot,
  SnapshotMetadata,
} from '../../../node/src/wire/gen/raft.ts';
import { LeaseKeepAliveRequest, LeaseTimeToLiveRequest } from '../../../node/src/wire/gen/rpc.ts';
import type { Target } from '../engine/target.ts';
import { FakeResponse, fakeRequest } from '../support/fake-http.ts';
import { Parts, expectSame, expectThat, partOf } from './input.ts';

const CLUSTER = 0xc1n;
const LOCAL = 0xa1n;
const REMOTE = 0xb2n;
const REMOVED = 0xdeadn;
const STATUSES = new Set([200, 204, 400, 403, 404, 405, 408, 410, 412, 413, 500, 503, 505]);

/** As much of a member as the routes ask for. */
const member = {
  membership: {
    clusterId: CLUSTER,
    clusterVersion: '3.7.0',
    downgrade: { enabled: false },
    list: () => [
      { id: LOCAL, name: 'm', peerUrls: ['http://m'], clientUrls: [], isLearner: false },
    ],
  },
  stored: () => ({ storageVersion: '3.7.0' }),
  linearizableRead: async () => {},
  caughtUp: async () => {},
  confirmLeadership: async () => true,
  promoteHere: async () => {
    throw new EtcdError('MemberNotFound');
  },
  vouching: {
    testify: () => ({
      ...{ from: LOCAL, term: 1, last: { term: 1, index: 2 }, voters: [LOCAL] },
      ...{ appliedIndex: 1, acknowledged: undefined },
    }),
  },
  store: {
    hashKv: async (revision: number) => {
      if (revision > 10) throw new EtcdError('FutureRev');
      return { hash: 1, compactRevision: -1, revision: 5, currentRevision: 5 };
    },
  },
  state: {
    lessor: {
      lookup: (id: bigint) => (id === 7n ? {} : undefined),
      renewNow: () => 10,
      renew: async (id: bigint) => {
        if (id !== 7n) throw new EtcdError('LeaseNotFound');
        return 10;
      },
      timeToLive: () => ({ ttl: 5, grantedTtl: 10, keys: ['k', '\xff'] }),
    },
  },
} as unknown as Member; // the routes use no more of it

class World {
  readonly processed: Message[] = [];
  readonly databases: Uint8Array[] = [];
  readonly unexpected: string[] = [];
  readonly routes: Routes;

  constructor() {
    const clock = new FakeClock();
    const logger: Logger = {
      debug() {},
      info() {},
      warn: (message, fields) => {
        if (message === 'failed to serve peer request') {
          this.unexpected.push(String(fields?.['error']));
        }
      },
      error: (message) => void this.unexpected.push(message),
    };
    const context = {
      identity: {
        ...{ memberId: LOCAL, clusterId: CLUSTER, urls: [] },
        ...{ serverVersion: '3.7.3', minClusterVersion: '3.0.0' },
      },
      handlers: {
        process: (messages: readonly Message[]) => void this.processed.push(...messages),
        isIdRemoved: (id: bigint) => id === REMOVED,
        saveDatabaseSnapshot: async (_from: bigint, database: AsyncIterable<Uint8Array>) => {
          const chunks: Uint8Array[] = [];
          for await (const chunk of database) chunks.push(chunk.slice());
          this.databases.push(concatBytes(chunks));
        },
      },
      ...{ logger, clock, metrics: {}, limiter: new LogLimiter(clock) },
      admit: (messages: readonly Message[]) =>
        messages.filter(({ to, from }) => to === LOCAL && from !== REMOVED),
    } as unknown as TransportContext; // serving uses no more of it
    const directory = { peer: () => undefined, addRemote: () => {} };
    this.routes = new Routes(context, directory, peerRoutes(member));
  }
}

async function run(input: Uint8Array): Promise<void> {
  const parts = new Parts(input);
  const choice = parts.byte();
  const url = Buffer.from(parts.part()).toString('latin1');
  const headers: Record<string, string> = { 'x-server-from': REMOTE.toString(16) };
  if ((choice & 1) !== 0) headers['x-etcd-cluster-id'] = CLUSTER.toString(16);
  for (const line of Buffer.from(parts.part()).toString('latin1').split('\n')) {
    const colon = line.indexOf(':');
    if (colon > 0) headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1);
  }
  const body: Uint8Array[] = [];
  while (!parts.isEmpty) body.push(parts.part());
  const isCutOff = (choice & 4) !== 0;
  const method = (choice & 2) === 0 ? 'GET' : 'POST';
  const world = new World();
  const response = new FakeResponse();
  world.routes.serve(fakeRequest({ method, url, headers, body, isCutOff }), response.asResponse());
  for (let i = 0; i < 50 && !response.isAnswered; i++) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  expectThat(response.isAnswered, 'no answer');
  expectSame('unforeseen errors', world.unexpected, []);
  if (response.destroyed) throw new Error('the connection was cut instead of an answer');
  expectThat(STATUSES.has(response.status ?? 0), `status ${response.status}`);
  checkEffects(world, response, concatBytes(body), isCutOff);
}

function checkEffects(
  world: World,
  response: FakeResponse,
  body: Uint8Array,
  isCutOff: boolean,
): void {
  const { processed, databases } = world;
  expectThat(
    processed.every(({ to }) => to === LOCAL),
    'a message for somebody else is processed',
  );
  expectThat(!isCutOff || processed.length === 0, 'half of a body is processed');
  expectThat(processed.length === 0 || response.status === 204, 'processed, and refused');
  const [database] = databases;
  if (database !== undefined) {
    expectSame('database', database, body.slice(body.length - database.length));
  }
  // A method that is refused, or an answer in JSON, is whole.
  if (response.status === 200 && body.length === 0) expectThat(response.body.length > 0, 'empty');
}

const request = (choice: number, url: string, headers: string, ...body: Uint8Array[]): Uint8Array =>
  concatBytes([Uint8Array.of(choice), partOf(url), partOf(headers), ...body.map(partOf)]);

function seeds(): Uint8Array[] {
  const base = { from: REMOTE, to: LOCAL, term: 2 };
  const heartbeat = encode(Message, Message.create({ ...base, type: MessageType.MsgHeartbeat }));
  const snapshot = Snapshot.create({ metadata: SnapshotMetadata.create({ index: 5, term: 2 }) });
  const sent = encodeMessageFrame(Message.create({ ...base, type: MessageType.MsgSnap, snapshot }));
  const ttl = LeaseTimeToLiveRequest.create({ id: 7n, keys: true });
  const versions = 'x-server-version:3.7.3\nx-min-cluster-version:3.0.0';
  return [
    request(3, '/raft', versions, heartbeat.subarray(0, 3), heartbeat.subarray(3)),
    request(3, '/raft/snapshot', versions, sent, Buffer.from('database'), Buffer.from('!')),
    request(1, '/raft/stream/msgapp/b2', `${versions}\nx-raft-to:a1\nx-peerurls:http://b:1,x`),
    request(0, '/raft/probing?x', ''),
    request(0, '/members', ''),
    request(2, '/members/promote/177', ''),
    request(1, '/members/hashkv', '', Buffer.from('{"revision":3}')),
    request(2, '/leases', '', encode(LeaseKeepAliveRequest, { id: 7n })),
    request(
      2,
      '/leases/internal',
      '',
      encode(LeaseInternalRequest, { leaseTimeToLiveRequest: ttl }),
    ),
    request(2, RENEWALS_PATH, '', bytesFromIds([7n, 8n])),
    request(0, '/binnacle/testimony/b2', ''),
    request(0, '/downgrade/enabled', ''),
    request(0, '/version', ''),
  ];
}

export const target: Target = { name: 'peer-http', run, seeds, maxBytes: 1500 };
