// Clusters of server processes on loopback, for tests.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeCertificates, type CertificateFiles } from './certificates.ts';
import { TestMember, type Launch } from './member.ts';
import { eventually } from './waiting.ts';

/** Where a member lives, where it is not this machine's loopback and the cluster's folder. */
export interface Place {
  /** IPv4 address of its listeners. */
  readonly address?: string;
  readonly dataDir?: string;
  readonly launch?: () => Launch;
}

export interface ClusterOptions {
  /** How many; 1 by default. */
  readonly members?: number;
  /** Client and peer traffic under mutual TLS; off by default. */
  readonly tls?: boolean;
  /** More flags for every member, such as `['--max-txn-ops', '16']`. */
  readonly flags?: readonly string[];
  /** Asked once for each member, the first is 0. `folder` is the cluster's. */
  readonly place?: (index: number, folder: string) => Place;
  /** Until all members must be healthy for the first time; 15 s by default. */
  readonly startTimeoutMs?: number;
}

/** Starts members and waits until each of them answers linearizable reads. Call `stop` when the test is over. */
export async function startCluster(options: ClusterOptions = {}): Promise<TestCluster> {
  const folder = await mkdtemp(join(tmpdir(), 'binnacle-test-'));
  const certificates = options.tls ? await makeCertificates(join(folder, 'tls')) : undefined;
  const cluster = new TestCluster(folder, certificates, options.flags ?? []);
  try {
    await cluster.describe(options.members ?? 1, options.place);
    for (const member of cluster.members) member.start();
    await cluster.untilHealthy(options.startTimeoutMs);
  } catch (error) {
    await cluster.stop();
    throw error;
  }
  return cluster;
}

export class TestCluster {
  /** Holds the members' data, logs and certificates; removed by `stop`. */
  readonly folder: string;
  readonly certificates: CertificateFiles | undefined;
  readonly members: TestMember[] = [];
  readonly #flags: readonly string[];

  constructor(
    folder: string,
    certificates: CertificateFiles | undefined,
    flags: readonly string[],
  ) {
    this.folder = folder;
    this.certificates = certificates;
    this.#flags = flags;
  }

  /** Client URLs of all members. */
  get endpoints(): string[] {
    return this.members.map((member) => member.clientUrl);
  }

  /** The client's `tls` option, or undefined without TLS. */
  get clientTls(): { caFile: string; certFile: string; keyFile: string } | undefined {
    const files = this.certificates;
    if (files === undefined) return undefined;
    return {
      caFile: files.caFile,
      certFile: files.clientCertFile,
      keyFile: files.clientKeyFile,
    };
  }

  member(index: number): TestMember {
    const member = this.members[index];
    if (member === undefined) throw new Error(`no member ${index}`);
    return member;
  }

  /** Names the first `count` members of a new cluster, without starting them. */
  async describe(count: number, place: ClusterOptions['place'] = () => ({})): Promise<void> {
    const ports = await freePorts(2 * count);
    const names = Array.from({ length: count }, (_, index) => `m${index + 1}`);
    const places = names.map((_, index) => place(index, this.folder));
    const url = (index: number, port: number): string =>
      `${this.#scheme}://${places[index]?.address ?? '127.0.0.1'}:${ports[2 * index + port]}`;
    const initial = names.map((name, index) => `${name}=${url(index, 1)}`).join(',');
    names.forEach((name, index) => {
      this.#add(name, url(index, 0), url(index, 1), initial, 'new', places[index]);
    });
  }

  /**
   * Describes one more member of a running cluster and returns it unstarted: MemberAdd its `peerUrl` first, then
   * call its `start`.
   */
  async join(name: string): Promise<TestMember> {
    const [clientPort, peerPort] = await freePorts(2);
    const peerUrl = `${this.#scheme}://127.0.0.1:${peerPort}`;
    const others = this.members.map((member) => `${member.name}=${member.peerUrl}`);
    const initial = [...others, `${name}=${peerUrl}`].join(',');
    const clientUrl = `${this.#scheme}://127.0.0.1:${clientPort}`;
    return this.#add(name, clientUrl, peerUrl, initial, 'existing');
  }

  /** Resolves when every running member answers a linearizable read. */
  async untilHealthy(timeoutMs = 15_000): Promise<void> {
    for (const member of this.members) {
      await eventually(
        `${member.name} to be healthy`,
        async () => {
          if (!member.isRunning) return true;
          const health = await this.get(member, '/health');
          return health.includes('"true"');
        },
        timeoutMs,
      ).catch(async (error: unknown) => {
        const log = await readFile(member.logFile, 'utf8').catch(() => '');
        throw new Error(`${String(error)}; its log ends:\n${log.slice(-3_000)}`);
      });
    }
  }

  /** The body of a plain GET on a member's client URL, whatever its status. */
  async get(member: TestMember, path: string): Promise<string> {
    const files = this.certificates;
    const tls = files && {
      ca: await readFile(files.caFile),
      cert: await readFile(files.clientCertFile),
      key: await readFile(files.clientKeyFile),
    };
    const send = files ? httpsRequest : httpRequest;
    return new Promise((resolve, reject) => {
      const request = send(
        new URL(path, member.clientUrl),
        { ...tls, agent: false },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.once('end', () => resolve(Buffer.concat(chunks).toString()));
          response.once('error', reject);
        },
      );
      request.setTimeout(2_000, () => request.destroy(new Error('no answer within 2 s')));
      request.once('error', reject);
      request.end();
    });
  }

  /** Kills all members and removes their data. */
  async stop(): Promise<void> {
    await Promise.all(this.members.map((member) => member.kill()));
    await rm(this.folder, { recursive: true, force: true });
  }

  get #scheme(): string {
    return this.certificates ? 'https' : 'http';
  }

  #add(
    name: string,
    clientUrl: string,
    peerUrl: string,
    initialCluster: string,
    state: 'new' | 'existing',
    place: Place = {},
  ): TestMember {
    const dataDir = place.dataDir ?? join(this.folder, name);
    const logFile = join(this.folder, `${name}.log`);
    const args = [
      ...['--name', name, '--data-dir', dataDir],
      ...['--listen-client-urls', clientUrl, '--advertise-client-urls', clientUrl],
      ...['--listen-peer-urls', peerUrl, '--initial-advertise-peer-urls', peerUrl],
      ...['--initial-cluster', initialCluster, '--initial-cluster-state', state],
      ...this.#tlsFlags(),
      ...this.#flags,
    ];
    const description = { name, dataDir, logFile, clientUrl, peerUrl };
    const member = new TestMember(description, args, place.launch);
    this.members.push(member);
    return member;
  }

  #tlsFlags(): string[] {
    const files = this.certificates;
    if (files === undefined) return [];
    return ['', 'peer-'].flatMap((prefix) => [
      ...[`--${prefix}cert-file`, files.serverCertFile],
      ...[`--${prefix}key-file`, files.serverKeyFile],
      ...[`--${prefix}trusted-ca-file`, files.caFile],
      `--${prefix}client-cert-auth`,
    ]);
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
