// What went wrong, as errors to match on: EtcdError with etcd's codes, or StatusError with gRPC's.
import type { ServiceError } from '@grpc/grpc-js';
import { EtcdError, errorCodeFromText, GrpcStatus, StatusError } from '../base/errors.ts';

/** Ends a watch whose start is compacted away: read the range again and watch from that revision + 1. */
export class WatchCompactedError extends EtcdError {
  /** The oldest revision that can still be watched from is this one + 1. */
  readonly compactRevision: number;

  constructor(compactRevision: number) {
    super('Compacted');
    this.name = 'WatchCompactedError';
    this.compactRevision = compactRevision;
  }
}

/** A lease that a Lease or Session object kept alive is gone, or may be: no answer came for its whole TTL. */
export class LeaseLostError extends Error {
  readonly leaseId: bigint;

  constructor(leaseId: bigint, reason: string) {
    super(`lease ${leaseId.toString(16)} is lost: ${reason}`);
    this.name = 'LeaseLostError';
    this.leaseId = leaseId;
  }
}

/** The error that a status with this text stands for (the table of base/errors.ts, else a StatusError). */
export function errorFromStatus(status: number, text: string): EtcdError | StatusError {
  const code = errorCodeFromText(text);
  if (code !== undefined) return new EtcdError(code);
  // gRPC's table of codes is closed; a server that leaves it has failed in an unknown way.
  const known = Object.values(GrpcStatus).find((value) => value === status);
  return new StatusError(known ?? GrpcStatus.Unknown, text);
}

export function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && 'code' in error && 'details' in error;
}

/** What grpc-js rejects with, as ours; anything else as it is. */
export function toClientError(error: unknown): unknown {
  return isServiceError(error) ? errorFromStatus(error.code, error.details) : error;
}

/** The gRPC status of an error of ours, or undefined for any other. */
export function statusOf(error: unknown): GrpcStatus | undefined {
  return error instanceof EtcdError || error instanceof StatusError ? error.status : undefined;
}

/**
 * A reason in a watch's cancellation, which servers send bare or as Go prints a status:
 * `rpc error: code = PermissionDenied desc = etcdserver: permission denied`.
 */
export function errorFromCancelReason(reason: string): EtcdError | StatusError {
  const text = reason.replace(/^rpc error: code = \w+ desc = /, '');
  return errorFromStatus(GrpcStatus.FailedPrecondition, text);
}
