// The parts of transactions.
import { bytesFromLatin1, type LeaseId } from '../../../base/index.ts';
import {
  Compare,
  CompareResult,
  CompareTarget,
  DeleteRangeRequest,
  PutRequest,
  RangeRequest,
  RequestOp,
} from '../../../wire/gen/rpc.ts';
import type { KeyRange } from './key-space.ts';

export function putOp(key: string, value: Uint8Array, lease: LeaseId = 0n): RequestOp {
  return RequestOp.create({
    requestPut: PutRequest.create({ key: bytesFromLatin1(key), value, lease }),
  });
}

export function deleteOp(range: KeyRange, prevKv = false): RequestOp {
  const requestDeleteRange = DeleteRangeRequest.create({ ...range, prevKv });
  return RequestOp.create({ requestDeleteRange });
}

export function rangeOp(range: Partial<RangeRequest>): RequestOp {
  return RequestOp.create({ requestRange: RangeRequest.create(range) });
}

export function compareMod(key: string, modRevision: number): Compare {
  return Compare.create({
    result: CompareResult.EQUAL,
    target: CompareTarget.MOD,
    key: bytesFromLatin1(key),
    modRevision,
  });
}

export function compareCreate(key: string, result: number, createRevision: number): Compare {
  return Compare.create({
    result,
    target: CompareTarget.CREATE,
    key: bytesFromLatin1(key),
    createRevision,
  });
}
