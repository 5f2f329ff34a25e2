// A real etcd member for tests, in a cluster whose other members are transports of ours.
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';

const cache =
  process.env['BINNACLE_CACHE'] ??
  path.join(process.env['XDG_CACHE_HOME'] ?? path.join(os.homedir(), '.cache'), 'binnacle');

/** Where test/conformance/build-oracles.sh puts etcd. */
export const etcdBinary = path.join(cache, 'bin', 'etcd');

export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => net.createServer());
  for (const server of servers) {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  }
  const ports = servers.map((server) => (server.address() as net.AddressInfo).port);
  for (const server of servers) server.close();
  return ports;
}

const TOKEN = 'peer-interop';

function idOf(bytes: string | Uint8Array): bigint {
  return createHash('sha1').update(bytes).digest().readBigUInt64BE(0);
}

/** etcd's id of a first member with this peer URL. */
export function memberIdOf(url: string): bigint {
  return idOf(url + TOKEN);
}

export function clusterIdOf(members: readonly bigint[]): bigint {
  const bytes = Buffer.alloc(8 * members.length);
  const sorted = members.toSorted((a, b) => (a < b ? -1 : 1));
  for (const [i, id] of sorted.entries()) bytes.writeBigUInt64BE(id, 8 * i);
  return idOf(bytes);
}

export class EtcdMember {
  readonly clientUrl: string;
  log = '';
  private readonly process: ChildProcess;
  private readonly folder = fs.mkdtempSync(path.join(os.tmpdir(), 'peer-etcd-'));

  /** `peerUrls[0]` is its own. */
  constructor(peerUrls: readonly string[], clientPort: number, flags: readonly string[]) {
    this.clientUrl = `http://127.0.0.1:${clientPort}`;
    const own = peerUrls[0] ?? '';
    const cluster = peerUrls.map((url, i) => `m${i}=${url}`).join(',');
    this.process = spawn(
      etcdBinary,
      [
        ...['--name=m0', `--data-dir=${this.folder}`, `--initial-cluster=${cluster}`],
        ...[`--listen-peer-urls=${own}`, `--initial-advertise-peer-urls=${own}`],
        ...[`--listen-client-urls=${this.clientUrl}`, `--advertise-client-urls=${this.clientUrl}`],
        ...[`--initial-cluster-token=${TOKEN}`, '--unsafe-no-fsync', ...flags],
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    this.process.stderr?.on('data', (bytes: Buffer) => (this.log += bytes.toString()));
  }

  /** Puts by the JSON gateway; resolves once the entry is committed. */
  async put(key: string, value: string): Promise<void> {
    const base64 = (text: string): string => Buffer.from(text).toString('base64');
    const response = await fetch(`${this.clientUrl}/v3/kv/put`, {
      method: 'POST',
      body: JSON.stringify({ key: base64(key), value: base64(value) }),
      signal: AbortSignal.timeout(10_000),
    });
    if (!response.ok) throw new Error(`put failed: ${await response.text()}`);
    await response.text();
  }

  async stop(): Promise<void> {
    const exited = new Promise((resolve) => this.process.once('exit', resolve));
    this.process.kill('SIGKILL');
    await exited;
    fs.rmSync(this.folder, { recursive: true });
  }
}
