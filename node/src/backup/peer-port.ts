// What a restore in place says to the members, on their peer ports.
import { createReadStream, readFileSync } from 'node:fs';
import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import type { PeerCertificate } from 'node:tls';
import { pipeline } from 'node:stream/promises';
import type { ClusterAccess } from './access.ts';
import { BackupError, reasonOf } from './errors.ts';

const ASK_TIMEOUT_MS = 5_000;
/** Behind the last byte the member looks at every page: some seconds for each gigabyte. */
const STAGE_TIMEOUT_MS = 15 * 60_000;
const LARGEST_ANSWER_BYTES = 64 * 1024;

export interface Survey {
  readonly memberId: string;
  readonly clusterId: string;
  readonly name: string;
  /** Of the last entry of its log, with lastIndex what raft compares logs by. */
  readonly lastTerm: number;
  readonly lastIndex: number;
  readonly commitIndex: number;
  readonly revision: number;
  readonly sizeBytes: number;
  readonly hasLeader: boolean;
  /** The cluster's members as this one knows them. */
  readonly members: readonly {
    readonly id: string;
    readonly name: string;
    readonly isLearner: boolean;
  }[];
  readonly appliedIndex: number;
  readonly isLearner: boolean;
  readonly generation: number;
}

export interface Staged {
  readonly generation: number;
  readonly clusterId: string;
  readonly memberId: string;
  readonly revision: number;
}

export interface StageOrder {
  readonly generation: number;
  /** The cluster that is to be replaced. */
  readonly clusterId: string;
  readonly members: string;
  readonly token: string;
  readonly revisionBump: number;
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
}

interface Exchange {
  readonly method: string;
  readonly path: string;
  readonly headers?: Record<string, string>;
  readonly file?: string;
  readonly timeoutMs?: number;
}

export class PeerPort {
  readonly url: string;
  private readonly name: string;
  private readonly access: ClusterAccess;

  /** `name` is the member's, for messages. */
  constructor(url: string, name: string, access: ClusterAccess) {
    this.url = url;
    this.name = name;
    this.access = access;
  }

  survey(): Promise<Survey> {
    return this.exchange({ method: 'GET', path: '/binnacle/survey' });
  }

  /** Resolves when the member has all of it on its disk, and found it sound. */
  stage(order: StageOrder): Promise<Staged> {
    return this.exchange({
      method: 'PUT',
      path: `/binnacle/restore/${order.generation}`,
      file: order.file,
      timeoutMs: STAGE_TIMEOUT_MS,
      headers: {
        'x-etcd-cluster-id': order.clusterId,
        'x-binnacle-members': order.members,
        'x-binnacle-token': order.token,
        'x-binnacle-revision-bump': String(order.revisionBump),
        'x-binnacle-sha256': order.sha256,
        'content-length': String(order.bytes),
        'content-type': 'application/octet-stream',
      },
    });
  }

  async commit(generation: number, clusterId: string): Promise<void> {
    const path = `/binnacle/restore/${generation}/commit`;
    await this.exchange({ method: 'POST', path, headers: { 'x-etcd-cluster-id': clusterId } });
  }

  async drop(generation: number, clusterId: string): Promise<void> {
    const path = `/binnacle/restore/${generation}`;
    await this.exchange({ method: 'DELETE', path, headers: { 'x-etcd-cluster-id': clusterId } });
  }

  private async exchange<T>(exchange: Exchange): Promise<T> {
    try {
      return (await this.attempt(exchange)) as T; // the member's own answer, of its version
    } catch (error) {
      if (error instanceof BackupError) throw error;
      throw new BackupError('Member', `${this.name} (${this.url}): ${reasonOf(error)}`, {
        cause: error,
      });
    }
  }

  private async attempt({ method, path, headers, file, timeoutMs }: Exchange): Promise<unknown> {
    const target = new URL(path, this.url);
    const isSecure = target.protocol === 'https:';
    const request = (isSecure ? https : http).request(target, {
      method,
      agent: false,
      ...(headers === undefined ? {} : { headers }),
      ...(isSecure ? tlsOf(this.access) : {}),
    });
    request.setTimeout(timeoutMs ?? ASK_TIMEOUT_MS, () => {
      request.destroy(new Error('it does not answer in time'));
    });
    const answered = new Promise<IncomingMessage>((resolve, reject) => {
      request.once('response', resolve);
      request.once('error', reject);
    });
    if (file === undefined) request.end();
    else {
      // A member that refuses answers before it has read everything: its answer says more than the broken pipe.
      pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), request).catch(() => {});
    }
    const response = await answered;
    const body = await bodyOf(response);
    if (response.statusCode === 200) return JSON.parse(body);
    throw new BackupError('Member', `${this.name} refuses: ${errorIn(body)}`);
  }
}

function tlsOf({ tls, peerName }: ClusterAccess): https.RequestOptions {
  const files = tls?.peer;
  if (files === undefined) {
    throw new Error(
      'its peer port wants a certificate: give --peer-cert, --peer-key, --peer-cacert',
    );
  }
  const read = (bytes: Uint8Array | undefined, path: string | undefined) =>
    bytes !== undefined ? Buffer.from(bytes) : path === undefined ? undefined : readFileSync(path);
  const [ca, cert, key] = [
    read(files.ca, files.caFile),
    read(files.cert, files.certFile),
    read(files.key, files.keyFile),
  ];
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(peerName === undefined ? {} : { checkServerIdentity: nameCheck(peerName) }),
  };
}

/** Pods change their addresses: a member of the kit is known by the common name of its certificate. */
function nameCheck(expected: string) {
  return (_host: string, { subject }: PeerCertificate): Error | undefined =>
    subject.CN === expected
      ? undefined
      : new Error(`its certificate is of ${String(subject.CN)}, not of ${expected}`);
}

async function bodyOf(response: IncomingMessage): Promise<string> {
  let text = '';
  // Without an encoding set, node:http delivers bytes.
  for await (const piece of response as AsyncIterable<Buffer>) {
    text += piece.toString('utf8');
    if (text.length > LARGEST_ANSWER_BYTES) throw new Error('its answer is too long');
  }
  return text;
}

function errorIn(body: string): string {
  try {
    const { error } = JSON.parse(body) as { error?: unknown }; // checked below
    if (typeof error === 'string') return error;
  } catch {
    // It is said as it came.
  }
  return body.trim().slice(0, 300);
}
