// What is about one member rather than the store: status, files, alarms, leadership.
import { createHash } from 'node:crypto';
import { equalBytes } from '../base/bytes.ts';
import { GrpcStatus, StatusError } from '../base/errors.ts';
import {
  AlarmAction,
  AlarmRequest,
  AlarmType,
  DefragmentRequest,
  HashKVRequest,
  MaintenanceService,
  MoveLeaderRequest,
  SnapshotRequest,
  StatusRequest,
  type AlarmResponse,
  type SnapshotResponse,
} from '../wire/gen/rpc.ts';
import { toClientError } from './errors.ts';
import type { CallOptions } from './options.ts';
import { headerOf, type Header } from './results.ts';
import type { Transport } from './transport.ts';

/** A call that is about one member: the one at this endpoint. */
export type MemberCallOptions = Omit<CallOptions, 'endpoint'>;

export interface StatusResult {
  readonly header: Header;
  readonly version: string;
  readonly storageVersion: string;
  /** Bytes of the database file, and what of it is in use. */
  readonly dbSize: number;
  readonly dbSizeInUse: number;
  /** Bytes the database may grow to. */
  readonly dbSizeQuota: number;
  /** The leader's id as the member knows it; 0n when it knows none. */
  readonly leader: bigint;
  readonly raftTerm: number;
  readonly raftIndex: number;
  readonly raftAppliedIndex: number;
  readonly isLearner: boolean;
  /** What is wrong, such as alarms and having no leader. */
  readonly errors: string[];
}

export interface HashResult {
  readonly header: Header;
  /** CRC32C over the store up to `hashRevision`; equal on all members for the same revisions. */
  readonly hash: number;
  readonly hashRevision: number;
  readonly compactRevision: number;
}

export type AlarmKind = 'none' | 'nospace' | 'corrupt';

export interface Alarm {
  readonly memberId: bigint;
  readonly alarm: AlarmKind;
}

const KINDS: readonly AlarmKind[] = ['none', 'nospace', 'corrupt'];
const SHA256_BYTES = 32;

/** The Maintenance service. `endpoint` is the client URL of the member that is meant. */
export class MaintenanceClient {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** How a member does. */
  async status(endpoint: string, options: MemberCallOptions = {}): Promise<StatusResult> {
    const call = { ...options, endpoint, retry: 'repeatable' } as const;
    const request = StatusRequest.create();
    const response = await this.#transport.unary(MaintenanceService.status, request, call);
    const { downgradeInfo: _, ...rest } = response;
    return { ...rest, header: headerOf(response.header) };
  }

  /** The hash of a member's store at `revision`, or of all it has. @throws EtcdError Compacted, FutureRev */
  async hashKv(
    endpoint: string,
    options: MemberCallOptions & { readonly revision?: number } = {},
  ): Promise<HashResult> {
    const request = HashKVRequest.create({ revision: options.revision ?? 0 });
    const call = { ...options, endpoint, retry: 'repeatable' } as const;
    const response = await this.#transport.unary(MaintenanceService.hashKV, request, call);
    return { ...response, header: headerOf(response.header) };
  }

  /** Gives the unused space of a member's file back. Takes its time: no timeout unless one is given. */
  async defragment(endpoint: string, options: MemberCallOptions = {}): Promise<void> {
    const call = { timeoutMs: Infinity, ...options, endpoint, retry: 'once' } as const;
    await this.#transport.unary(MaintenanceService.defragment, DefragmentRequest.create(), call);
  }

  /**
   * A member's database as a file of etcd's snapshot format: write the chunks one behind the other; the last one is the
   * SHA-256 that `etcdutl snapshot` checks. Checked here, too.
   * @throws StatusError DataLoss when the contents don't match it
   */
  async *snapshot(options: CallOptions = {}): AsyncGenerator<Uint8Array, void, void> {
    const request = SnapshotRequest.create();
    const { signal } = options;
    const stream = await this.#transport.serverStream(
      MaintenanceService.snapshot,
      request,
      options,
    );
    const cancel = (): void => stream.cancel();
    signal?.addEventListener('abort', cancel, { once: true });
    try {
      const sha256 = createHash('sha256');
      let last: Uint8Array | undefined;
      for await (const message of stream) {
        const { blob } = message as SnapshotResponse; // the stream's type does not reach its iterator
        if (last !== undefined) sha256.update(last);
        last = blob;
        yield blob;
      }
      if (last?.length !== SHA256_BYTES || !equalBytes(last, sha256.digest())) {
        throw new StatusError(GrpcStatus.DataLoss, 'the snapshot does not match its checksum');
      }
    } catch (error) {
      throw signal?.aborted ? signal.reason : toClientError(error);
    } finally {
      signal?.removeEventListener('abort', cancel);
      stream.cancel();
    }
  }

  /**
   * Makes another voting member the leader.
   * @throws EtcdError BadLeaderTransferee; StatusError Unavailable when no endpoint is the leader's
   */
  async moveLeader(targetId: bigint, options: CallOptions = {}): Promise<void> {
    const endpoint = options.endpoint ?? (await this.leaderEndpoint(options));
    const call = { ...options, endpoint, retry: 'once' } as const;
    const request = MoveLeaderRequest.create({ targetId });
    await this.#transport.unary(MaintenanceService.moveLeader, request, call);
  }

  /** The one of the client's endpoints that is the leader's. @throws StatusError Unavailable when none is */
  async leaderEndpoint(options: MemberCallOptions = {}): Promise<string> {
    for (const endpoint of this.#transport.pool.urls) {
      const status = await this.status(endpoint, { timeoutMs: 2_000, ...options }).catch(
        () => undefined,
      );
      options.signal?.throwIfAborted();
      if (status && status.leader !== 0n && status.header.memberId === status.leader) {
        return endpoint;
      }
    }
    throw new StatusError(GrpcStatus.Unavailable, "no endpoint is the leader's");
  }

  /** All alarms that are on. */
  alarms(options: CallOptions = {}): Promise<Alarm[]> {
    return this.#alarm(AlarmAction.GET, { memberId: 0n, alarm: 'none' }, options);
  }

  /** Switches an alarm off, as far as it is on; member 0n means all members, `none` all kinds of alarm. */
  disarm(alarm: Partial<Alarm> = {}, options: CallOptions = {}): Promise<Alarm[]> {
    const { memberId = 0n, alarm: kind = 'none' } = alarm;
    return this.#alarm(AlarmAction.DEACTIVATE, { memberId, alarm: kind }, options);
  }

  async #alarm(action: number, { memberId, alarm }: Alarm, options: CallOptions): Promise<Alarm[]> {
    const request = AlarmRequest.create({ action, memberId, alarm: alarmType(alarm) });
    const call = { ...options, retry: 'repeatable' } as const;
    return alarmsOf(await this.#transport.unary(MaintenanceService.alarm, request, call));
  }
}

function alarmType(kind: AlarmKind): number {
  if (kind === 'nospace') return AlarmType.NOSPACE;
  return kind === 'corrupt' ? AlarmType.CORRUPT : AlarmType.NONE;
}

function alarmsOf(response: AlarmResponse): Alarm[] {
  return response.alarms.map(({ memberId, alarm }) => ({
    memberId,
    alarm: KINDS[alarm] ?? 'none',
  }));
}
