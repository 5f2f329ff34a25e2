// `binnacle recover` inside a pod of the kit: the members' own words instead of their disks, and the record instead of the
// files. The members see the record and act on it: the chosen one goes on alone, the others join it.
import { join } from 'node:path';
import { formatId, parseId, present, type ClusterId } from '../../base/index.ts';
import { PeerPort, type ClusterAccess, type Survey } from '../../backup/index.ts';
import { CONFIG_MAPS, STATEFUL_SETS, type KubernetesApi } from '../../kubernetes/index.ts';
import { TLS_DIR_VARIABLE, policyIn } from '../ctl/pod-access.ts';
import type { DiskSurvey } from './survey.ts';

const PEER_PORT = 2380;

export interface PodPlace {
  readonly namespace: string;
  readonly statefulSet: string;
  readonly tlsDir: string;
}

/** Undefined outside of a member's pod. */
export function podPlace(environment: NodeJS.ProcessEnv): PodPlace | undefined {
  const { POD_NAME: pod, POD_NAMESPACE: namespace } = environment;
  const statefulSet = /^(?<name>.+)-\d+$/.exec(pod ?? '')?.groups?.['name'];
  if (statefulSet === undefined || namespace === undefined) return undefined;
  const tlsDir = environment[TLS_DIR_VARIABLE] ?? '/etc/binnacle/tls';
  return { namespace, statefulSet, tlsDir };
}

export interface PodSurvey {
  readonly disks: readonly DiskSurvey[];
  /** Pods that said nothing, with the reason. */
  readonly silent: readonly string[];
  /** Pods that have a leader: then there is a quorum. */
  readonly led: readonly string[];
  readonly generation: number;
}

/** Asks every pod that the StatefulSet wants. @throws KubernetesError */
export async function surveyPods(api: KubernetesApi, place: PodPlace): Promise<PodSurvey> {
  const { namespace, statefulSet } = place;
  const found = await api.get(STATEFUL_SETS, { namespace, name: statefulSet });
  const access = accessOf(place);
  const scheme = access.tls === undefined ? 'http' : 'https';
  const names = Array.from({ length: found.spec?.replicas ?? 1 }, (_, i) => `${statefulSet}-${i}`);
  const answers = await Promise.all(
    names.map(async (name) => {
      const host = `${name}.${statefulSet}-headless.${namespace}.svc`;
      const port = new PeerPort(`${scheme}://${host}:${PEER_PORT}`, name, access);
      const survey = await port.survey().catch((error: unknown) => error);
      return { name, survey: survey as Survey | Error }; // PeerPort rejects with errors
    }),
  );
  const surveys: { name: string; survey: Survey }[] = [];
  const silent: string[] = [];
  for (const { name, survey } of answers) {
    if (survey instanceof Error) silent.push(survey.message);
    else surveys.push({ name, survey });
  }
  return {
    disks: surveys.map(({ name, survey }) => diskOf(name, survey)),
    silent,
    led: surveys.filter(({ survey }) => survey.hasLeader).map(({ name }) => name),
    generation: Math.max(0, ...surveys.map(({ survey }) => survey.generation)),
  };
}

/** The members follow it within some ten seconds. @throws KubernetesError; Error when somebody else was faster */
export async function orderRecovery(
  api: KubernetesApi,
  { namespace, statefulSet }: PodPlace,
  order: { readonly survivor: string; readonly clusterId: ClusterId; readonly generation: number },
): Promise<void> {
  const where = { namespace, name: `${statefulSet}-cluster` };
  await api.modify(CONFIG_MAPS, where, (found) => {
    const record = JSON.parse(found.data?.['record'] ?? '{}') as Record<string, unknown>; // the members wrote it
    if (Number(record['generation'] ?? 0) > order.generation) {
      throw new Error(
        `ConfigMap ${where.name} is of generation ${String(record['generation'])} already: another recovery or a restore is under way`,
      );
    }
    const changed = {
      ...record,
      state: 'founded',
      clusterId: formatId(order.clusterId),
      generation: order.generation + 1,
      recovery: { kind: 'recover', survivor: order.survivor, at: new Date().toISOString() },
    };
    return { ...found, data: { ...found.data, record: JSON.stringify(changed) } };
  });
}

function diskOf(pod: string, survey: Survey): DiskSurvey {
  const { lastTerm, lastIndex, commitIndex, appliedIndex, revision, sizeBytes, name } = survey;
  return {
    dataDir: pod,
    memberId: idOf(survey.memberId),
    clusterId: idOf(survey.clusterId),
    ...{ name, lastTerm, lastIndex, commitIndex, appliedIndex, revision, sizeBytes },
    members: survey.members.map((member) => ({
      ...member,
      id: idOf(member.id),
      peerUrls: [],
      clientUrls: [],
    })),
  };
}

const idOf = (text: string): bigint => present(parseId(text), 'a member tells its ids in hex');

function accessOf({ statefulSet, tlsDir }: PodPlace): ClusterAccess {
  const [caFile, certFile, keyFile] = ['ca.crt', 'tls.crt', 'tls.key'].map((name) =>
    join(tlsDir, 'peer', name),
  ) as [string, string, string]; // three names, three paths
  const isSecure = policyIn(tlsDir).advertise === 'https';
  const peer = { caFile, certFile, keyFile };
  return {
    kind: 'kubernetes',
    name: statefulSet,
    endpoints: [],
    peerName: `${statefulSet}-peer`,
    tls: isSecure ? { client: peer, peer } : undefined,
  };
}
