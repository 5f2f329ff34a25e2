/**
 * Data directories of one member, made once by etcd and kept in the cache: both servers read the same format, so both
 * start on a copy of the same bytes.
 */
import { createHash } from 'node:crypto';
import { cpSync, existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { freePorts } from '../../conformance/lib/cluster.ts';
import { cacheSubfolder, oracle } from '../../conformance/lib/paths.ts';
import { Background } from '../../conformance/lib/process.ts';
import { runLoad } from './run-load.ts';

/** One life of the etcd that makes an image. */
interface Life {
  readonly flags: readonly string[];
  /** Arguments of the load `fill`. */
  readonly fills: readonly (readonly string[])[];
  readonly end: 'SIGTERM' | 'SIGKILL';
}

const quick = ['--unsafe-no-fsync', '--max-txn-ops', '1000', '--quota-backend-bytes', '8589934592'];
const bulk = ['--per-txn', '1000', '--writers', '4'];
/** As a member has it that was stopped half-way between two snapshots. */
const tail: Life = {
  flags: quick,
  fills: [['--prefix', 'tail/', '--keys', '5000', '--per-txn', '1', '--writers', '100']],
  end: 'SIGTERM',
};

const recipes = {
  /** 1,000,000 keys of 256 B. */
  'keys-1m': [
    {
      flags: [...quick, '--snapshot-count', '100'],
      fills: [['--prefix', 'data/', '--keys', '1000000', '--value-size', '256', ...bulk]],
      end: 'SIGTERM',
    },
    tail,
  ],
  /** 1 GiB of values of 1 KiB. */
  'data-1gb': [
    {
      flags: [...quick, '--snapshot-count', '100'],
      fills: [['--prefix', 'data/', '--keys', '1048576', '--value-size', '1024', ...bulk]],
      end: 'SIGTERM',
    },
    tail,
  ],
  /** 100,000 entries in the log of which the database has none: it never committed, no snapshot was made. */
  'wal-100k': [
    {
      flags: [
        ...[...quick, '--snapshot-count', '10000000'],
        ...['--backend-batch-interval', '1h', '--backend-batch-limit', '100000000'],
      ],
      fills: [['--prefix', 'data/', '--keys', '100000', '--per-txn', '1', '--writers', '200']],
      end: 'SIGKILL',
    },
  ],
} as const satisfies Record<string, readonly Life[]>;

export type ImageName = keyof typeof recipes;

/** A copy of the image at `dataDir`, in place of what is there. Makes the image when the cache has none. */
export async function putDataImage(name: ImageName, dataDir: string): Promise<void> {
  const image = await dataImage(name);
  rmSync(dataDir, { recursive: true, force: true });
  cpSync(image, dataDir, { recursive: true });
}

async function dataImage(name: ImageName): Promise<string> {
  const recipe = recipes[name];
  const version = createHash('sha256').update(JSON.stringify(recipe)).digest('hex').slice(0, 8);
  const folder = join(cacheSubfolder('bench'), `${name}-${version}`);
  if (existsSync(folder)) return folder;
  const unfinished = `${folder}.${process.pid}`;
  try {
    for (const life of recipe) await live(life, unfinished);
    renameSync(unfinished, folder);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  return folder;
}

async function live(life: Life, dataDir: string): Promise<void> {
  const [clientPort, peerPort] = await freePorts(2);
  const clientUrl = `http://127.0.0.1:${clientPort}`;
  const peerUrl = `http://127.0.0.1:${peerPort}`;
  const etcd = new Background(
    oracle('etcd'),
    [
      ...['--name', 'm1', '--data-dir', dataDir, '--logger', 'zap', '--log-level', 'error'],
      ...['--listen-client-urls', clientUrl, '--advertise-client-urls', clientUrl],
      ...['--listen-peer-urls', peerUrl, '--initial-advertise-peer-urls', peerUrl],
      ...['--initial-cluster', `m1=${peerUrl}`, ...life.flags],
    ],
    { logFile: `${dataDir}.log` },
  );
  try {
    await runLoad('first-read', ['--endpoints', clientUrl]);
    for (const fill of life.fills) await runLoad('fill', ['--endpoints', clientUrl, ...fill]);
  } finally {
    await etcd.stop(life.end, 60_000);
    rmSync(`${dataDir}.log`, { force: true });
  }
}
