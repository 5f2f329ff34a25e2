// What a member answers to others on the peer port beside raft (etcd: server/etcdserver/api/etcdhttp/peer.go,
// lease/leasehttp, etcdserver/corrupt.go).
import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  EtcdError,
  StatusError,
  bytesFromLatin1,
  formatId,
  utf8FromText,
  textFromUtf8,
} from '../base/index.ts';
import { jsonFromMembers } from '../apply/index.ts';
import type { PeerRoute } from '../peer/index.ts';
import { DecodeError, decode, encode } from '../wire/index.ts';
import { LeaseInternalRequest, LeaseInternalResponse } from '../wire/gen/lease.ts';
import {
  LeaseKeepAliveRequest,
  LeaseKeepAliveResponse,
  LeaseTimeToLiveResponse,
  ResponseHeader,
} from '../wire/gen/rpc.ts';
import type { Member } from './member.ts';
import { ETCD_VERSION } from './version.ts';

const MAX_BODY_BYTES = 64 * 1024;

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: Uint8Array;
}

type Serve = (request: IncomingMessage, path: string) => Promise<Answer>;

export function peerRoutes(member: Member): Record<string, PeerRoute> {
  const route = (method: string, serve: Serve): PeerRoute => routeOf(member, method, serve);
  return {
    '/members': route('GET', async () => json(jsonFromMembers(member.membership.list()))),
    '/members/promote/': route('POST', (_request, path) => promote(member, path)),
    '/members/hashkv': route('GET', (request) => hashKv(member, request)),
    '/leases': route('POST', (request) => renew(member, request)),
    '/leases/internal': route('POST', (request) => timeToLive(member, request)),
    '/downgrade/enabled': route('GET', async () => {
      await member.linearizableRead();
      return plain(200, String(member.membership.downgrade.enabled));
    }),
    '/version': route('GET', async () =>
      json(
        JSON.stringify({
          etcdserver: ETCD_VERSION,
          etcdcluster: member.membership.clusterVersion ?? 'not_decided',
          storage: member.stored().storageVersion || 'unknown',
        }),
      ),
    ),
  };
}

function routeOf(member: Member, method: string, serve: Serve): PeerRoute {
  return (request, response) => {
    response.setHeader('X-Etcd-Cluster-ID', formatId(member.membership.clusterId));
    if (request.method !== method) {
      response.setHeader('Allow', method);
      send(response, plain(405, 'Method Not Allowed\n'));
      return;
    }
    const path = (request.url ?? '').replace(/\?.*$/s, '');
    serve(request, path)
      .catch((error: unknown) => failure(error))
      .then((answer) => send(response, answer))
      .catch(() => response.destroy());
  };
}

function send(response: ServerResponse, answer: Answer): void {
  response.writeHead(answer.status, {
    'Content-Type': answer.type,
    'Content-Length': answer.body.length,
  });
  response.end(answer.body);
}

function json(text: string): Answer {
  return { status: 200, type: 'application/json', body: utf8FromText(text) };
}

function plain(status: number, text: string): Answer {
  return { status, type: 'text/plain; charset=utf-8', body: utf8FromText(text) };
}

function failure(error: unknown): Answer {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof DecodeError) return plain(400, 'error unmarshalling request\n');
  if (error instanceof EtcdError) {
    const status = STATUS_OF[error.code] ?? 500;
    return plain(status, `${message}\n`);
  }
  return plain(error instanceof StatusError ? 400 : 500, `${message}\n`);
}

const STATUS_OF: Readonly<Record<string, number>> = {
  MemberNotFound: 404,
  LeaseNotFound: 404,
  MemberNotLearner: 412,
  LearnerNotReady: 412,
  ClusterIDMismatch: 412,
  Compacted: 400,
  FutureRev: 400,
  Timeout: 408,
  TimeoutWaitAppliedIndex: 408,
  RequestTooLarge: 413,
};

async function promote(member: Member, path: string): Promise<Answer> {
  const text = path.slice('/members/promote/'.length);
  if (!/^\d{1,20}$/.test(text)) return plain(404, `member ${text} not found in cluster\n`);
  await member.promoteHere(BigInt(text));
  return json(jsonFromMembers(member.membership.list()));
}

async function hashKv(member: Member, request: IncomingMessage): Promise<Answer> {
  const sender = request.headers['x-etcd-cluster-id'];
  if (
    typeof sender === 'string' &&
    sender !== '' &&
    sender !== formatId(member.membership.clusterId)
  ) {
    return plain(412, 'cluster ID mismatch\n');
  }
  const revision = revisionIn(textFromUtf8(await readBody(request)) ?? '');
  if (revision === undefined) return plain(400, 'error unmarshalling request\n');
  const {
    hash,
    compactRevision,
    revision: hashRevision,
    currentRevision,
  } = await member.store.hashKv(revision);
  return json(
    JSON.stringify({
      header: { revision: currentRevision },
      hash,
      compact_revision: compactRevision,
      hash_revision: hashRevision,
    }),
  );
}

/** Undefined when the body is no JSON object, or its revision no whole number. */
function revisionIn(body: string): number | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    return undefined;
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return undefined;
  const revision: unknown = 'revision' in parsed ? parsed.revision : 0;
  return typeof revision === 'number' && Number.isSafeInteger(revision) ? revision : undefined;
}

async function renew(member: Member, request: IncomingMessage): Promise<Answer> {
  const { id } = decode(LeaseKeepAliveRequest, await readBody(request));
  await member.caughtUp();
  const ttl = await member.state.lessor.renew(id);
  return protobuf(encode(LeaseKeepAliveResponse, LeaseKeepAliveResponse.create({ id, ttl })));
}

async function timeToLive(member: Member, request: IncomingMessage): Promise<Answer> {
  const { leaseTimeToLiveRequest } = decode(LeaseInternalRequest, await readBody(request));
  if (leaseTimeToLiveRequest === undefined) return plain(400, 'error unmarshalling request\n');
  await member.caughtUp();
  const { lessor } = member.state;
  const { id, keys } = leaseTimeToLiveRequest;
  const left = lessor.timeToLive(id);
  const response = LeaseTimeToLiveResponse.create({
    header: ResponseHeader.create(),
    id,
    ttl: left.ttl,
    grantedTtl: left.grantedTtl,
    keys: keys ? left.keys.map(bytesFromLatin1) : [],
  });
  return protobuf(encode(LeaseInternalResponse, { leaseTimeToLiveResponse: response }));
}

function protobuf(body: Uint8Array): Answer {
  return { status: 200, type: 'application/protobuf', body };
}

async function readBody(request: IncomingMessage): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  // Who sends too much is to hear of it: the connection stays. Without an encoding set, node:http delivers bytes.
  const all: AsyncIterable<Uint8Array> = request.iterator({ destroyOnReturn: false });
  for await (const part of all) {
    length += part.length;
    if (length > MAX_BODY_BYTES) throw new EtcdError('RequestTooLarge');
    parts.push(part);
  }
  return Buffer.concat(parts);
}
