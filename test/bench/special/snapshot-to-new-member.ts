/**
 * A fourth member joins three that are under load, so late that the leader's log no longer has what it lacks: it gets a
 * snapshot, then what happened meanwhile, and is made a voter.
 */
import type { Cluster, Sample, Workload } from '../lib/workload.ts';
import { eventually } from '../../conformance/lib/process.ts';
import { fillBig } from './stalls.ts';
import { runLoad, SteadyLoad } from './run-load.ts';

const KEYS = 200_000;
const JOIN_TIMEOUT_MS = 5 * 60_000;

export function snapshotWorkload(): Workload {
  let load: SteadyLoad | undefined;
  return {
    name: 'snapshot-to-new-member',
    group: 'snapshot',
    members: 3,
    tls: false,
    short: false,
    ownCluster: { flags: ['--snapshot-count', '500', '--snapshot-catchup-entries', '100'] },
    prepare: async (cluster, scale) => {
      await fillBig(cluster, Math.ceil(KEYS * scale));
      load = await SteadyLoad.connect(cluster, ['--rate', '500']);
    },
    run: async (cluster) => {
      if (load === undefined) throw new Error('not prepared');
      return join(cluster, load);
    },
    finish: async () => {
      await load?.end();
      load = undefined;
    },
  };
}

async function join(cluster: Cluster, load: SteadyLoad): Promise<Sample> {
  let joinedMs = NaN;
  const sample = await load.around(async () => {
    const began = performance.now();
    await addAndPromote(cluster);
    joinedMs = performance.now() - began;
  });
  const { longestStallMs, ...figures } = sample.figures ?? {};
  return { ...sample, figures: { ...figures, joinedMs, clientsStallMs: longestStallMs ?? NaN } };
}

async function addAndPromote(cluster: Cluster): Promise<void> {
  const old = cluster.endpoints.join(',');
  const added = await cluster.describeMember('m4');
  const endpoints = ['--endpoints', old];
  const told = await cluster.ctl(
    ...[...endpoints, 'member', 'add', added.name, '--learner', '--peer-urls', added.peerUrl],
  );
  const id = /Member\s+([0-9a-f]+) added/.exec(told)?.[1] ?? '';
  cluster.startMember(added, 'existing');
  await eventually(
    'a promotion',
    async () => {
      const outcome = await cluster.etcdctl([...endpoints, 'member', 'promote', id]);
      return outcome.code === 0 ? true : undefined;
    },
    JOIN_TIMEOUT_MS,
  );
  await runLoad('first-read', ['--endpoints', added.clientUrl, ...cluster.clientFlags]);
}
