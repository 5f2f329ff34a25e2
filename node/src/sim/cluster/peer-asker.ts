// Requests from peer port to peer port over the simulated network.
import { EtcdError, formatId } from '../../base/index.ts';
import type {
  Endpoint as PeerEndpoint,
  PeerAsker,
  PeerQuestion,
  PeerReply,
} from '../../server/index.ts';
import type { ProcessClock } from '../world/clock.ts';
import type { Network } from '../world/network.ts';
import { hostIn, type Directory, type Endpoint } from './directory.ts';

const MAX_BODY_BYTES = 64 * 1024;

export interface AskerParts {
  readonly host: string;
  readonly clock: ProcessClock;
  readonly network: Network;
  readonly directory: Directory;
}

export function simAsker({ host, clock, network, directory }: AskerParts): PeerAsker {
  const ask = (question: PeerQuestion): Promise<PeerReply> =>
    new Promise((resolve, reject) => {
      const to = hostIn(question.url);
      if (to === undefined) {
        reject(new Error(`${question.url} names no host`));
        return;
      }
      const timer = clock.after(question.timeoutMs, () => reject(new Error('timed out')));
      const answer = (settle: () => void): void => {
        network.sendReliably(to, host, () =>
          clock.enter(() => {
            timer.cancel();
            settle();
          }),
        );
      };
      network.sendReliably(host, to, () => {
        const there = directory.endpoint(to);
        if (there === undefined) {
          answer(() => reject(new Error(`connect ECONNREFUSED ${to}`)));
          return;
        }
        there.clock.enter(() => {
          void replyOf(there, question).then((reply) => {
            // A process that ended meanwhile answers nothing.
            if (!there.clock.hasEnded) answer(() => resolve(reply));
          });
        });
      });
    });
  return { ask, dialUrls: (urls) => urls, close() {} };
}

async function replyOf(there: Endpoint, question: PeerQuestion): Promise<PeerReply> {
  const headers = { 'x-etcd-cluster-id': formatId(there.clusterId) };
  const endpoint = endpointFor(there, question.path);
  if (endpoint === undefined) return { status: 404, headers, body: new Uint8Array(0) };
  if (endpoint.method !== question.method) return { status: 405, headers, body: new Uint8Array(0) };
  const { status, body } = await endpoint.answer({
    path: question.path.replace(/\?.*$/s, ''),
    header: (name) => headerIn(question.headers, name),
    async body() {
      const given = question.body ?? new Uint8Array(0);
      if (given.length > MAX_BODY_BYTES) throw new EtcdError('RequestTooLarge');
      return given.slice();
    },
  });
  return { status, headers, body: body.slice() };
}

function endpointFor({ questions }: Endpoint, path: string): PeerEndpoint | undefined {
  const exact = questions[path.replace(/\?.*$/s, '')];
  if (exact !== undefined) return exact;
  const prefix = Object.keys(questions).find((one) => one.endsWith('/') && path.startsWith(one));
  return prefix === undefined ? undefined : questions[prefix];
}

function headerIn(headers: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1];
}
