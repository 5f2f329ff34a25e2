/**
 * A cluster of processes of one binary (the server under test, or etcd) on loopback, under mTLS for clients and peers
 * unless plain is asked for.
 */
import { mkdirSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { makeCertificates, type Certificates } from './certificates.ts';
import { oracle } from './paths.ts';
import { Background, eventually, run, type Outcome, type RunOptions } from './process.ts';

export interface Member {
  readonly name: string;
  readonly dataDir: string;
  readonly logFile: string;
  readonly clientUrl: string;
  readonly peerUrl: string;
  process: Background | undefined;
}

export interface ClusterOptions {
  readonly binary: string;
  readonly members: number;
  readonly folder: string;
  /** False: plain HTTP for clients and peers (default true). */
  readonly tls?: boolean;
  /** A cluster that has ended, whose names and URLs the new one takes. */
  readonly inPlaceOf?: Cluster;
  /** More flags for every member. */
  readonly flags?: readonly string[];
}

export class Cluster {
  readonly members: Member[] = [];
  readonly certificates: Certificates;
  readonly #options: ClusterOptions;

  private constructor(options: ClusterOptions, certificates: Certificates) {
    this.#options = options;
    this.certificates = certificates;
  }

  /** Starts all members and waits until each answers a linearizable read. */
  static async start(options: ClusterOptions): Promise<Cluster> {
    const certificates = await makeCertificates(join(options.folder, 'tls'));
    const cluster = new Cluster(options, certificates);
    const names = Array.from({ length: options.members }, (_, index) => `m${index + 1}`);
    for (const name of names) await cluster.describeMember(name);
    for (const member of cluster.members) cluster.startMember(member, 'new');
    try {
      await cluster.untilHealthy();
    } catch (error) {
      await cluster.stop();
      throw error;
    }
    return cluster;
  }

  get endpoints(): string[] {
    return this.members.map((member) => member.clientUrl);
  }

  get #tls(): boolean {
    return this.#options.tls ?? true;
  }

  /** Flags for etcdctl that make it trusted by the members. */
  get clientFlags(): string[] {
    if (!this.#tls) return [];
    const { caFile, clientCertFile, clientKeyFile } = this.certificates;
    return ['--cacert', caFile, '--cert', clientCertFile, '--key', clientKeyFile];
  }

  /** Adds a member to the list, with ports of its own, without starting it. */
  async describeMember(name: string): Promise<Member> {
    const { folder, inPlaceOf } = this.#options;
    const former = inPlaceOf?.members.find((each) => each.name === name);
    const [clientPort, peerPort] = await freePorts(2);
    const scheme = this.#tls ? 'https' : 'http';
    const member: Member = {
      name,
      dataDir: join(folder, name),
      logFile: join(folder, `${name}.log`),
      clientUrl: former?.clientUrl ?? `${scheme}://127.0.0.1:${clientPort}`,
      peerUrl: former?.peerUrl ?? `${scheme}://127.0.0.1:${peerPort}`,
      process: undefined,
    };
    mkdirSync(folder, { recursive: true });
    this.members.push(member);
    return member;
  }

  startMember(member: Member, state: 'new' | 'existing'): void {
    const initial = this.members.map((each) => `${each.name}=${each.peerUrl}`).join(',');
    const args = [
      ...['--name', member.name, '--data-dir', member.dataDir],
      ...['--listen-client-urls', member.clientUrl, '--advertise-client-urls', member.clientUrl],
      ...['--listen-peer-urls', member.peerUrl, '--initial-advertise-peer-urls', member.peerUrl],
      ...['--initial-cluster', initial, '--initial-cluster-state', state],
      ...(this.#tls ? this.#tlsFlags() : []),
      ...(this.#options.flags ?? []),
    ];
    member.process = new Background(this.#options.binary, args, { logFile: member.logFile });
  }

  #tlsFlags(): string[] {
    const { caFile, serverCertFile, serverKeyFile } = this.certificates;
    return [
      ...['--cert-file', serverCertFile, '--key-file', serverKeyFile],
      ...['--trusted-ca-file', caFile, '--client-cert-auth'],
      ...['--peer-cert-file', serverCertFile, '--peer-key-file', serverKeyFile],
      ...['--peer-trusted-ca-file', caFile, '--peer-client-cert-auth'],
    ];
  }

  async untilHealthy(timeoutMs = 30_000): Promise<void> {
    await eventually(
      'a healthy cluster',
      async () => {
        const dead = this.members.find((member) => member.process?.hasEnded);
        if (dead) throw new Error(`${dead.name} ended: see ${dead.logFile}`);
        const outcome = await this.etcdctl(['endpoint', 'health']);
        return outcome.code === 0 ? true : undefined;
      },
      timeoutMs,
    );
  }

  /** Runs etcdctl against all members (or those of an `--endpoints` among the arguments). */
  etcdctl(args: readonly string[], options?: RunOptions): Promise<Outcome> {
    return run(oracle('etcdctl'), this.etcdctlArgs(args), options);
  }

  /** Starts etcdctl in the background. */
  etcdctlInBackground(args: readonly string[], options?: RunOptions): Background {
    return new Background(oracle('etcdctl'), this.etcdctlArgs(args), options);
  }

  etcdctlArgs(args: readonly string[]): string[] {
    const endpoints = args.some((word) => word.startsWith('--endpoints'))
      ? []
      : ['--endpoints', this.endpoints.join(',')];
    return [...endpoints, ...this.clientFlags, ...args];
  }

  /** Runs etcdctl and returns its stdout without the last newline; an exit code but 0 is an error. */
  async ctl(...args: string[]): Promise<string> {
    const outcome = await this.etcdctl(args);
    if (outcome.code !== 0) {
      throw new Error(`etcdctl ${args.join(' ')} ended with ${outcome.code}: ${outcome.stderr}`);
    }
    return outcome.stdout.replace(/\n$/, '');
  }

  /** Stops all members, asking first. */
  async stop(): Promise<void> {
    await Promise.all(this.members.map((member) => member.process?.stop()));
  }
}

/** Ports of loopback that nobody listens on at this moment. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve, reject) => {
          server.once('error', reject);
          server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
        }),
    ),
  );
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
