// Plain HTTP on the client port: health, metrics, version. One answer, with headers and a body that HTTP and JSON allow.
import { SILENT_LOGGER } from '../../../node/src/base/logger.ts';
import { httpEndpoints } from '../../../node/src/api/http-endpoints.ts';
import type { MemberApi } from '../../../node/src/api/member-api.ts';
import { EtcdError } from '../../../node/src/base/errors.ts';
import type { HttpRequest, HttpResponder } from '../../../node/src/rpc/http/exchange.ts';
import { ClientPorts } from '../../../node/src/server/client-ports.ts';
import { concatBytes } from '../../../node/src/base/bytes.ts';
import type { Target } from '../engine/target.ts';
import { Parts, expectSame, expectThat, partOf } from './input.ts';

function portsOf(situation: number): ClientPorts {
  const alarms = (situation & 1) === 0 ? [] : [{ memberId: 1n, alarm: 1 + ((situation >> 4) & 3) }];
  const member = {
    membership: {
      isLocalLearner: (situation & 2) !== 0,
      clusterVersion: (situation & 4) === 0 ? '3.7.0' : undefined,
    },
    stored: () => ({
      alarms: {
        list: () => alarms,
        has: (type: number) => alarms.some(({ alarm }) => alarm === type),
      },
      storageVersion: '',
    }),
    raft: () => ({ leader: (situation & 8) === 0 ? 1n : 0n }),
    linearizableRead: async () => {
      if ((situation & 64) !== 0) throw new EtcdError('Timeout');
    },
    store: { range: () => ({}) },
  };
  const parts = {
    certificates: { live: (situation & 128) === 0 ? undefined : {} },
    tlsReport: () => ({}),
    metrics: { contentType: 'text/plain', text: async () => 'x 1\n' },
  };
  // Without its servers and services: answering uses no more of it.
  const ports = Object.create(ClientPorts.prototype) as ClientPorts;
  const endpoints = httpEndpoints(member as unknown as MemberApi, '3.7.3', SILENT_LOGGER);
  return Object.assign(ports, { parts, endpoints });
}

const cache = new Map<number, ClientPorts>();

class Answer implements HttpResponder {
  status: number | undefined;
  body = '';

  respond(
    status: number,
    headers: Readonly<Record<string, string>>,
    body: string | Uint8Array,
  ): void {
    expectThat(this.status === undefined, 'answered twice');
    const isValid = ([name, value]: [string, string]): boolean =>
      /^[\w-]+$/.test(name) && /^[\t\x20-\x7e]*$/.test(value);
    expectThat(Object.entries(headers).every(isValid), 'invalid header');
    this.status = status;
    this.body = body.toString();
  }

  start(): void {
    throw new Error('no endpoint streams');
  }

  write(): boolean {
    return true;
  }

  async drained(): Promise<void> {}

  end(): void {}

  onClose(): void {}
}

async function run(input: Uint8Array): Promise<void> {
  const parts = new Parts(input);
  const situation = parts.byte();
  const ports = cache.get(situation) ?? portsOf(situation);
  cache.set(situation, ports);
  const method = Buffer.from(parts.part()).toString('latin1');
  const url = Buffer.from(parts.rest()).toString('latin1');
  const answer = new Answer();
  const request: HttpRequest = {
    ...{ method, url, headers: {}, remoteAddress: 'fuzz', certificateCommonName: undefined },
    ...{ httpVersion: '2', raw: undefined, body: async () => new Uint8Array(0) },
  };
  await ports.serveProbe(request, answer);
  expectThat([200, 404, 405, 503].includes(answer.status ?? 0), `status ${answer.status}`);
  const path = url.split('?')[0];
  if (method !== 'GET' || (path !== '/health' && path !== '/version')) return;
  const told = JSON.parse(answer.body) as Record<string, unknown>; // these answer with objects
  if (path === '/health') expectSame('health', told['health'] === 'true', answer.status === 200);
}

const ask = (situation: number, method: string, url: string): Uint8Array =>
  concatBytes([Uint8Array.of(situation), partOf(method), Buffer.from(url)]);

const seeds = (): Uint8Array[] => [
  ask(0, 'GET', '/health'),
  ask(1, 'GET', '/health?exclude=NOSPACE&exclude=CORRUPT&serializable=true'),
  ask(72, 'GET', '/readyz?verbose&exclude=linearizable_read'),
  ask(2, 'GET', '/readyz/non_learner'),
  ask(0, 'POST', '/livez/serializable_read'),
  ask(0, 'GET', '/metrics'),
  ask(4, 'GET', '/version'),
  ask(128, 'GET', '/probe/tls'),
  ask(0, 'GET', '/%zz?%zz=%'),
];

export const target: Target = { name: 'client-http', run, seeds, maxBytes: 300 };
