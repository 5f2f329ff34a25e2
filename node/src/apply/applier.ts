// A committed request becomes a change of the store, the leases, the alarms or the membership: synchronously, and the
// same on every member (etcd: server/etcdserver/apply/).
import {
  EtcdError,
  StatusError,
  GrpcStatus,
  assert,
  type LeaseId,
  type Logger,
} from '../base/index.ts';
import type { InternalRaftRequest } from '../wire/gen/raft-internal.ts';
import {
  AlarmAction,
  AlarmResponse,
  AlarmType,
  CompactionResponse,
  LeaseCheckpointResponse,
  LeaseGrantResponse,
  LeaseRevokeResponse,
  type ResponseHeader,
  type AlarmRequest,
  type CompactionRequest,
  type DeleteRangeResponse,
  type LeaseGrantRequest,
  type PutResponse,
  type RangeResponse,
  type TxnResponse,
} from '../wire/gen/rpc.ts';
import type { Alarms } from './alarms.ts';
import { headerAt } from './header.ts';
import type { Membership } from './membership.ts';
import { LEASE_COST_BYTES, putCostBytes, txnCostBytes, type Quota } from './quota.ts';
import { executeRange } from './range.ts';
import type { LeaseStore, Store } from './store-view.ts';
import { executeDeleteRange, executePut, executeTxn } from './txn.ts';

export type AppliedResponse =
  | RangeResponse
  | PutResponse
  | DeleteRangeResponse
  | TxnResponse
  | CompactionResponse
  | LeaseGrantResponse
  | LeaseRevokeResponse
  | LeaseCheckpointResponse
  | AlarmResponse;

/** What became of a request: a response, or the error that every member came to. */
export interface Applied {
  readonly response?: AppliedResponse;
  readonly error?: EtcdError | StatusError;
  /** Ends when a compaction is physically done. */
  readonly physicalCompaction?: Promise<void>;
}

export interface ApplierParts {
  readonly store: Store;
  readonly leases: LeaseStore;
  readonly alarms: Alarms;
  readonly membership: Membership;
  readonly quota: Quota;
  readonly logger: Logger;
  /** Called with the new cluster version. */
  readonly onClusterVersion: (version: string) => void;
}

export class Applier {
  private readonly parts: ApplierParts;

  constructor(parts: ApplierParts) {
    this.parts = parts;
  }

  /**
   * Applies one request. Errors that a client can cause come back in the result; anything thrown means that this member can
   * no longer be trusted to equal the others, and must end the process.
   */
  apply(request: InternalRaftRequest): Applied {
    try {
      return this.dispatch(request);
    } catch (error) {
      if (error instanceof EtcdError || error instanceof StatusError) return { error };
      throw error;
    }
  }

  private dispatch(request: InternalRaftRequest): Applied {
    if (request.put !== undefined) return this.put(request.put);
    if (request.txn !== undefined) return this.txn(request.txn);
    if (request.deleteRange !== undefined) {
      this.refuseWhenCorrupt();
      return { response: executeDeleteRange(this.parts.store, request.deleteRange) };
    }
    if (request.range !== undefined) {
      this.refuseWhenCorrupt();
      return { response: executeRange(this.parts.store, request.range) };
    }
    if (request.compaction !== undefined) return this.compact(request.compaction);
    if (request.leaseGrant !== undefined) return this.grant(request.leaseGrant);
    if (request.leaseRevoke !== undefined) return this.revoke(request.leaseRevoke.id);
    if (request.leaseCheckpoint !== undefined) {
      for (const { id, remainingTtl } of request.leaseCheckpoint.checkpoints) {
        this.parts.leases.checkpoint(id, remainingTtl);
      }
      return { response: LeaseCheckpointResponse.create() };
    }
    if (request.alarm !== undefined) return { response: this.alarm(request.alarm) };
    return this.applyToCluster(request);
  }

