// The peer port's HTTP for what a member answers beside raft.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { EtcdError, formatId, present } from '../base/index.ts';
import type { LinkRoutes, PeerRoute } from '../peer/index.ts';
import type { Member } from './member.ts';
import { peerEndpoints, plain, type Answer, type Endpoint, type Question } from './peer-answers.ts';
import { RENEWALS_PATH } from './renewal-body.ts';

const MAX_BODY_BYTES = 64 * 1024;

export function peerRoutes(member: Member): Record<string, PeerRoute> {
  const endpoints = Object.entries(peerEndpoints(member));
  return Object.fromEntries(endpoints.map(([path, one]) => [path, routeOf(member, one)]));
}

/** What other members ask so often that HTTP around each question would cost more than the answer. */
export function peerLinks(member: Member): LinkRoutes {
  const { answer } = present(peerEndpoints(member)[RENEWALS_PATH], 'members renew leases');
  return {
    [RENEWALS_PATH]: (body) =>
      answer({ path: RENEWALS_PATH, header: () => undefined, body: () => Promise.resolve(body) }),
  };
}

function routeOf(member: Member, { method, answer }: Endpoint): PeerRoute {
  return (request, response) => {
    response.setHeader('X-Etcd-Cluster-ID', formatId(member.membership.clusterId));
    if (request.method !== method) {
      response.setHeader('Allow', method);
      send(response, plain(405, 'Method Not Allowed\n'));
      return;
    }
    answer(questionOf(request))
      .then((answered) => send(response, answered))
      .catch(() => response.destroy());
  };
}

function questionOf(request: IncomingMessage): Question {
  return {
    path: (request.url ?? '').replace(/\?.*$/s, ''),
    header(name) {
      const value = request.headers[name];
      return Array.isArray(value) ? value[0] : value;
    },
    body: () => readBody(request),
  };
}

function send(response: ServerResponse, answer: Answer): void {
  response.writeHead(answer.status, {
    'Content-Type': answer.type,
    'Content-Length': answer.body.length,
  });
  response.end(answer.body);
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
