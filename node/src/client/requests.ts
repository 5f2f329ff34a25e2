// The options of reads and writes, and the wire requests they stand for.
import {
  DeleteRangeRequest,
  PutRequest,
  RangeRequest,
  SortOrder,
  SortTarget,
} from '../wire/gen/rpc.ts';
import { keyRange, toBytes, type Bytes, type KeySelector } from './keys.ts';

export interface GetOptions {
  /** The state at this revision instead of the present one. Compacted or future ones are errors. */
  readonly revision?: number;
  /** Answered by any member from what it has, perhaps stale, without asking the leader. */
  readonly serializable?: boolean;
}

export interface RangeOptions extends GetOptions, KeySelector {
  /** At most this many keys; 0 is all. */
  readonly limit?: number;
  readonly sort?: {
    readonly by: 'key' | 'version' | 'create' | 'mod' | 'value';
    /** `ascend` by default. */
    readonly order?: 'ascend' | 'descend';
  };
  /** Leaves values out. */
  readonly keysOnly?: boolean;
  /** Leaves all but the count out. */
  readonly countOnly?: boolean;
  /** Only keys changed last at or behind this revision; the next three likewise. */
  readonly minModRevision?: number;
  readonly maxModRevision?: number;
  readonly minCreateRevision?: number;
  readonly maxCreateRevision?: number;
}

export interface PutOptions {
  /** The key is deleted when this lease ends. */
  readonly lease?: bigint;
  /** Answer with what the key held before. */
  readonly prevKv?: boolean;
  /** Keep the value there is and change only the lease; the value given must be empty and the key must exist. */
  readonly ignoreValue?: boolean;
  /** Keep the lease there is; no lease may be given and the key must exist. */
  readonly ignoreLease?: boolean;
}

export interface DeleteOptions extends KeySelector {
  /** Answer with what the deleted keys held. */
  readonly prevKv?: boolean;
}

const TARGETS = {
  key: SortTarget.KEY,
  version: SortTarget.VERSION,
  create: SortTarget.CREATE,
  mod: SortTarget.MOD,
  value: SortTarget.VALUE,
} as const;

export function rangeRequest(key: Bytes, options: RangeOptions = {}): RangeRequest {
  const request = RangeRequest.create(keyRange(key, options));
  request.limit = options.limit ?? 0;
  request.revision = options.revision ?? 0;
  request.serializable = options.serializable ?? false;
  request.keysOnly = options.keysOnly ?? false;
  request.countOnly = options.countOnly ?? false;
  request.minModRevision = options.minModRevision ?? 0;
  request.maxModRevision = options.maxModRevision ?? 0;
  request.minCreateRevision = options.minCreateRevision ?? 0;
  request.maxCreateRevision = options.maxCreateRevision ?? 0;
  if (options.sort) {
    request.sortTarget = TARGETS[options.sort.by];
    const descend = options.sort.order === 'descend';
    // By key, ascending is how the store keeps them anyway.
    if (descend) request.sortOrder = SortOrder.DESCEND;
    else if (options.sort.by !== 'key') request.sortOrder = SortOrder.ASCEND;
  }
  return request;
}

export function putRequest(key: Bytes, value: Bytes, options: PutOptions = {}): PutRequest {
  return PutRequest.create({
    key: toBytes(key),
    value: toBytes(value),
    lease: options.lease ?? 0n,
    prevKv: options.prevKv ?? false,
    ignoreValue: options.ignoreValue ?? false,
    ignoreLease: options.ignoreLease ?? false,
  });
}

export function deleteRequest(key: Bytes, options: DeleteOptions = {}): DeleteRangeRequest {
  return DeleteRangeRequest.create({
    ...keyRange(key, options),
    prevKv: options.prevKv ?? false,
  });
}