  private applyToCluster(request: InternalRaftRequest): Applied {
    const { membership } = this.parts;
    if (request.clusterVersionSet !== undefined) {
      membership.setClusterVersion(request.clusterVersionSet.ver);
      this.parts.onClusterVersion(request.clusterVersionSet.ver);
    } else if (request.clusterMemberAttrSet !== undefined) {
      const { memberId, memberAttributes } = request.clusterMemberAttrSet;
      membership.updateAttributes(
        memberId,
        memberAttributes?.name ?? '',
        memberAttributes?.clientUrls ?? [],
      );
    } else if (request.downgradeInfoSet !== undefined) {
      const { enabled, ver } = request.downgradeInfoSet;
      membership.setDowngrade({ enabled, targetVersion: enabled ? ver : '' });
    } else if (request.downgradeVersionTest === undefined) {
      // Authentication is the only group of requests that is left; it is never enabled here.
      assert(isAuthRequest(request), 'a committed request has a known kind');
      return {
        error: new StatusError(GrpcStatus.Unimplemented, 'authentication is not available'),
      };
    }
    return {};
  }

  private put(request: NonNullable<InternalRaftRequest['put']>): Applied {
    this.refuseWhenCorrupt();
    this.refuseWithoutSpace(putCostBytes(request));
    const withinQuota = this.parts.quota.allows(putCostBytes(request));
    return withQuota(withinQuota, executePut(this.parts.store, this.parts.leases, request));
  }

  private txn(request: NonNullable<InternalRaftRequest['txn']>): Applied {
    this.refuseWhenCorrupt();
    const cost = txnCostBytes(request);
    this.refuseWithoutSpace(cost);
    const withinQuota = this.parts.quota.allows(cost);
    return withQuota(withinQuota, executeTxn(this.parts.store, this.parts.leases, request));
  }

  private grant(request: LeaseGrantRequest): Applied {
    this.refuseWhenCorrupt();
    this.refuseWithoutSpace(LEASE_COST_BYTES);
    const withinQuota = this.parts.quota.allows(LEASE_COST_BYTES);
    const lease = this.parts.leases.grant(request.id, request.ttl);
    const response = LeaseGrantResponse.create({
      header: this.header(),
      id: lease.id,
      ttl: lease.ttl,
    });
    return withQuota(withinQuota, response);
  }

  private revoke(id: LeaseId): Applied {
    this.refuseWhenCorrupt();
    this.parts.leases.revoke(id);
    return { response: LeaseRevokeResponse.create({ header: this.header() }) };
  }

  private compact(request: CompactionRequest): Applied {
    this.refuseWhenCorrupt();
    const { store } = this.parts;
    const physicalCompaction = store.compact(request.revision);
    return {
      response: CompactionResponse.create({ header: this.header() }),
      physicalCompaction,
    };
  }

  private alarm(request: AlarmRequest): AlarmResponse {
    const { alarms } = this.parts;
    switch (request.action) {
      case AlarmAction.GET:
        return AlarmResponse.create({ alarms: alarms.list(request.alarm) });
      case AlarmAction.ACTIVATE:
        if (request.alarm === AlarmType.NONE) return AlarmResponse.create();
        return AlarmResponse.create({ alarms: [alarms.activate(request.memberId, request.alarm)] });
      case AlarmAction.DEACTIVATE: {
        const ended = alarms.deactivate(request.memberId, request.alarm);
        return AlarmResponse.create({ alarms: ended === undefined ? [] : [ended] });
      }
      default:
        return AlarmResponse.create();
    }
  }

  private header(): ResponseHeader {
    return headerAt(this.parts.store.revision);
  }

  private refuseWhenCorrupt(): void {
    if (this.parts.alarms.has(AlarmType.CORRUPT)) throw new EtcdError('Corrupt');
  }

  /** Under the NOSPACE alarm nothing that adds data is applied. */
  private refuseWithoutSpace(costBytes: number): void {
    if (costBytes > 0 && this.parts.alarms.has(AlarmType.NOSPACE)) throw new EtcdError('NoSpace');
  }
}

/** The request that exceeds the quota is still applied, and answered with NoSpace: its member then raises the alarm. */
function withQuota(withinQuota: boolean, response: AppliedResponse): Applied {
  return withinQuota ? { response } : { response, error: new EtcdError('NoSpace') };
}

function isAuthRequest(request: InternalRaftRequest): boolean {
  return Object.entries(request).some(
    ([key, value]) => key.startsWith('auth') && value !== undefined,
  );
}
