// What a store answers, told as simply as possible: one map of all keys a revision. Slow, and too simple to be wrong.
import { EMPTY_BYTES, latin1FromBytes, type ErrorCode } from '../../base/index.ts';
import { KeyValue } from '../../wire/gen/kv.ts';
import {
  CompareResult,
  CompareTarget,
  DeleteRangeResponse,
  PutResponse,
  RangeResponse,
  ResponseHeader,
  ResponseOp,
  SortOrder,
  SortTarget,
  TxnResponse,
  type Compare,
  type DeleteRangeRequest,
  type PutRequest,
  type RangeRequest,
  type RequestOp,
  type TxnRequest,
} from '../../wire/gen/rpc.ts';

type Keys = ReadonlyMap<string, KeyValue>;

/** The error that a request ends with. */
export class ModelError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode) {
    super(code);
    this.code = code;
  }
}

/** A request that the API refuses before it is proposed, and that nobody has to know an answer to. */
export class NeverProposed extends Error {}

const header = (revision: number): ResponseHeader => ResponseHeader.create({ revision });
const fail = (code: ErrorCode): never => {
  throw new ModelError(code);
};

export class Model {
  /** The keys at each revision; index 0 is never read. */
  private readonly history: Keys[] = [new Map(), new Map()];
  private compacted = -1;
  readonly leases = new Set<bigint>();

  get revision(): number {
    return this.history.length - 1;
  }

  get keys(): Keys {
    return this.history.at(-1)!;
  }

  range(request: RangeRequest): RangeResponse {
    return this.rangeIn(this.keys, this.revision, request);
  }

  put(request: PutRequest): PutResponse {
    const txn = new ModelTxn(this.keys, this.revision);
    this.checkPut(request);
    const response = txn.put(request);
    this.commit(txn);
    return response;
  }

  deleteRange(request: DeleteRangeRequest): DeleteRangeResponse {
    const txn = new ModelTxn(this.keys, this.revision);
    const response = txn.deleteRange(request);
    this.commit(txn);
    return response;
  }

  txn(request: TxnRequest): TxnResponse {
    this.checkTxn(request);
    const txn = new ModelTxn(this.keys, this.revision);
    const response = this.run(txn, request);
    this.commit(txn);
    response.header = header(this.revision);
    return response;
  }

  compact(revision: number): void {
    if (revision <= this.compacted) fail('Compacted');
    if (revision > this.revision) fail('FutureRev');
    this.compacted = revision;
  }

  grant(id: bigint): void {
    if (this.leases.has(id)) fail('LeaseExist');
    this.leases.add(id);
  }

  revoke(id: bigint): void {
    if (!this.leases.delete(id)) fail('LeaseNotFound');
    const left = [...this.keys].filter(([, kv]) => kv.lease !== id);
    if (left.length < this.keys.size) this.history.push(new Map(left));
  }

  private commit(txn: ModelTxn): void {
    if (txn.changed) this.history.push(txn.keys);
  }

  private run(txn: ModelTxn, request: TxnRequest): TxnResponse {
    const succeeded = this.holds(request);
    const responses = (succeeded ? request.success : request.failure).map((op) =>
      this.runOp(txn, op),
    );
    return { header: header(0), succeeded, responses };
  }

  private runOp(txn: ModelTxn, op: RequestOp): ResponseOp {
    if (op.requestRange !== undefined) {
      const responseRange = this.rangeIn(txn.keys, txn.readRevision, op.requestRange);
      return ResponseOp.create({ responseRange });
    }
    if (op.requestPut !== undefined)
      return ResponseOp.create({ responsePut: txn.put(op.requestPut) });
    if (op.requestDeleteRange !== undefined)
      return ResponseOp.create({ responseDeleteRange: txn.deleteRange(op.requestDeleteRange) });
    if (op.requestTxn !== undefined)
      return ResponseOp.create({ responseTxn: this.run(txn, op.requestTxn) });
    return ResponseOp.create();
  }

  /** Compares see the state before the whole transaction, wherever they stand. */
  private holds(request: TxnRequest): boolean {
    return request.compare.every((compare) => {
      const found = within(this.keys, compare.key, compare.rangeEnd);
      if (found.length > 0) return found.every((kv) => satisfies(kv, compare));
      return compare.target !== CompareTarget.VALUE && satisfies(KeyValue.create(), compare);
    });
  }

  private checkTxn(request: TxnRequest): void {
    for (const op of this.holds(request) ? request.success : request.failure) {
      if (op.requestPut !== undefined) this.checkPut(op.requestPut);
      if (op.requestTxn !== undefined) this.checkTxn(op.requestTxn);
      if (op.requestRange === undefined || op.requestRange.revision === 0) continue;
      if (op.requestRange.revision > this.revision) fail('FutureRev');
      if (op.requestRange.revision < this.compacted) fail('Compacted');
    }
  }

  private checkPut(request: PutRequest): void {
    if (request.lease !== 0n && !this.leases.has(request.lease)) fail('LeaseNotFound');
    const keeps = request.ignoreValue || request.ignoreLease;
    if (keeps && !this.keys.has(latin1FromBytes(request.key))) fail('KeyNotFound');
  }

