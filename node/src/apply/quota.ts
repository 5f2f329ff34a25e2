// The space quota: what a request may add to the backend file (etcd: server/storage/quota.go).
import type { PutRequest, RequestOp, TxnRequest } from '../wire/gen/rpc.ts';

export const DEFAULT_QUOTA_BYTES = 2 * 1024 ** 3;
const LEASE_OVERHEAD_BYTES = 64;
const KEY_VALUE_OVERHEAD_BYTES = 256;

/** Judges requests against the backend's allocated size. */
export class Quota {
  /** Infinity when the quota is switched off. */
  readonly limitBytes: number;
  private readonly sizeBytes: () => number;

  /** @param configuredBytes 0 is the default, a negative value no quota */
  constructor(configuredBytes: number, sizeBytes: () => number) {
    this.limitBytes =
      configuredBytes === 0
        ? DEFAULT_QUOTA_BYTES
        : configuredBytes < 0
          ? Infinity
          : configuredBytes;
    this.sizeBytes = sizeBytes;
  }

  get remainingBytes(): number {
    return this.limitBytes - this.sizeBytes();
  }

  /** True when a request of this cost may go ahead. One that adds nothing always may. */
  allows(costBytes: number): boolean {
    return costBytes === 0 || this.sizeBytes() + costBytes < this.limitBytes;
  }
}

export const LEASE_COST_BYTES = LEASE_OVERHEAD_BYTES;

export function putCostBytes(request: PutRequest): number {
  return KEY_VALUE_OVERHEAD_BYTES + request.key.length + request.value.length;
}

export function txnCostBytes(request: TxnRequest): number {
  return Math.max(branchCostBytes(request.success), branchCostBytes(request.failure));
}

function branchCostBytes(operations: readonly RequestOp[]): number {
  let cost = 0;
  for (const op of operations) {
    if (op.requestPut !== undefined) cost += putCostBytes(op.requestPut);
    else if (op.requestTxn !== undefined) cost += txnCostBytes(op.requestTxn);
  }
  return cost;
}
