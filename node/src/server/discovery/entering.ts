// Carries out the decision to found or to join, up to where the member can start: the record, the volume, and the
// membership, each step such that dying behind it is repaired by the next decision.
import { randomBytes } from 'node:crypto';
import { EtcdError, formatId, present, type Logger, type World } from '../../base/index.ts';
import type { ClusterMember } from '../../apply/index.ts';
import type { ServerConfig } from '../config.ts';
import { plannedCluster, type Founding } from '../founding.ts';
import type { Volume } from './disk.ts';
import type { PeerClient } from './peer-client.ts';
import type { Pods } from './pods.ts';
import type { ClusterRecord, RecordStore } from './record.ts';
import type { Decision, PeerReport } from './situation.ts';

export interface EnteringParts {
  readonly config: ServerConfig;
  readonly world: World;
  readonly logger: Logger;
  readonly pods: Pods;
  readonly volume: Volume;
  readonly records: RecordStore;
  readonly client: PeerClient;
}

/** How the member is to be started. */
export interface Entry {
  readonly config: ServerConfig;
  readonly founding: Founding | undefined;
  /** Who else runs: the volume may be from before they joined. */
  readonly neighbours?: readonly ClusterMember[];
  /** The record does not say yet that there is a cluster: it has to before clients are served. */
  readonly isFounding: boolean;
}

type Joining = Extract<Decision, { kind: 'join' | 'replace' }>;

/** Undefined when somebody else made the record meanwhile: decide again. @throws KubernetesError; the disk's error */
export async function prepareFounding(
  parts: EnteringParts,
  record: ClusterRecord | undefined,
): Promise<Entry | undefined> {
  const { volume, records, world, logger } = parts;
  const token = record?.token ?? randomBytes(16).toString('hex');
  const config: ServerConfig = { ...parts.config, initialClusterToken: token };
  const { clusterId, local, members } = plannedCluster(config, config.initialCluster);
  const generation = record?.generation ?? 1;
  // The record is there before the first file, and names the cluster that the files will: ids follow from the peer URL,
  // whose scheme may have changed since the founder died.
  if (record === undefined) {
    const founding: ClusterRecord = {
      version: 1,
      state: 'founding',
      clusterId,
      token,
      founder: config.name,
      generation,
      foundedAt: new Date(world.clock.wallMs()).toISOString(),
      recovery: null,
    };
    if (!(await records.create(founding))) return undefined;
  } else if (record.clusterId !== clusterId) {
    await records.update((newest) =>
      newest.state === 'founding' && newest.token === token ? { ...newest, clusterId } : undefined,
    );
  }
  const aside = await volume.setAside();
  if (aside !== undefined) logger.warn('moved what an earlier start left aside', { path: aside });
  await volume.setGeneration(generation);
  logger.info('founding a cluster', { record: records.title, 'cluster-id': formatId(clusterId) });
  const founding = { clusterId, localId: local.id, members, remotes: [] };
  return { config, founding, isFounding: true };
}

/** The founder's last step before it serves clients: from here on an empty disk is a lost disk. */
export async function recordFounded(records: RecordStore, name: string): Promise<void> {
  await records.update((record) =>
    record.state === 'founding' && record.founder === name
      ? { ...record, state: 'founded' }
      : undefined,
  );
}

/** @throws EtcdError what the cluster refused it for; KubernetesError; Error when nobody answers */
export async function prepareJoining(
  parts: EnteringParts,
  decision: Joining,
  peers: readonly PeerReport[],
): Promise<Entry> {
  const { config, logger, volume, client } = parts;
  const through = ordinalThrough(parts.pods, decision, peers);
  // Also what a start left that never came to a log.
  const aside = await volume.setAside();
  if (aside !== undefined)
    logger.warn('moved data aside', { path: aside, reason: decision.reason });
  await volume.setGeneration(decision.generation);
  for (const id of decision.former) await removeFormer(client, through, id);
  const [peerUrl = ''] = config.advertisePeerUrls;
  const { id, membership } = await client.addSelf(through, peerUrl);
  const { clusterId, members } = membership;
  logger.info(decision.kind === 'join' ? 'joining the cluster' : 'replacing the former self', {
    reason: decision.reason,
    through: parts.pods.nameOf(through),
    former: decision.former.map(formatId),
    'local-member-id': formatId(id),
  });
  return {
    config: { ...config, initialClusterState: 'existing' },
    isFounding: false,
    founding: {
      clusterId,
      localId: id,
      members,
      remotes: members.filter((member) => member.id !== id),
    },
  };
}

async function removeFormer(client: PeerClient, through: number, id: bigint): Promise<void> {
  try {
    await client.remove(through, id);
  } catch (error) {
    // Somebody else has removed it since.
    if (!(error instanceof EtcdError && error.code === 'MemberNotFound')) throw error;
  }
}

/**
 * The leader, if it can be asked; otherwise any member whose list a quorum has confirmed. A leader holds a change back until
 * raft takes it; from others it would be dropped while another one is under way.
 */
function ordinalThrough(pods: Pods, { clusterId }: Joining, peers: readonly PeerReport[]): number {
  const answers = peers.flatMap(({ name, state }) =>
    state.kind === 'running' && state.answer.clusterId === clusterId && state.answer.isConfirmed
      ? [{ name, answer: state.answer }]
      : [],
  );
  const [first] = answers;
  if (first === undefined) throw new Error('no member of the cluster answers any more');
  const { answer } = first;
  const leader = answer.members.find(({ id }) => id === answer.leader);
  const isAnswering = answers.some(({ name }) => name === leader?.name);
  const through = isAnswering && leader !== undefined ? leader.name : first.name;
  return present(pods.ordinalOf({ name: through, peerUrls: [] }), 'pods have ordinals');
}
