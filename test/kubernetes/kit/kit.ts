// One installation of the kit under test: its objects, its members, and what has to hold between two steps.
import { join } from 'node:path';
import type { Client, HashResult, Member, StatusResult } from '../../../node/src/client/index.ts';
import { eventually, sleep } from '../../conformance/lib/process.ts';
import { Access } from './access.ts';
import type { Config, Installation } from './installation.ts';
import { Kubectl, type Pod } from './kubectl.ts';
import { PodLogs } from './pod-logs.ts';
import { Workload } from './workload.ts';

/** Of its own: a drain goes by labels through all namespaces. */
export const RELEASE = 'e2e-binnacle';
const DOMAIN = 'cluster.local';
const SETTLE_MS = 120_000;

export interface KitOptions {
  readonly namespace: string;
  readonly config: Config;
  readonly installation: (kubectl: Kubectl) => Installation;
  readonly folder: string;
}

/** A member's pod with what the member says of itself. */
export interface RunningMember {
  readonly pod: Pod;
  readonly url: string;
  readonly status: StatusResult;
}

export class Kit {
  readonly kubectl: Kubectl;
  readonly installation: Installation;
  readonly access: Access;
  readonly workload: Workload;
  /** A folder for files of this installation. */
  readonly folder: string;
  #logs: PodLogs | undefined;
  #config: Config;
  /** For questions, not for the workload. */
  #client: Client | undefined;
  #clientIsSecure: boolean | undefined;

  constructor({ namespace, config, installation, folder }: KitOptions) {
    this.kubectl = new Kubectl(namespace);
    this.installation = installation(this.kubectl);
    this.#config = config;
    this.folder = folder;
    const secure = config.tls?.mode !== 'plain';
    this.access = new Access(this.kubectl, RELEASE, join(folder, 'client'), secure);
    this.workload = new Workload(this.access, join(folder, 'requests.log'));
  }

  get namespace(): string {
    return this.kubectl.namespace;
  }

  get config(): Config {
    return this.#config;
  }

  get selector(): string {
    return `app.kubernetes.io/name=binnacle,app.kubernetes.io/instance=${RELEASE}`;
  }

