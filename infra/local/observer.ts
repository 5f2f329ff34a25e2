// How each member is doing, as it says itself.
import type { StatusResponse } from '../../node/src/wire/gen/rpc.ts';
import { MemberConnection } from './cluster-calls.ts';
import { accessTo, clientUrl, peerUrl } from './member-flags.ts';
import type { Paths } from './paths.ts';
import type { ClusterState } from './state.ts';

/** `stopped`: no process. `starting`: a process that does not answer yet. `no leader`: answers, and knows none. */
export type Role =
  'leader' | 'follower' | 'learner' | 'no leader' | 'starting' | 'restarting' | 'stopped';

export interface MemberView {
  readonly name: string;
  readonly role: Role;
  readonly clientUrl: string;
  readonly peerUrl: string;
  readonly dataDir: string;
  readonly pid: number | undefined;
  /** Undefined while the member does not answer. */
  readonly status: StatusResponse | undefined;
  /** Undefined until two readings of the counters exist. */
  readonly requestsPerSecond: number | undefined;
}

export interface ProcessView {
  readonly pid: number | undefined;
  readonly isWaiting: boolean;
}

interface Reading {
  readonly atMs: number;
  readonly requests: number;
}

const LOOK_TIMEOUT_MS = 900;

/** Keeps a connection a member. */
export class Observer {
  private readonly paths: Paths;
  private readonly connections = new Map<string, MemberConnection>();
  private readonly readings = new Map<string, Reading>();

  constructor(paths: Paths) {
    this.paths = paths;
  }

  /** The connection to a member of the state. */
  connection(state: ClusterState, name: string): MemberConnection {
    const known = this.connections.get(name);
    if (known !== undefined) return known;
    const member = state.members.find((each) => each.name === name);
    if (member === undefined) throw new Error(`there is no member ${name}`);
    const made = new MemberConnection(clientUrl(state, member), accessTo(this.paths, state));
    this.connections.set(name, made);
    return made;
  }

  /** Asks every member at once. `withRates` also reads their counters. */
  look(
    state: ClusterState,
    processOf: (name: string) => ProcessView,
    withRates: boolean,
  ): Promise<MemberView[]> {
    return Promise.all(
      state.members.map(async (member): Promise<MemberView> => {
        const { pid, isWaiting } = processOf(member.name);
        const status = pid === undefined ? undefined : await this.statusOf(state, member.name);
        const rate =
          withRates && status !== undefined ? await this.rateOf(state, member.name) : undefined;
        return {
          name: member.name,
          role: roleOf(status, pid, isWaiting),
          clientUrl: clientUrl(state, member),
          peerUrl: peerUrl(state, member),
          dataDir: this.paths.dataDir(member.name),
          pid,
          status,
          requestsPerSecond: rate,
        };
      }),
    );
  }

  /** Forgets a member that is gone, or all of them when the certificates have changed. */
  forget(name?: string): void {
    for (const [each, connection] of this.connections) {
      if (name !== undefined && each !== name) continue;
      connection.close();
      this.connections.delete(each);
      this.readings.delete(each);
    }
  }

  /** Undefined when there is no answer, for whatever reason. */
  private async statusOf(state: ClusterState, name: string): Promise<StatusResponse | undefined> {
    try {
      return await this.connection(state, name).status(LOOK_TIMEOUT_MS);
    } catch {
      return undefined;
    }
  }

  private async rateOf(state: ClusterState, name: string): Promise<number | undefined> {
    const text = await this.connection(state, name)
      .metrics(LOOK_TIMEOUT_MS)
      .catch(() => undefined);
    const requests = text === undefined ? undefined : countRequests(text);
    if (requests === undefined) return undefined;
    const now: Reading = { atMs: performance.now(), requests };
    const before = this.readings.get(name);
    this.readings.set(name, now);
    // A counter that fell belongs to a new process.
    if (before === undefined || now.requests < before.requests) return undefined;
    return ((now.requests - before.requests) / (now.atMs - before.atMs)) * 1000;
  }
}

/** Calls that were answered, but for the questions about the status, which are mostly ours. Undefined without counters. */
export function countRequests(metrics: string): number | undefined {
  let sum: number | undefined;
  for (const line of metrics.split('\n')) {
    if (!line.startsWith('grpc_server_handled_total{')) continue;
    sum ??= 0;
    if (line.includes('grpc_method="Status"')) continue;
    sum += Number(line.slice(line.lastIndexOf(' ') + 1));
  }
  return sum;
}

function roleOf(
  status: StatusResponse | undefined,
  pid: number | undefined,
  isWaiting: boolean,
): Role {
  if (pid === undefined) return isWaiting ? 'restarting' : 'stopped';
  if (status === undefined) return 'starting';
  if (status.isLearner) return 'learner';
  if (status.leader === 0n) return 'no leader';
  return status.leader === status.header?.memberId ? 'leader' : 'follower';
}
