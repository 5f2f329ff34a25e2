// One request to the API server over node:https: the connection is kept, the whole exchange has one deadline.
import { Agent as PlainAgent, request as plainRequest, type IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import type { Access, Credentials } from './access.ts';
import { KubernetesError } from './errors.ts';

/** A list of ours holds a few objects: more than this is not an answer to be held in memory. */
const MAX_ANSWER_BYTES = 32 * 1024 * 1024;

export interface Ask {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly contentType?: string;
  readonly body?: string;
  /** For messages. */
  readonly asked: string;
  readonly timeoutMs: number;
}

export interface Answer {
  readonly status: number;
  readonly body: string;
}

export class ApiConnection {
  private readonly access: Access;
  private readonly isPlain: boolean;
  private agent: Agent | PlainAgent | undefined;
  private agentFor: Credentials = {};

  constructor(access: Access) {
    this.access = access;
    this.isPlain = access.server.startsWith('http:');
  }

  /** @throws KubernetesError (Unreachable, Timeout, BadAnswer) */
  async exchange(ask: Ask): Promise<Answer> {
    const credentials = await this.access.credentials();
    const headers: Record<string, string> = {
      accept: 'application/json',
      'user-agent': 'binnacle',
    };
    if (credentials.token !== undefined) headers['authorization'] = `Bearer ${credentials.token}`;
    if (ask.contentType !== undefined) headers['content-type'] = ask.contentType;
    if (ask.body !== undefined) headers['content-length'] = `${Buffer.byteLength(ask.body)}`;
    const signal = AbortSignal.timeout(ask.timeoutMs);
    const options = { method: ask.method, headers, signal, agent: this.agentOf(credentials) };
    try {
      const response = await new Promise<IncomingMessage>((resolve, reject) => {
        const send = this.isPlain ? plainRequest : request;
        send(new URL(ask.path, this.access.server), options, resolve)
          .on('error', reject)
          .end(ask.body);
      });
      return { status: response.statusCode ?? 0, body: await textOf(response, ask) };
    } catch (error) {
      if (error instanceof KubernetesError) throw error;
      throw signal.aborted
        ? new KubernetesError(0, 'Timeout', `no answer in ${ask.timeoutMs} ms`, ask.asked)
        : new KubernetesError(0, 'Unreachable', String(error), ask.asked);
    }
  }

  close(): void {
    this.agent?.destroy();
    this.agent = undefined;
  }

  /** Connections stay open as long as the trust and the identity that they were made with. */
  private agentOf(credentials: Credentials): Agent | PlainAgent {
    const { ca, clientCert, clientKey } = credentials;
    const same =
      ca === this.agentFor.ca &&
      clientCert === this.agentFor.clientCert &&
      clientKey === this.agentFor.clientKey;
    if (this.agent !== undefined && same) return this.agent;
    this.agent?.destroy();
    this.agentFor = credentials;
    const keep = { keepAlive: true, maxSockets: 4 };
    this.agent = this.isPlain
      ? new PlainAgent(keep)
      : new Agent({ ...keep, ca, cert: clientCert, key: clientKey });
    return this.agent;
  }
}

async function textOf(response: IncomingMessage, ask: Ask): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES) {
      response.destroy();
      throw new KubernetesError(0, 'BadAnswer', `more than ${MAX_ANSWER_BYTES} bytes`, ask.asked);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