  /** What rpc.proto says of RangeRequest's fields. */
  private rangeIn(now: Keys, current: number, request: RangeRequest): RangeResponse {
    const revision = request.revision <= 0 ? current : request.revision;
    if (revision > current) fail('FutureRev');
    if (revision < this.compacted) fail('Compacted');
    const keys = revision === current ? now : this.history[revision]!;
    const all = within(keys, request.key, request.rangeEnd);
    const count = all.length;
    if (request.countOnly) return RangeResponse.create({ header: header(current), count });
    const kept = sorted(
      cutEarly(
        all.filter((kv) => isBetween(kv, request)),
        request,
      ),
      request,
    );
    const more = request.limit > 0 && kept.length > request.limit;
    const kvs = (more ? kept.slice(0, request.limit) : kept).map((kv) => shown(kv, request));
    return { header: header(current), kvs, more, count };
  }
}

/** Changes on the way to the next revision. */
class ModelTxn {
  keys: Map<string, KeyValue>;
  changed = false;
  private readonly before: number;

  constructor(keys: Keys, revision: number) {
    this.keys = new Map(keys);
    this.before = revision;
  }

  get readRevision(): number {
    return this.changed ? this.before + 1 : this.before;
  }

  put(request: PutRequest): PutResponse {
    const key = latin1FromBytes(request.key);
    const old = this.keys.get(key);
    if (old === undefined && (request.ignoreValue || request.ignoreLease)) {
      throw new NeverProposed('a key is deleted and then put in one transaction');
    }
    const main = this.before + 1;
    this.keys.set(key, {
      key: request.key,
      createRevision: old?.createRevision ?? main,
      modRevision: main,
      version: (old?.version ?? 0) + 1,
      value: request.ignoreValue ? old!.value : request.value,
      lease: request.ignoreLease ? old!.lease : request.lease,
    });
    this.changed = true;
    return { header: header(main), prevKv: request.prevKv ? old : undefined };
  }

  deleteRange(request: DeleteRangeRequest): DeleteRangeResponse {
    const doomed = within(this.keys, request.key, request.rangeEnd);
    for (const kv of doomed) this.keys.delete(latin1FromBytes(kv.key));
    if (doomed.length > 0) this.changed = true;
    return {
      header: header(this.readRevision),
      deleted: doomed.length,
      prevKvs: request.prevKv ? doomed : [],
    };
  }
}

function within(keys: Keys, from: Uint8Array, end: Uint8Array): KeyValue[] {
  const lo = latin1FromBytes(from);
  const hi = latin1FromBytes(end);
  const inside = (key: string) => (hi === '' ? key === lo : key >= lo && (hi === '\0' || key < hi));
  return [...keys.keys()]
    .sort()
    .filter(inside)
    .map((key) => keys.get(key)!);
}

function isBetween(kv: KeyValue, r: RangeRequest): boolean {
  const tooOld = kv.modRevision < r.minModRevision || kv.createRevision < r.minCreateRevision;
  const max = (bound: number) => (bound === 0 ? Infinity : bound);
  const tooNew =
    kv.modRevision > max(r.maxModRevision) || kv.createRevision > max(r.maxCreateRevision);
  // A negative bound is a bound, too.
  return !tooOld && !tooNew;
}

/** A target without an order is sorted after the limit has cut the keys, as etcd does. */
function cutEarly(kvs: KeyValue[], r: RangeRequest): KeyValue[] {
  const isFiltered =
    r.minModRevision !== 0 ||
    r.maxModRevision !== 0 ||
    r.minCreateRevision !== 0 ||
    r.maxCreateRevision !== 0;
  const isCut = r.sortOrder === SortOrder.NONE && r.limit > 0 && !isFiltered;
  return isCut ? kvs.slice(0, r.limit + 1) : kvs;
}

const FIELD_OF = new Map<number, (kv: KeyValue) => string | number>([
  [SortTarget.KEY, (kv) => latin1FromBytes(kv.key)],
  [SortTarget.VERSION, (kv) => kv.version],
  [SortTarget.CREATE, (kv) => kv.createRevision],
  [SortTarget.MOD, (kv) => kv.modRevision],
  [SortTarget.VALUE, (kv) => latin1FromBytes(kv.value)],
]);

function sorted(kvs: KeyValue[], { sortOrder, sortTarget }: RangeRequest): KeyValue[] {
  const field = FIELD_OF.get(sortTarget)!;
  const sign = sortOrder === SortOrder.DESCEND ? -1 : 1;
  return kvs.toSorted((a, b) => {
    const [x, y] = [field(a), field(b)];
    return x === y ? 0 : x < y ? -sign : sign;
  });
}

function shown(kv: KeyValue, request: RangeRequest): KeyValue {
  if (!request.keysOnly) return kv;
  // Only an order by value makes etcd read the pairs, and with them the lease.
  const lease = request.sortTarget === SortTarget.VALUE ? kv.lease : 0n;
  return { ...kv, value: EMPTY_BYTES, lease };
}

function satisfies(kv: KeyValue, compare: Compare): boolean {
  const [actual, wanted] = comparands(kv, compare);
  switch (compare.result) {
    case CompareResult.EQUAL:
      return actual === wanted;
    case CompareResult.GREATER:
      return actual > wanted;
    case CompareResult.LESS:
      return actual < wanted;
    default:
      return actual !== wanted;
  }
}

type Comparable = string | number | bigint;

function comparands(kv: KeyValue, compare: Compare): [Comparable, Comparable] {
  switch (compare.target) {
    case CompareTarget.VERSION:
      return [kv.version, compare.version ?? 0];
    case CompareTarget.CREATE:
      return [kv.createRevision, compare.createRevision ?? 0];
    case CompareTarget.MOD:
      return [kv.modRevision, compare.modRevision ?? 0];
    case CompareTarget.VALUE:
      return [latin1FromBytes(kv.value), latin1FromBytes(compare.value ?? EMPTY_BYTES)];
    default:
      return [kv.lease, compare.lease ?? 0n];
  }
}
