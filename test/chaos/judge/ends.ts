// What the members of a cluster hold when nothing happens any more.
import type { FinalState } from '../../../node/src/sim/checks/observer.ts';
import { KVService, MaintenanceService } from '../../../node/src/wire/gen/rpc.ts';
import { Caller } from '../../integration/support/caller.ts';
import type { TestCluster } from '../../integration/support/cluster.ts';
import { eventually } from '../../integration/support/waiting.ts';
import { readCommittedLog } from './committed-log.ts';
import type { MemberEnd } from './play.ts';

const PATIENCE_MS = 60_000;
const ALL_KEYS = { key: new Uint8Array(1), rangeEnd: new Uint8Array(1) };

/** Asks all members, which have to come to the same index, then kills them and reads their logs. */
export async function endsOf(cluster: TestCluster): Promise<MemberEnd[]> {
  const finals = await eventually(
    'all members to have applied the same',
    async () => {
      const states = await Promise.all(cluster.members.map((member) => finalOf(member, cluster)));
      const [first] = states;
      return states.every((one) => one.appliedIndex === first?.appliedIndex) && states;
    },
    PATIENCE_MS,
  );
  await Promise.all(cluster.members.map((member) => member.kill()));
  return Promise.all(
    cluster.members.map(async ({ name, dataDir }, index) => {
      const final = finals[index]!; // one for each
      return { host: name, final, log: await readCommittedLog(dataDir, final.appliedIndex) };
    }),
  );
}

async function finalOf(
  { name, clientUrl }: TestCluster['members'][number],
  { clientTls }: TestCluster,
): Promise<FinalState> {
  const caller = new Caller(clientUrl, clientTls);
  try {
    const { header, raftAppliedIndex } = await caller.unary(MaintenanceService.status);
    const revision = header?.revision ?? 0;
    const { hash, compactRevision } = await caller.unary(MaintenanceService.hashKV, { revision });
    const { kvs } = await caller.unary(KVService.range, { ...ALL_KEYS, serializable: true });
    return {
      ...{ host: name, memberId: header?.memberId ?? 0n, clusterId: header?.clusterId ?? 0n },
      ...{ appliedIndex: raftAppliedIndex, revision, hash, keyValues: kvs },
      compactRevision: Math.max(0, compactRevision), // -1: never
    };
  } finally {
    caller.close();
  }
}
