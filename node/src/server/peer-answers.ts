// What a member answers to others on the peer port beside raft, whatever carries the question (etcd:
// server/etcdserver/api/etcdhttp/peer.go, lease/leasehttp, etcdserver/corrupt.go).
import {
  EtcdError,
  StatusError,
  bytesFromLatin1,
  formatId,
  parseId,
  utf8FromText,
  textFromUtf8,
} from '../base/index.ts';
import { jsonFromMembers } from '../apply/index.ts';
import { NotPrimaryError } from '../lease/index.ts';
import { DecodeError, decode, encode } from '../wire/index.ts';
import { LeaseInternalRequest, LeaseInternalResponse } from '../wire/gen/lease.ts';
import {
  LeaseKeepAliveRequest,
  LeaseKeepAliveResponse,
  LeaseTimeToLiveResponse,
  ResponseHeader,
} from '../wire/gen/rpc.ts';
import type { Member } from './member.ts';
import { ASK_ALONE, GONE, RENEWALS_PATH, bytesFromTtls, idsFromBytes } from './renewal-body.ts';
import { ETCD_VERSION } from './version.ts';
import { TESTIMONY_PATH, jsonFromTold } from './vouching/testimony-json.ts';

export interface Question {
  /** Without the query. */
  readonly path: string;
  /** First value of a header; the name in lower case. */
  header(name: string): string | undefined;
  /** @throws EtcdError RequestTooLarge */
  body(): Promise<Uint8Array>;
}

export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: Uint8Array;
}

/** What stands behind one path. */
export interface Endpoint {
  readonly method: 'GET' | 'POST';
  answer(question: Question): Promise<Answer>;
}

/** Path → what answers; a path that ends in a slash stands for all below it. */
export function peerEndpoints(
  member: Member,
  serverVersion: string = ETCD_VERSION,
): Record<string, Endpoint> {
  return {
    '/members': get(async () => json(jsonFromMembers(member.membership.list()))),
    '/members/promote/': post((question) => promote(member, question.path)),
    '/members/hashkv': get((question) => hashKv(member, question)),
    '/leases': post((question) => renew(member, question)),
    '/leases/internal': post((question) => timeToLive(member, question)),
    [RENEWALS_PATH]: post((question) => renewAll(member, question)),
    [TESTIMONY_PATH]: get(async ({ path }) => testify(member, path)),
    '/downgrade/enabled': get(async () => {
      await member.linearizableRead();
      return plain(200, String(member.membership.downgrade.enabled));
    }),
    '/version': get(async () =>
      json(
        JSON.stringify({
          etcdserver: serverVersion,
          etcdcluster: member.membership.clusterVersion ?? 'not_decided',
          storage: member.stored().storageVersion || 'unknown',
        }),
      ),
    ),
  };
}

type Serve = (question: Question) => Promise<Answer>;

function get(serve: Serve): Endpoint {
  return { method: 'GET', answer: (question) => orFailure(serve(question)) };
}

function post(serve: Serve): Endpoint {
  return { method: 'POST', answer: (question) => orFailure(serve(question)) };
}

function orFailure(answer: Promise<Answer>): Promise<Answer> {
  return answer.catch((error: unknown) => failure(error));
}

function json(text: string): Answer {
  return { status: 200, type: 'application/json', body: utf8FromText(text) };
}

export function plain(status: number, text: string): Answer {
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

function testify(member: Member, path: string): Answer {
  const about = parseId(path.slice(TESTIMONY_PATH.length));
  if (about === undefined) return plain(400, `${path} names no member\n`);
  return json(
    jsonFromTold({ testimony: member.vouching.testify(about), members: member.membership.list() }),
  );
}

async function hashKv(member: Member, question: Question): Promise<Answer> {
  const sender = question.header('x-etcd-cluster-id');
  if ((sender ?? '') !== '' && sender !== formatId(member.membership.clusterId)) {
    return plain(412, 'cluster ID mismatch\n');
  }
  const revision = revisionIn(textFromUtf8(await question.body()) ?? '');
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

async function renew(member: Member, question: Question): Promise<Answer> {
  const { id } = decode(LeaseKeepAliveRequest, await question.body());
  await member.caughtUp();
  const ttl = await member.state.lessor.renew(id);
  return protobuf(encode(LeaseKeepAliveResponse, LeaseKeepAliveResponse.create({ id, ttl })));
}

async function renewAll(member: Member, question: Question): Promise<Answer> {
  const ids = idsFromBytes(await question.body());
  await member.caughtUp();
  if (!(await member.confirmLeadership())) throw new NotPrimaryError();
  const { lessor } = member.state;
  const ttls = ids.map((id) => {
    if (lessor.lookup(id) === undefined) return GONE;
    return lessor.renewNow(id) ?? ASK_ALONE;
  });
  return { status: 200, type: 'application/octet-stream', body: bytesFromTtls(ttls) };
}

async function timeToLive(member: Member, question: Question): Promise<Answer> {
  const { leaseTimeToLiveRequest } = decode(LeaseInternalRequest, await question.body());
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
