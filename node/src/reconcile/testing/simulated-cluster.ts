// Members and clients that live off the Secrets and the policy which the job writes: they load them late and one by one,
// restart, and are looked at after each change: does everybody still let everybody in?
import {
  CONFIG_MAPS,
  PODS,
  SECRETS,
  STATEFUL_SETS,
  type KitFile,
  type Secret,
} from '../../kubernetes/index.ts';
import { certificatesOf, fingerprintOf } from '../../pki/index.ts';
import type { MemberReport } from '../gates.ts';
import { parsePolicy, type Policy } from '../policy.ts';
import { MemoryApi } from './memory-api.ts';
import { isTrusted, type Side } from './trust.ts';

/** Kept coarse: each look at the cluster costs a few milliseconds. */
const STEP_MS = 5000;

export interface Member {
  readonly ordinal: number;
  isUp: boolean;
  policy: Policy | undefined;
  server: Side | undefined;
  peer: Side | undefined;
  /** The scheme of its own URLs; undefined before it has joined. */
  scheme: Policy['advertise'] | undefined;
  /** The scheme by which it knows the others. */
  readonly known: Map<number, Policy['advertise']>;
}

export interface Client {
  secret: Side | undefined;
}

export interface SimulationOptions {
  /** 0 ≤ value < 1. */
  readonly random: () => number;
  readonly startMs: number;
  /** Clients have loaded a Secret before this has passed. */
  readonly clientGraceMs: number;
}

export class SimulatedCluster {
  readonly api = new MemoryApi();
  readonly members = new Map<number, Member>();
  readonly clients: Client[] = [1, 2].map(() => ({ secret: undefined }));
  /** What went wrong, in words; has to stay empty. */
  readonly broken: string[] = [];
  nowMs: number;
  kit: KitFile;
  private readonly options: SimulationOptions;
  private clientSecret: { text: string; sinceMs: number } = { text: '', sinceMs: 0 };

  constructor(kit: KitFile, options: SimulationOptions) {
    this.kit = kit;
    this.options = options;
    this.nowMs = options.startMs;
    this.configure(kit);
    this.api.onWrite = () => this.check();
  }

  get now(): Date {
    return new Date(this.nowMs);
  }

  /** What the deployment tool does. */
  configure(kit: KitFile): void {
    const { namespace, name } = kit;
    this.kit = kit;
    this.api.put(CONFIG_MAPS, {
      metadata: { namespace, name: `${name}-config` },
      data: { 'kit.json': JSON.stringify(kit) },
    });
    this.api.put(STATEFUL_SETS, {
      metadata: { namespace, name, uid: 'u' },
      spec: { replicas: kit.members },
    });
    for (let i = 0; i < kit.members; i++) if (!this.members.has(i)) this.startPod(i);
    for (const ordinal of [...this.members.keys()].filter((one) => one >= kit.members)) {
      this.members.delete(ordinal);
      this.api.remove(PODS, `${name}-${ordinal}`);
    }
  }

  startPod(ordinal: number): void {
    const { namespace, name } = this.kit;
    const status = { phase: 'Running', podIP: `${ordinal}` };
    this.api.put(PODS, { metadata: { namespace, name: `${name}-${ordinal}` }, status });
    const member: Member = {
      ordinal,
      isUp: true,
      policy: undefined,
      server: undefined,
      peer: undefined,
      scheme: undefined,
      known: new Map(),
    };
    this.members.set(ordinal, member);
    this.load(member);
  }

  /** It is stopped; when it is back it has mounted what is newest. */
  stop(member: Member): void {
    member.isUp = false;
  }

  restart(member: Member): void {
    Object.assign(member, { isUp: true, policy: undefined, server: undefined, peer: undefined });
    this.load(member);
  }

  /** The answer of /probe/tls. */
  ask(address: string): Promise<MemberReport> {
    const member = this.members.get(Number(address));
    if (member?.isUp !== true) return Promise.reject(new Error('connection refused'));
    const loaded = (side: Side | undefined) =>
      side && {
        leaf: fingerprintOf(certificatesOf(side.pair.certificate)[0]!),
        trust: certificatesOf(side.bundle).map(fingerprintOf),
      };
    const { name } = this.kit;
    const knownPeerUrls = [...member.known].map(([i, scheme]) => `${scheme}://${name}-${i}.x:2380`);
    return Promise.resolve({
      policy: member.policy,
      advertise: member.scheme === undefined ? [] : [`${member.scheme}://x:2380`],
      server: loaded(member.server),
      peer: loaded(member.peer),
      knownPeerUrls: member.policy === undefined ? [] : knownPeerUrls,
      dialedUrls: [],
    });
  }

  /** Time passes, and something happens. */
  sleep(milliseconds: number): Promise<void> {
    this.nowMs += Math.max(milliseconds, STEP_MS);
    for (let happenings = 0; happenings < 5; happenings++) this.happen();
    for (const client of this.clients) {
      const isLate = this.nowMs - this.clientSecret.sinceMs >= this.options.clientGraceMs * 0.9;
      if (isLate || this.options.random() < 0.02) this.loadClient(client);
    }
    this.check();
    return Promise.resolve();
  }

