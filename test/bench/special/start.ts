/**
 * Starts on data: from exec to the first linearizable read, and the memory that the server then holds. Of three members,
 * which all start at once: until each has answered such a read, and their memory together.
 *
 * Each run begins with a fresh copy of the data and with its pages in the page cache, for both servers alike.
 */
import { readFileSync } from 'node:fs';
import type { Cluster, Sample, Workload } from '../lib/workload.ts';
import { sleep } from '../../conformance/lib/process.ts';
import { imagePeerUrls, putDataImage, type ImageName } from './data-image.ts';
import { runLoad } from './run-load.ts';

/** Not before what a start leaves to do has been done. */
const settleMs = 3_000;

interface Start {
  readonly name: string;
  readonly image: ImageName;
  readonly members?: 1 | 3;
  readonly flags?: readonly string[];
}

const start = ({ name, image, members = 1, flags = [] }: Start): Workload => ({
  name,
  group: 'start',
  members,
  tls: false,
  short: false,
  ownCluster: { flags: ['--quota-backend-bytes', '8589934592', ...flags] },
  prepare: async (cluster) => {
    await cluster.stop();
    if (members > 1) movePeers(cluster, imagePeerUrls(members));
    await putDataImage(
      image,
      cluster.members.map((member) => member.dataDir),
    );
  },
  run: async (cluster) => startOnce(cluster),
});

export const startWorkloads: readonly Workload[] = [
  start({ name: 'start-1gb', image: 'data-1gb' }),
  start({ name: 'start-1m-keys', image: 'keys-1m' }),
  start({ name: 'start-1m-keys-3m', image: 'keys-1m', members: 3 }),
  start({ name: 'start-wal-100k', image: 'wal-100k', flags: ['--snapshot-count', '10000000'] }),
];

function movePeers(cluster: Cluster, peerUrls: readonly string[]): void {
  const moved = cluster.members.map((member, index) => {
    return { ...member, peerUrl: peerUrls[index] ?? member.peerUrl };
  });
  cluster.members.splice(0, moved.length, ...moved);
}

async function startOnce(cluster: Cluster): Promise<Sample> {
  const beganMs = performance.timeOrigin + performance.now();
  for (const member of cluster.members) cluster.startMember(member, 'new');
  const first = await Promise.all(
    cluster.endpoints.map((endpoint) => runLoad('first-read', ['--endpoints', endpoint])),
  );
  const answeredMs = Math.max(...first.map(({ extra }) => extra?.['unixMs'] ?? NaN));
  const startMs = answeredMs - beganMs;
  await sleep(settleMs);
  const memory = cluster.members.map(({ process: each }) => memoryOf(each?.pid ?? 0));
  return {
    operations: 1,
    seconds: startMs / 1_000,
    figures: {
      startMs,
      residentBytes: sum(memory.map(({ residentBytes }) => residentBytes)),
      anonymousBytes: sum(memory.map(({ anonymousBytes }) => anonymousBytes)),
    },
  };
}

const sum = (values: readonly number[]): number => values.reduce((total, each) => total + each, 0);

/** What the process holds, and what of that is not a file's (Linux). */
function memoryOf(pid: number): { residentBytes: number; anonymousBytes: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const field = (name: string): number =>
    1_024 * Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? NaN);
  return { residentBytes: field('VmRSS'), anonymousBytes: field('RssAnon') };
}
