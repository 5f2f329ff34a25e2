// How a cluster on Kubernetes does, gathered from its objects and its members.
import { X509Certificate } from 'node:crypto';
import type { BackupStatus, KitNames, MemberRow, StatusModel } from './status-model.ts';
import type { Kubectl } from './kubectl.ts';

interface Pod {
  readonly metadata: { readonly name: string; readonly deletionTimestamp?: string };
  readonly spec: { readonly nodeName?: string };
  readonly status: {
    readonly phase?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    readonly containerStatuses?: readonly {
      readonly restartCount: number;
      readonly state?: {
        readonly waiting?: { readonly reason?: string; readonly message?: string };
      };
    }[];
  };
}

interface StatefulSet {
  readonly spec: {
    readonly replicas: number;
    readonly template: {
      readonly spec: { readonly containers: readonly { readonly image: string }[] };
    };
  };
}

interface Job {
  readonly metadata: { readonly name: string; readonly creationTimestamp: string };
  readonly status: {
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly message?: string;
    }[];
  };
}

interface EndpointStatus {
  readonly Endpoint: string;
  readonly Status: {
    readonly header: { readonly member_id: number; readonly revision: number };
    readonly leader: number;
    readonly dbSize: number;
    readonly isLearner?: boolean;
    readonly errors?: readonly string[];
  };
}

/** Undefined when there is no cluster of that name. */
export async function gatherStatus(
  kubectl: Kubectl,
  names: KitNames,
): Promise<StatusModel | undefined> {
  const set = await kubectl.get<StatefulSet>('statefulset', names.statefulSet);
  if (set === undefined) return undefined;
  const [pods, answers, jobs, policy, certificate, backup] = await Promise.all([
    kubectl.list<Pod>('pods', `${names.selector},app.kubernetes.io/component=member`),
    askMembers(kubectl, names.statefulSet, set.spec.replicas),
    kubectl.list<Job>('jobs', `${names.selector},app.kubernetes.io/component=reconcile`),
    readData(kubectl, 'configmap', names.policy, 'policy.json'),
    readData(kubectl, 'secret', names.serverTls, 'tls.crt'),
    readData(kubectl, 'configmap', names.backupStatus, 'status.json'),
  ]);
  return {
    name: names.statefulSet,
    image: set.spec.template.spec.containers[0]?.image ?? '',
    desired: set.spec.replicas,
    members: pods.map((pod) => memberRow(pod, answers)).sort((a, b) => (a.name < b.name ? -1 : 1)),
    alarms: [...new Set(answers.flatMap(({ Status }) => Status.errors ?? []))],
    policy: policy === undefined ? undefined : (JSON.parse(policy) as StatusModel['policy']), // the job wrote it
    certificateNotAfter: notAfter(certificate),
    reconcile: reconcileState(jobs),
    backup: backup === undefined ? undefined : (JSON.parse(backup) as BackupStatus), // the backup job wrote it
  };
}

/** The first member that answers tells of all. */
async function askMembers(
  kubectl: Kubectl,
  name: string,
  members: number,
): Promise<EndpointStatus[]> {
  for (let ordinal = 0; ordinal < members; ordinal++) {
    const { stdout } = await kubectl.try([
      ...['exec', `${name}-${ordinal}`, '-c', 'binnacle', '--', 'binnacle'],
      ...['ctl', 'endpoint', 'status', '--cluster', '-w', 'json'],
    ]);
    try {
      return JSON.parse(stdout) as EndpointStatus[]; // binnacle ctl prints it
    } catch {
      continue;
    }
  }
  return [];
}

function memberRow(pod: Pod, answers: readonly EndpointStatus[]): MemberRow {
  const { name, deletionTimestamp } = pod.metadata;
  const answer = answers.find(({ Endpoint }) => Endpoint.includes(`//${name}.`))?.Status;
  const container = pod.status.containerStatuses?.[0];
  const isReady = pod.status.conditions?.some(
    ({ type, status }) => type === 'Ready' && status === 'True',
  );
  const waiting = container?.state?.waiting;
  return {
    name,
    node: pod.spec.nodeName ?? '',
    state:
      deletionTimestamp !== undefined
        ? 'ending'
        : (waiting?.reason ??
          (isReady === true
            ? 'ready'
            : pod.status.phase === 'Running'
              ? 'starting'
              : (pod.status.phase ?? ''))),
    role: roleOf(answer),
    revision: answer?.header.revision,
    dbSize: answer?.dbSize,
    restarts: container?.restartCount ?? 0,
  };
}

function roleOf(answer: EndpointStatus['Status'] | undefined): MemberRow['role'] {
  if (answer === undefined) return undefined;
  if (answer.isLearner === true) return 'learner';
  if (answer.leader === 0) return 'no leader';
  return answer.leader === answer.header.member_id ? 'leader' : 'follower';
}

/** Undefined also where reading it is not allowed: the table then has a dash. */
async function readData(
  kubectl: Kubectl,
  kind: 'configmap' | 'secret',
  name: string,
  key: string,
): Promise<string | undefined> {
  const { code, stdout } = await kubectl.try(['get', kind, name, '-o', 'json']);
  if (code !== 0) return undefined;
  const value = (JSON.parse(stdout) as { data?: Record<string, string> }).data?.[key];
  if (value === undefined) return undefined;
  return kind === 'secret' ? Buffer.from(value, 'base64').toString() : value;
}

function notAfter(pem: string | undefined): Date | undefined {
  try {
    return pem === undefined ? undefined : new Date(new X509Certificate(pem).validTo);
  } catch {
    return undefined;
  }
}

function reconcileState(jobs: readonly Job[]): StatusModel['reconcile'] {
  const latest = jobs.toSorted((a, b) =>
    a.metadata.creationTimestamp < b.metadata.creationTimestamp ? 1 : -1,
  )[0];
  if (latest === undefined) return undefined;
  const ended = (type: string) =>
    latest.status.conditions?.find((each) => each.type === type && each.status === 'True');
  const failure = ended('Failed');
  return {
    job: latest.metadata.name,
    state: ended('Complete') !== undefined ? 'done' : failure === undefined ? 'running' : 'failed',
    message: failure?.message ?? '',
  };
}
