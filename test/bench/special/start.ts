/**
 * Starts on data: from exec to the first linearizable read, and the memory that the server then holds.
 *
 * Each run begins with a fresh copy of the data and with its pages in the page cache, for both servers alike.
 */
import { readFileSync } from 'node:fs';
import type { Cluster, Sample, Workload } from '../lib/workload.ts';
import { sleep } from '../../conformance/lib/process.ts';
import { putDataImage, type ImageName } from './data-image.ts';
import { runLoad } from './run-load.ts';

/** Not before what a start leaves to do has been done. */
const settleMs = 3_000;

const start = (name: string, image: ImageName, flags: readonly string[] = []): Workload => ({
  name,
  group: 'start',
  members: 1,
  tls: false,
  short: false,
  ownCluster: { flags: ['--quota-backend-bytes', '8589934592', ...flags] },
  prepare: async (cluster) => {
    const [member] = cluster.members;
    if (member === undefined) throw new Error('the cluster has no member');
    await member.process?.stop();
    await putDataImage(image, member.dataDir);
  },
  run: async (cluster) => startOnce(cluster),
});

export const startWorkloads: readonly Workload[] = [
  start('start-1gb', 'data-1gb'),
  start('start-1m-keys', 'keys-1m'),
  start('start-wal-100k', 'wal-100k', ['--snapshot-count', '10000000']),
];

async function startOnce(cluster: Cluster): Promise<Sample> {
  const [member] = cluster.members;
  if (member === undefined) throw new Error('the cluster has no member');
  const beganMs = performance.timeOrigin + performance.now();
  cluster.startMember(member, 'new');
  const first = await runLoad('first-read', ['--endpoints', member.clientUrl]);
  const startMs = (first.extra?.['unixMs'] ?? NaN) - beganMs;
  await sleep(settleMs);
  const { residentBytes, anonymousBytes } = memoryOf(member.process?.pid ?? 0);
  return {
    operations: 1,
    seconds: startMs / 1_000,
    figures: { startMs, residentBytes, anonymousBytes },
  };
}

/** What the process holds, and what of that is not a file's (Linux). */
function memoryOf(pid: number): { residentBytes: number; anonymousBytes: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const field = (name: string): number =>
    1_024 * Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? NaN);
  return { residentBytes: field('VmRSS'), anonymousBytes: field('RssAnon') };
}
