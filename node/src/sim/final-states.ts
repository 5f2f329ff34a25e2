// What each member holds when the run is over, read from its store, not through its services.
import type { FinalState } from './checks/observer.ts';
import type { SimCluster } from './cluster/sim-cluster.ts';

/** The API's way to say: from the first key on, without an end. */
const ALL_KEYS = new Uint8Array(1);
const FROM_KEY_ON = new Uint8Array(1);

/** Members of hosts that run. Resolves within simulated time. */
export async function finalStates(cluster: SimCluster): Promise<FinalState[]> {
  const states: FinalState[] = [];
  for (const { host, member, clusterId } of cluster.processes()) {
    if (member === undefined) continue;
    const { store } = member;
    const revision = store.revision;
    const hashed = await store.hashKv(revision);
    states.push({
      host,
      memberId: member.localId,
      clusterId,
      appliedIndex: member.raft().appliedIndex,
      revision,
      compactRevision: hashed.compactRevision,
      hash: hashed.hash,
      keyValues: store.range(ALL_KEYS, FROM_KEY_ON).kvs,
    });
  }
  return states;
}
