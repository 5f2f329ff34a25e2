// What every member has to have loaded before the next step, as /probe/tls of each pod tells.
import type { KitFile } from '../kubernetes/index.ts';
import { ordinalOf, podName } from './names.ts';
import { policyFrom, policyText, samePolicy, type Policy } from './policy.ts';

/** The certificates that a member uses for new connections; fingerprints are SHA-256 in hex. */
export interface LoadedCertificates {
  readonly leaf: string;
  readonly trust: readonly string[];
}

/** What GET /probe/tls of a member answers. */
export interface MemberReport {
  readonly policy: Policy | undefined;
  /** Peer and client URLs of its own. */
  readonly advertise: readonly string[];
  readonly server: LoadedCertificates | undefined;
  readonly peer: LoadedCertificates | undefined;
  /** Peer URLs of all members, as this one knows them. */
  readonly knownPeerUrls: readonly string[];
  /** By which URLs the streams of other members come to it now. */
  readonly dialedUrls: readonly string[];
}

/** By pod name: the report, or why there is none. */
export type Reports = ReadonlyMap<string, MemberReport | string>;

/** All of what is given has to hold. */
export interface Gate {
  /** What it is for, as in `every member trusts both CAs`. */
  readonly title: string;
  readonly policy?: Policy;
  /** Fingerprints that have to be trusted, by servers and peers; others may be, too. */
  readonly trusts?: readonly string[];
  /** Exactly these have to be trusted. */
  readonly trustsOnly?: readonly string[];
  readonly leaves?: { readonly server: string; readonly peer: string };
}

export interface Shortfall {
  readonly pod: string;
  readonly has: string;
}

/** The pods below `replicas` that keep the gate closed, each with what it still has. */
export function shortfalls(
  gate: Gate,
  kit: KitFile,
  replicas: number,
  reports: Reports,
): Shortfall[] {
  const found: Shortfall[] = [];
  for (let i = 0; i < replicas; i++) {
    const pod = podName(kit, i);
    const report = reports.get(pod) ?? 'was not asked';
    const has = typeof report === 'string' ? report : shortfall(gate, kit, replicas, report);
    if (has !== undefined) found.push({ pod, has });
  }
  return found;
}

function shortfall(
  gate: Gate,
  kit: KitFile,
  replicas: number,
  report: MemberReport,
): string | undefined {
  if (gate.policy !== undefined) {
    const { policy } = report;
    if (policy === undefined) return 'has loaded no policy';
    if (!samePolicy(policy, gate.policy)) return `has the policy "${policyText(policy)}"`;
    const url = wrongUrl(kit, replicas, report, gate.policy);
    if (url !== undefined) return url;
  }
  for (const role of ['server', 'peer'] as const) {
    const problem = certificateShortfall(gate, role, report[role]);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function wrongUrl(
  kit: KitFile,
  replicas: number,
  report: MemberReport,
  { advertise }: Policy,
): string | undefined {
  const isRight = (url: string): boolean => url.startsWith(`${advertise}://`);
  const own = report.advertise.find((url) => !isRight(url));
  if (own !== undefined) return `still gives out ${own}`;
  // One that is scaled away will not be dialled, and cannot change its URL any more.
  const isWrong = (url: string): boolean => !isRight(url) && (ordinalOf(kit, url) ?? 0) < replicas;
  const known = report.knownPeerUrls.find(isWrong);
  if (known !== undefined) return `still knows a member by ${known}`;
  const dialed = report.dialedUrls.find(isWrong);
  return dialed === undefined ? undefined : `still has a stream by ${dialed}`;
}

function certificateShortfall(
  { trusts, trustsOnly, leaves }: Gate,
  role: 'server' | 'peer',
  loaded: LoadedCertificates | undefined,
): string | undefined {
  const wanted = trusts ?? trustsOnly;
  if (wanted === undefined && leaves === undefined) return undefined;
  if (loaded === undefined) return `has loaded no ${role} certificates`;
  const missing = wanted?.find((one) => !loaded.trust.includes(one));
  if (missing !== undefined) return `does not trust CA ${short(missing)} yet (${role})`;
  const extra = loaded.trust.find((one) => trustsOnly?.includes(one) === false);
  if (extra !== undefined) return `still trusts CA ${short(extra)} (${role})`;
  if (leaves !== undefined && loaded.leaf !== leaves[role])
    return `still shows ${role} certificate ${short(loaded.leaf)}, and not ${short(leaves[role])}`;
  return undefined;
}

const short = (fingerprint: string): string => fingerprint.slice(0, 8);

/** The report of a body of /probe/tls. @throws Error when it is none */
export function parseReport(body: string): MemberReport {
  const json = fields(JSON.parse(body));
  const advertise = fields(json['advertise']);
  const known = fields(fields(json['knownAdvertise'])['peer']);
  const dialed = fields(fields(json['dialed'])['peer']);
  return {
    policy: policyFrom(json['policy']),
    advertise: [...texts(advertise['peer']), ...texts(advertise['client'])],
    server: loadedFrom(json['server']),
    peer: loadedFrom(json['peer']),
    knownPeerUrls: Object.values(known).flatMap(texts),
    dialedUrls: texts(Object.values(dialed)),
  };
}

function loadedFrom(value: unknown): LoadedCertificates | undefined {
  if (value === null || value === undefined) return undefined;
  const { leaf, trust } = fields(value);
  if (typeof leaf !== 'string') throw new Error('a certificate is reported without its leaf');
  return { leaf: leaf.toLowerCase(), trust: texts(trust).map((one) => one.toLowerCase()) };
}

function fields(value: unknown): Readonly<Record<string, unknown>> {
  if (value === undefined || value === null) return {};
  if (typeof value !== 'object') throw new Error(`${JSON.stringify(value)} is no object`);
  return value as Record<string, unknown>; // just checked
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}