  /** Everybody is up and has loaded everything: how it is long after. */
  settle(): void {
    for (const member of this.members.values()) {
      if (!member.isUp) this.restart(member);
      for (const what of ['server', 'peer', 'policy'] as const) this.loadPart(member, what);
    }
    for (const member of this.members.values()) this.learnUrls(member);
    for (const client of this.clients) this.loadClient(client);
    this.check();
  }

  private happen(): void {
    const members = [...this.members.values()];
    const member = members[Math.floor(this.options.random() * members.length)];
    if (member === undefined) return;
    const dice = this.options.random();
    if (!member.isUp) {
      if (dice < 0.2) this.restart(member);
    } else if (dice < 0.03) this.stop(member);
    else if (dice < 0.3) this.loadPart(member, 'server');
    else if (dice < 0.55) this.loadPart(member, 'peer');
    else if (dice < 0.75) this.loadPart(member, 'policy');
    else this.learnUrls(member);
    this.check();
  }

  private load(member: Member): void {
    for (const what of ['server', 'peer', 'policy'] as const) this.loadPart(member, what);
    this.learnUrls(member);
  }

  private loadPart(member: Member, what: 'server' | 'peer' | 'policy'): void {
    if (what !== 'policy') {
      member[what] = this.side(this.kit.tls[`${what}Secret`]) ?? member[what];
      return;
    }
    const map = this.api.peek(CONFIG_MAPS, `${this.kit.name}-tls`);
    const policy = parsePolicy(map?.data?.['policy.json'] ?? '');
    const hasCertificates = member.server !== undefined && member.peer !== undefined;
    if (policy === undefined || !(hasCertificates || policy.accept === 'plain')) return;
    member.policy = policy;
    member.scheme = policy.advertise;
    member.known.set(member.ordinal, policy.advertise);
  }

  private learnUrls(member: Member): void {
    if (member.policy === undefined) return;
    for (const other of this.members.values())
      if (other.scheme !== undefined) member.known.set(other.ordinal, other.scheme);
    for (const gone of [...member.known.keys()].filter((one) => !this.members.has(one)))
      member.known.delete(gone);
  }

  private loadClient(client: Client): void {
    client.secret = this.side(this.kit.tls.clientSecret) ?? client.secret;
  }

  side(name: string): Side | undefined {
    const secret: Secret | undefined = this.api.peek(SECRETS, name);
    if (secret === undefined) return undefined;
    const text = (key: string) => Buffer.from(secret.data?.[key] ?? '', 'base64').toString();
    const pair = { certificate: text('tls.crt'), key: text('tls.key') };
    return { pair, bundle: text('ca.crt') };
  }

  private check(): void {
    const text = JSON.stringify(this.api.peek(SECRETS, this.kit.tls.clientSecret)?.data ?? '');
    if (text !== this.clientSecret.text) this.clientSecret = { text, sinceMs: this.nowMs };
    const up = [...this.members.values()].filter((one) => one.isUp && one.policy !== undefined);
    for (const to of up) {
      for (const from of up) if (from !== to) this.note(this.peerProblem(from, to));
      for (const client of this.clients) this.note(this.clientProblem(client, to));
    }
  }

  private note(problem: string | undefined): void {
    if (problem !== undefined && !this.broken.includes(problem)) this.broken.push(problem);
  }

  private peerProblem(from: Member, to: Member): string | undefined {
    const scheme = from.known.get(to.ordinal);
    const accept = to.policy?.accept;
    if (scheme === undefined) return undefined;
    const names = `member ${from.ordinal} to ${to.ordinal} by ${scheme} (accepts ${accept})`;
    if (scheme === 'http')
      return accept === 'plain' || accept === 'both' ? undefined : `${names}: refused`;
    if (accept === 'plain') return `${names}: refused`;
    if (from.peer === undefined || to.peer === undefined) return `${names}: no certificates`;
    if (!isTrusted(to.peer.pair.certificate, from.peer.bundle, this.now))
      return `${names}: the dialer does not trust it`;
    if (!isTrusted(from.peer.pair.certificate, to.peer.bundle, this.now))
      return `${names}: it does not trust the dialer`;
    return undefined;
  }

  private clientProblem({ secret }: Client, to: Member): string | undefined {
    const accept = to.policy?.accept;
    if (secret === undefined || accept === 'plain' || to.server === undefined) return undefined;
    if (to.scheme === 'http') return undefined; // and so is the client's way in
    const names = `client to ${to.ordinal} (accepts ${accept})`;
    if (!isTrusted(to.server.pair.certificate, secret.bundle, this.now))
      return `${names}: the client does not trust it`;
    const isShown = accept !== 'server';
    if (isShown && !isTrusted(secret.pair.certificate, to.server.bundle, this.now))
      return `${names}: it does not trust the client`;
    return undefined;
  }
}
