// Members that follow a TLS policy (--tls-dir), each with a folder of its own, as pods have.
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Authority } from '../support/certificates.ts';
import { freePorts } from '../support/cluster.ts';
import { TestMember } from '../support/member.ts';
import { eventually } from '../support/waiting.ts';
import { MountedFolder, type MountedContent, type Policy } from './mounted-folder.ts';

export const ETCDCTL = join(homedir(), '.cache/binnacle/bin/etcdctl');
export const PEER_NAME = 'demo-peer';

/** GET /probe/tls. */
export interface TlsReport {
  readonly memberId: string;
  readonly policy: Policy | null;
  readonly advertise: { readonly peer: string[]; readonly client: string[] };
  readonly server: { readonly leaf: string; readonly trust: string[]; readonly notAfter: string };
  readonly peer: { readonly leaf: string; readonly trust: string[]; readonly notAfter: string };
  readonly knownAdvertise: { readonly peer: Record<string, string[]> };
  readonly dialed: { readonly peer: Record<string, string | null> };
}

export interface LiveMember extends TestMember {
  readonly folder: MountedFolder;
  readonly probeUrl: string;
}

/** PEM files of a user, which may be exchanged. */
export interface UserFiles {
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
}

export class LiveCluster {
  readonly folder = mkdtempSync(join(tmpdir(), 'binnacle-live-tls-'));
  readonly members: LiveMember[] = [];

  /** Describes and starts `count` members, whose folders begin with `content`. */
  static async start(count: number, content: MountedContent): Promise<LiveCluster> {
    const cluster = new LiveCluster();
    const ports = await freePorts(3 * count);
    const peerUrl = (index: number): string => `http://127.0.0.1:${ports[3 * index]}`;
    const names = Array.from({ length: count }, (_, index) => `m${index}`);
    const initial = names.map((name, index) => `${name}=${peerUrl(index)}`).join(',');
    names.forEach((name, index) => {
      const folder = new MountedFolder(join(cluster.folder, `${name}-tls`));
      folder.update(content);
      const clientUrl = `http://127.0.0.1:${ports[3 * index + 1]}`;
      const probeUrl = `http://127.0.0.1:${ports[3 * index + 2]}`;
      const dataDir = join(cluster.folder, name);
      const logFile = join(cluster.folder, `${name}.log`);
      const args = [
        ...['--name', name, '--data-dir', dataDir, '--initial-cluster', initial],
        ...['--listen-client-urls', clientUrl, '--advertise-client-urls', clientUrl],
        ...['--listen-peer-urls', peerUrl(index), '--initial-advertise-peer-urls', peerUrl(index)],
        ...['--listen-metrics-urls', probeUrl, '--tls-dir', folder.path],
        ...['--peer-cert-allowed-cn', PEER_NAME, '--log-level', 'debug'],
      ];
      const described = { name, dataDir, logFile, clientUrl, peerUrl: peerUrl(index) };
      const member = Object.assign(new TestMember(described, args), { folder, probeUrl });
      cluster.members.push(member);
    });
    for (const member of cluster.members) member.start();
    return cluster;
  }

  member(index: number): LiveMember {
    const member = this.members[index];
    if (member === undefined) throw new Error(`no member ${index}`);
    return member;
  }

  /** Client URLs under `scheme`. */
  endpoints(scheme: 'http' | 'https' = 'http'): string[] {
    return this.members.map(({ clientUrl }) => clientUrl.replace(/^http:/, `${scheme}:`));
  }

  async report(member: LiveMember): Promise<TlsReport> {
    const answer = await fetch(`${member.probeUrl}/probe/tls`);
    return (await answer.json()) as TlsReport; // the tests look at what it holds
  }

  /** Resolves when `condition` holds for what each running member reports. */
  async untilAll(what: string, condition: (report: TlsReport) => boolean): Promise<void> {
    for (const member of this.members.filter((one) => one.isRunning)) {
      await eventually(
        `${what} on ${member.name}`,
        async () => condition(await this.report(member)),
        20_000,
      ).catch((error: unknown) => {
        throw new Error(`${String(error)}; its log ends:\n${this.log(member).slice(-3_000)}`);
      });
    }
  }

  /** Gives all members a policy, and resolves when everybody follows it and knows everybody's URLs. */
  async follow(policy: Policy): Promise<void> {
    for (const { folder } of this.members) folder.update({ policy });
    await this.untilFollowed(policy);
  }

  async untilFollowed(policy: Policy): Promise<void> {
    const isRight = (url: string): boolean => url.startsWith(`${policy.advertise}:`);
    await this.untilAll(`policy ${JSON.stringify(policy)}`, (report) => {
      const urls = [
        ...Object.values(report.knownAdvertise.peer).flat(),
        ...report.advertise.client,
      ];
      return report.policy?.accept === policy.accept && urls.length > 0 && urls.every(isRight);
    });
  }

  log(member: LiveMember): string {
    return readFileSync(member.logFile, 'utf8');
  }

  async stop(): Promise<void> {
    await Promise.all(this.members.map((member) => member.kill()));
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Writes a client certificate of `authority` and what it trusts; the same name is written over. */
export async function writeUser(
  folder: string,
  authority: Authority,
  trust = authority.pem,
): Promise<UserFiles> {
  const { certificate, key } = await authority.issueClient('root');
  const write = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };
  return {
    caFile: write('user-ca.crt', trust),
    keyFile: write('user.key', key),
    certFile: write('user.crt', certificate),
  };
}

/** Runs etcdctl; rejects with its output when it fails, which it does after 2 s of trying. */
export async function etcdctl(
  endpoints: readonly string[],
  user: UserFiles | undefined,
  ...words: string[]
): Promise<string> {
  const tls =
    user === undefined
      ? []
      : ['--cacert', user.caFile, '--cert', user.certFile, '--key', user.keyFile];
  const args = ['--endpoints', endpoints.join(','), ...tls, '--command-timeout', '2s', ...words];
  const { stdout } = await promisify(execFile)(ETCDCTL, args, { timeout: 10_000 });
  return stdout;
}