  /** Installs, and starts the clients. */
  async start(): Promise<void> {
    await this.kubectl.freshNamespace();
    this.#logs = new PodLogs(this.kubectl, join(this.folder, 'pods'));
    await this.installation.apply(this.#config);
    await this.untilJobs();
    await this.access.start();
    await this.settled(this.members);
    this.workload.start();
  }

  async stop(): Promise<void> {
    await this.workload.stop();
    this.#client?.close();
    await this.access.stop();
    await this.#logs?.stop();
  }

  get members(): number {
    return this.#config.members ?? 3;
  }

  /** Changes the configuration (top-level sections are merged) and waits for the jobs that this starts. */
  async configure(change: Config): Promise<void> {
    const merged: Record<string, unknown> = { ...this.#config };
    for (const [key, value] of Object.entries(change)) {
      const before = merged[key];
      const both = isRecord(before) && isRecord(value);
      merged[key] = both ? { ...before, ...value } : value;
    }
    this.#config = merged; // a Config with the keys of a Config laid over it
    await this.installation.apply(this.#config);
    await this.untilJobs();
  }

  /** Waits until each reconcile job has ended well. */
  async untilJobs(): Promise<void> {
    await eventually(
      'the reconcile jobs',
      async () => {
        const jobs = await this.kubectl.list<Job>('jobs', `${this.selector}`);
        const open = jobs.filter((job) => job.status?.succeeded !== 1);
        if (open.length === 0) return true;
        throw new Error(open.map((job) => job.metadata.name).join(', '));
      },
      SETTLE_MS,
    );
  }

  async pods(): Promise<Pod[]> {
    const selector = `${this.selector},app.kubernetes.io/component=member`;
    const pods = await this.kubectl.list<Pod>('pods', selector);
    return pods.toSorted((a, b) => ordinalOf(a.metadata.name) - ordinalOf(b.metadata.name));
  }

  podName(ordinal: number): string {
    return `${RELEASE}-${ordinal}`;
  }

  get client(): Client {
    if (this.#client !== undefined && this.#clientIsSecure === this.access.secure) {
      return this.#client;
    }
    this.#client?.close();
    this.#clientIsSecure = this.access.secure;
    this.#client = this.access.client({ timeoutMs: 4_000, maxReconnectDelayMs: 200 });
    return this.#client;
  }

  /** All members that run, each asked for its own status. @throws when one does not answer */
  async running(): Promise<RunningMember[]> {
    const pods = (await this.pods()).filter(isReady);
    return Promise.all(
      pods.map(async (pod) => {
        const url = this.access.urlOf(pod.status.podIP ?? '');
        const status = await this.client.maintenance.status(url, { timeoutMs: 2_000 });
        return { pod, url, status };
      }),
    );
  }

  async leader(): Promise<RunningMember> {
    const running = await this.running();
    const leader = running.find(({ status }) => status.leader === status.header.memberId);
    if (leader === undefined) throw new Error('no member leads');
    return leader;
  }

  async memberList(): Promise<readonly Member[]> {
    return (await this.client.cluster.list()).members;
  }

  async clusterId(): Promise<bigint> {
    return (await this.client.cluster.list()).header.clusterId;
  }

  /** Waits until the cluster is these `count` voters, and their pods are Ready. */
  async settled(count: number, timeoutMs = SETTLE_MS): Promise<void> {
    await eventually(
      `${count} voters that are Ready`,
      async () => {
        await this.#expectSettled(count);
        return true;
      },
      timeoutMs,
    );
  }

  async #expectSettled(count: number): Promise<void> {
    const pods = await this.pods();
    const names = Array.from({ length: count }, (_, ordinal) => this.podName(ordinal));
    const there = pods.map((pod) => `${pod.metadata.name}${isReady(pod) ? '' : ' (not ready)'}`);
    if (there.join() !== names.join()) throw new Error(`pods: ${there.join(', ')}`);
    const members = await this.memberList();
    const wrong = membersWrong(members, names, this.#peerUrl);
    if (wrong !== '') throw new Error(wrong);
  }

  readonly #peerUrl = (name: string): string => {
    const scheme = this.access.secure ? 'https' : 'http';
    return `${scheme}://${name}.${RELEASE}-headless.${this.namespace}.svc.${DOMAIN}:2380`;
  };

  /** The hashes of all members at one revision, while writing goes on. */
  async hashes(): Promise<HashResult[]> {
    const { revision } = await this.client.range('kit/', { limit: 1 });
    const running = await this.running();
    return Promise.all(
      running.map(({ url }) =>
        eventually(
          `the hash of ${url} at revision ${revision}`,
          () => this.client.maintenance.hashKv(url, { revision, timeoutMs: 4_000 }),
          10_000,
        ),
      ),
    );
  }

  /** What identifies the processes: changes when a pod is made again or its container starts again. */
  async incarnations(): Promise<string[]> {
    return (await this.pods()).map(({ metadata, status }) => {
      const restarts = status.containerStatuses?.[0]?.restartCount ?? 0;
      return `${metadata.name} ${metadata.uid} ${restarts}`;
    });
  }

  /** Waits until a rollout has replaced every pod of `before`. */
  async replaced(before: readonly string[]): Promise<void> {
    await this.kubectl.run('rollout', 'status', `statefulset/${RELEASE}`, '--timeout=120s');
    const left = (await this.incarnations()).filter((each) => before.includes(each));
    if (left.length > 0) throw new Error(`not replaced: ${left.join(', ')}`);
    await sleep(100);
  }
}

interface Job {
  readonly metadata: { readonly name: string };
  readonly status?: { readonly succeeded?: number; readonly failed?: number };
}

export function isReady({ metadata, status }: Pod): boolean {
  const ready = status.conditions?.some(
    ({ type, status: is }) => type === 'Ready' && is === 'True',
  );
  return metadata.deletionTimestamp === undefined && ready === true;
}

export function ordinalOf(name: string): number {
  return Number(name.slice(name.lastIndexOf('-') + 1));
}

/** What differs from: exactly these voters at their addresses. Empty when nothing does. */
function membersWrong(
  members: readonly Member[],
  names: readonly string[],
  peerUrl: (name: string) => string,
): string {
  const text = (each: Pick<Member, 'name' | 'isLearner' | 'peerUrls'>): string =>
    `${each.name}${each.isLearner ? ' (learner)' : ''} ${each.peerUrls.join()}`;
  const is = members.map(text).toSorted();
  const wanted = names
    .map((name) => text({ name, isLearner: false, peerUrls: [peerUrl(name)] }))
    .toSorted();
  return is.join() === wanted.join() ? '' : `members: ${is.join('; ')}`;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
