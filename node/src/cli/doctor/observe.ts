// Looks at a cluster for `binnacle doctor`. It only reads: status, member list, alarms, hashes, and the certificate shown.
import { readFileSync } from 'node:fs';
import { connect } from 'node:tls';
import { isIP } from 'node:net';
import type { Client, Member } from '../../client/index.ts';
import type { Flags } from '../command-line/flags.ts';
import { endpointsOf, withClient } from '../ctl/session.ts';
import type {
  BackupObservation,
  CertificateObservation,
  EndpointObservation,
  Observation,
} from './observation.ts';

const ASK_TIMEOUT_MS = 3_000;

export interface ObserveOptions {
  /** Hashing reads the whole store once on every member. */
  readonly withHash: boolean;
  /** Written by the backup job; '' where there is none. */
  readonly backupStatusFile: string;
}

export async function observe(flags: Flags, options: ObserveOptions): Promise<Observation> {
  const given = endpointsOf(flags);
  const { members, hasQuorum } = await membersOf(flags);
  const known = members.flatMap((member) => member.clientUrls);
  const first = await askAll(flags, known.length > 0 ? known : given);
  // Members may advertise names that only they can resolve: then what was given is asked, too.
  const isSilent = first.every((one) => one.status === undefined);
  const asked = isSilent && known.length > 0 ? [...first, ...(await askAll(flags, given))] : first;
  const endpoints = options.withHash ? await withHashes(flags, asked) : asked;
  const alarms = await alarmsOf(flags, endpoints);
  const backup = backupOf(options.backupStatusFile);
  return { nowMs: Date.now(), endpoints, members, hasQuorum, alarms, backup };
}

/** From a quorum where there is one, else from the first that remembers. */
async function membersOf(
  flags: Flags,
): Promise<{ members: readonly Member[]; hasQuorum: boolean }> {
  const list = (serializable: boolean) =>
    withClient(flags, (client) =>
      client.cluster.list({ serializable, timeoutMs: ASK_TIMEOUT_MS * 2 }),
    );
  try {
    return { members: (await list(false)).members, hasQuorum: true };
  } catch {
    const remembered = await list(true).catch(() => undefined);
    return { members: remembered?.members ?? [], hasQuorum: false };
  }
}

function askAll(flags: Flags, endpoints: readonly string[]): Promise<EndpointObservation[]> {
  return Promise.all([...new Set(endpoints)].map((endpoint) => ask(flags, endpoint)));
}

async function ask(flags: Flags, endpoint: string): Promise<EndpointObservation> {
  const beganMs = performance.now();
  const seen = { endpoint, status: undefined, error: undefined, hash: undefined };
  const certificate = await certificateOf(endpoint);
  try {
    const status = await with1(flags, endpoint, async (client) => {
      // The first call carries the cost of connecting, which says nothing about the member.
      await client.maintenance.status(endpoint, { timeoutMs: ASK_TIMEOUT_MS });
      const askedMs = performance.now();
      const answer = await client.maintenance.status(endpoint, { timeoutMs: ASK_TIMEOUT_MS });
      return { answer, tookMs: performance.now() - askedMs };
    });
    return { ...seen, status: status.answer, tookMs: status.tookMs, certificate };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { ...seen, error: message, tookMs: performance.now() - beganMs, certificate };
  }
}

const with1 = <T>(flags: Flags, endpoint: string, work: (client: Client) => Promise<T>) =>
  withClient(flags, work, [endpoint]);

/** All at the oldest revision that any of them has, so that members that are a little behind can answer. */
async function withHashes(
  flags: Flags,
  asked: readonly EndpointObservation[],
): Promise<EndpointObservation[]> {
  const revisions = asked.flatMap(({ status }) => status?.header.revision ?? []);
  const revision = Math.min(...revisions);
  return Promise.all(
    asked.map(async (one) => {
      if (one.status === undefined) return one;
      const hash = await with1(flags, one.endpoint, (client) =>
        client.maintenance.hashKv(one.endpoint, { revision }),
      ).catch(() => undefined);
      return { ...one, hash };
    }),
  );
}

async function alarmsOf(flags: Flags, endpoints: readonly EndpointObservation[]) {
  const answering = endpoints.filter((one) => one.status !== undefined).map((one) => one.endpoint);
  if (answering.length === 0) return [];
  const ask = (client: Client) => client.maintenance.alarms({ timeoutMs: ASK_TIMEOUT_MS });
  return withClient(flags, ask, answering).catch(() => []);
}

/** What the server shows; whether it is trusted is the client's business. Undefined without TLS. */
function certificateOf(endpoint: string): Promise<CertificateObservation | undefined> {
  if (!endpoint.startsWith('https://')) return Promise.resolve(undefined);
  const { hostname, port } = new URL(endpoint);
  const host = hostname.replace(/^\[|\]$/g, '');
  return new Promise((resolve) => {
    const servername = isIP(host) === 0 ? { servername: host } : {};
    const options = { host, port: Number(port), rejectUnauthorized: false, ...servername };
    const socket = connect(options, () => {
      const certificate = socket.getPeerX509Certificate();
      socket.destroy();
      resolve(
        certificate && {
          subject: certificate.subject.replaceAll('\n', ', '),
          notBeforeMs: certificate.validFromDate.getTime(),
          notAfterMs: certificate.validToDate.getTime(),
        },
      );
    });
    socket.setTimeout(ASK_TIMEOUT_MS, () => socket.destroy());
    socket.on('error', () => resolve(undefined));
    socket.on('close', () => resolve(undefined));
  });
}

/** Undefined when there is no such file: then nobody makes backups, or not where this can see it. */
function backupOf(file: string): BackupObservation | undefined {
  if (file === '') return undefined;
  try {
    const status: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (typeof status !== 'object' || status === null) return undefined;
    const at = 'lastVerifiedAt' in status ? Date.parse(String(status.lastVerifiedAt)) : NaN;
    const failure = 'lastError' in status ? status.lastError : undefined;
    return {
      file,
      lastVerifiedMs: Number.isNaN(at) ? undefined : at,
      lastError: typeof failure === 'string' && failure !== '' ? failure : undefined,
    };
  } catch {
    return undefined;
  }
}
