/**
 * Data directories of one member or of three, made once by etcd and kept in the cache: both servers read the same format,
 * so both start on a copy of the same bytes.
 */
import { createHash } from 'node:crypto';
import {
  closeSync,
  cpSync,
  existsSync,
  fsyncSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
} from 'node:fs';
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

/**
 * The peer URLs that members have in an image. They lie in its files, so that three who start on it have to be reached
 * there.
 */
export function imagePeerUrls(members: number): string[] {
  return Array.from({ length: members }, (_, index) => `http://127.0.38.${index + 1}:2380`);
}

/** A copy of the image at `dataDirs`, one a member, in place of what is there. Makes the image when the cache has none. */
export async function putDataImage(name: ImageName, dataDirs: readonly string[]): Promise<void> {
  const image = await dataImage(name, dataDirs.length);
  for (const [index, dataDir] of dataDirs.entries()) {
    rmSync(dataDir, { recursive: true, force: true });
    cpSync(dataDirOf(image, index, dataDirs.length), dataDir, { recursive: true });
    syncAll(dataDir);
  }
}

/** Or the first sync of whoever starts would wait until the copy is written. */
function syncAll(folder: string): void {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = openSync(join(entry.parentPath, entry.name), 'r');
    fsyncSync(file);
    closeSync(file);
  }
}

async function dataImage(name: ImageName, members: number): Promise<string> {
  const recipe: readonly Life[] = recipes[name];
  const version = createHash('sha256').update(JSON.stringify(recipe)).digest('hex').slice(0, 8);
  const suffix = members === 1 ? '' : `-${members}m`;
  const folder = join(cacheSubfolder('bench'), `${name}${suffix}-${version}`);
  if (existsSync(folder)) return folder;
  const unfinished = `${folder}.${process.pid}`;
  try {
    for (const life of recipe) await live(life, unfinished, members);
    renameSync(unfinished, folder);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  return folder;
}

function dataDirOf(image: string, index: number, members: number): string {
  return members === 1 ? image : join(image, `m${index + 1}`);
}

async function live(life: Life, image: string, members: number): Promise<void> {
  const peerUrls = imagePeerUrls(members);
  const clientUrls = (await freePorts(members)).map((port) => `http://127.0.0.1:${port}`);
  const initial = peerUrls.map((url, index) => `m${index + 1}=${url}`).join(',');
  const etcds = peerUrls.map((peerUrl, index) => {
    const clientUrl = clientUrls[index] ?? '';
    const flags = [
      ...['--name', `m${index + 1}`, '--data-dir', dataDirOf(image, index, members)],
      ...['--logger', 'zap', '--log-level', 'error'],
      ...['--listen-client-urls', clientUrl, '--advertise-client-urls', clientUrl],
      ...['--listen-peer-urls', peerUrl, '--initial-advertise-peer-urls', peerUrl],
      ...['--initial-cluster', initial, ...life.flags],
    ];
    return new Background(oracle('etcd'), flags, { logFile: `${image}.${index}.log` });
  });
  try {
    for (const url of clientUrls) await runLoad('first-read', ['--endpoints', url]);
    for (const fill of life.fills) {
      await runLoad('fill', ['--endpoints', clientUrls.join(','), ...fill]);
    }
  } finally {
    await Promise.all(etcds.map((etcd) => etcd.stop(life.end, 60_000)));
    for (const index of etcds.keys()) rmSync(`${image}.${index}.log`, { force: true });
  }
}
