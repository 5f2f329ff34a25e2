// A member that lives for a few seconds: a backup is restored into it, asked what it holds, and thrown away.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { openSync, closeSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from '../client/index.ts';
import { createLogger, realWorld } from '../platform/index.ts';
import {
  SnapshotError,
  dataPaths,
  placeSnapshot,
  plannedCluster,
  writeRestoredMember,
} from '../server/index.ts';
import { BackupError, reasonOf } from './errors.ts';

const NAME = 'verify';
/** Reading the index of a large database takes a while. */
const START_TIMEOUT_MS = 120_000;
const STOP_TIMEOUT_MS = 5_000;
const PORT_ATTEMPTS = 3;
/** The copy may be larger than the default quota. */
const QUOTA_BYTES = 1024 ** 4;

export interface Throwaway {
  readonly client: Client;
  readonly endpoint: string;
}

/**
 * Runs `work` on a member that was restored from a snapshot. Process and files are gone when it is over.
 * @throws BackupError Damaged when what comes is no sound database; what `work` throws
 */
export async function withThrowaway<T>(
  snapshot: AsyncIterable<Uint8Array>,
  work: (member: Throwaway) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'binnacle-verify-'));
  try {
    for (let attempt = 1; ; attempt++) {
      const ports = await freePorts();
      const dataDir = join(folder, 'data');
      // Only a lost port is worth another attempt, and the snapshot can be read only once.
      if (attempt === 1) await restore(snapshot, dataDir, ports.peerUrl);
      const running = await start(folder, dataDir, ports);
      if (running === undefined) {
        if (attempt < PORT_ATTEMPTS) continue;
        throw new BackupError('Member', 'no free port was found for the throwaway member');
      }
      const client = new Client({ endpoints: [ports.clientUrl] });
      try {
        return await work({ client, endpoint: ports.clientUrl });
      } finally {
        client.close();
        await end(running);
      }
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Ports {
  readonly clientUrl: string;
  readonly peerUrl: string;
}

async function restore(
  snapshot: AsyncIterable<Uint8Array>,
  dataDir: string,
  peerUrl: string,
): Promise<void> {
  const world = realWorld();
  const logger = createLogger({ level: 'warn', outputs: ['stderr'], format: 'console' });
  const paths = dataPaths({ dataDir, walDir: '' });
  const plan = { name: NAME, initialClusterToken: NAME, advertisePeerUrls: [peerUrl] };
  const cluster = plannedCluster(plan, `${NAME}=${peerUrl}`);
  await world.disk.makeFolder(paths.snapDir);
  try {
    await placeSnapshot(world, snapshot, paths.database);
    await writeRestoredMember({ world, logger }, paths, cluster, 0);
  } catch (error) {
    if (error instanceof SnapshotError) throw new BackupError('Damaged', reasonOf(error));
    throw error;
  }
}

/** Undefined when somebody else took a port in between. */
async function start(
  folder: string,
  dataDir: string,
  { clientUrl, peerUrl }: Ports,
): Promise<ChildProcess | undefined> {
  const logFile = join(folder, 'log');
  const log = openSync(logFile, 'a');
  const flags = [
    ...['--name', NAME, '--data-dir', dataDir],
    ...['--listen-client-urls', clientUrl, '--advertise-client-urls', clientUrl],
    ...['--listen-peer-urls', peerUrl, '--initial-advertise-peer-urls', peerUrl],
    ...['--initial-cluster', `${NAME}=${peerUrl}`, '--quota-backend-bytes', String(QUOTA_BYTES)],
    '--unsafe-no-fsync',
  ];
  const child = spawn(process.execPath, [...process.execArgv, process.argv[1] ?? '', ...flags], {
    stdio: ['ignore', log, log],
    env: ownEnvironment(),
  });
  closeSync(log);
  const orphan = (): void => void child.kill('SIGKILL');
  process.once('exit', orphan);
  child.once('exit', () => process.removeListener('exit', orphan));
  const client = new Client({ endpoints: [clientUrl], maxReconnectDelayMs: 100 });
  try {
    const deadline = Date.now() + START_TIMEOUT_MS;
    for (;;) {
      if (child.exitCode !== null || child.signalCode !== null) {
        const text = await readFile(logFile, 'utf8').catch(() => '');
        if (text.includes('EADDRINUSE') || text.includes('address already in use'))
          return undefined;
        throw new BackupError('Damaged', `a member does not start on it: ${lastLines(text)}`);
      }
      const status = await client.maintenance
        .status(clientUrl, { timeoutMs: 1_000 })
        .catch(() => undefined);
      if (status !== undefined && status.leader !== 0n) return child;
      if (Date.now() > deadline) {
        throw new BackupError('Member', `the throwaway member did not start in time`);
      }
      await sleep(50);
    }
  } catch (error) {
    await end(child);
    throw error;
  } finally {
    client.close();
  }
}

/** ETCD_ variables are flags, and meant for others. */
function ownEnvironment(): NodeJS.ProcessEnv {
  const entries = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('ETCD_') && !name.startsWith('BINNACLE_'),
  );
  return Object.fromEntries(entries);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  await ended;
  clearTimeout(timer);
}

function lastLines(text: string): string {
  return text.trim().split('\n').slice(-3).join(' | ').slice(-600);
}

async function freePorts(): Promise<Ports> {
  const servers = [createServer(), createServer()];
  const ports: number[] = [];
  for (const server of servers) {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    ports.push((server.address() as AddressInfo).port); // it listens on TCP
  }
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return { clientUrl: `http://127.0.0.1:${ports[0]}`, peerUrl: `http://127.0.0.1:${ports[1]}` };
}
