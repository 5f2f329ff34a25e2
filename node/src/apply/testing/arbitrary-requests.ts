// Random requests over few keys, so that they meet.
import fc from 'fast-check';
import { bytesFromLatin1 } from '../../base/index.ts';
import {
  Compare,
  DeleteRangeRequest,
  PutRequest,
  RangeRequest,
  RequestOp,
  TxnRequest,
} from '../../wire/gen/rpc.ts';

const text = fc.constantFrom('a', 'aa', 'b', 'b\xff', 'c', 'key\0', '\xff');
const key = text.map((one) => Uint8Array.from(bytesFromLatin1(one)));
const end = fc.oneof(
  { weight: 3, arbitrary: fc.constant(new Uint8Array(0)) },
  { weight: 3, arbitrary: key },
  { weight: 2, arbitrary: fc.constant(Uint8Array.of(0)) },
);
const value = fc
  .constantFrom('', 'v', 'w', 'x\0')
  .map((one) => Uint8Array.from(bytesFromLatin1(one)));
/** 3 is never granted. */
export const leaseId = fc.constantFrom(0n, 0n, 1n, 2n, 3n);
const rarely = fc.integer({ min: 0, max: 4 }).map((n) => n === 0);
const revision = fc.oneof(
  { weight: 6, arbitrary: fc.constant(0) },
  { weight: 3, arbitrary: fc.integer({ min: -2, max: 30 }) },
);
const bound = fc.oneof(
  { weight: 5, arbitrary: fc.constant(0) },
  { weight: 1, arbitrary: fc.integer({ min: -1, max: 20 }) },
);

export const range: fc.Arbitrary<RangeRequest> = fc.record({
  key,
  rangeEnd: end,
  limit: fc.constantFrom(0, 0, 1, 2, 3, -1, Number.MAX_SAFE_INTEGER),
  revision,
  sortOrder: fc.nat(2),
  sortTarget: fc.nat(4),
  serializable: fc.boolean(),
  keysOnly: rarely,
  countOnly: rarely,
  minModRevision: bound,
  maxModRevision: bound,
  minCreateRevision: bound,
  maxCreateRevision: bound,
});

export const put: fc.Arbitrary<PutRequest> = fc
  .record({
    key,
    value,
    lease: leaseId,
    prevKv: fc.boolean(),
    ignoreValue: rarely,
    ignoreLease: rarely,
  })
  .map((request) => ({
    ...request,
    // As the API demands.
    value: request.ignoreValue ? new Uint8Array(0) : request.value,
    lease: request.ignoreLease ? 0n : request.lease,
  }));

export const deleteRange: fc.Arbitrary<DeleteRangeRequest> = fc.record({
  key,
  rangeEnd: end,
  prevKv: fc.boolean(),
});

const small = fc.option(fc.integer({ min: 0, max: 6 }), { nil: undefined });
const compare: fc.Arbitrary<Compare> = fc.record({
  result: fc.nat(3),
  target: fc.nat(4),
  key,
  rangeEnd: end,
  version: small,
  createRevision: small,
  modRevision: small,
  value: fc.option(value, { nil: undefined }),
  lease: fc.option(leaseId, { nil: undefined }),
});

/** Transactions up to three levels deep. */
export const txn: fc.Arbitrary<TxnRequest> = fc.letrec<{ txn: TxnRequest; op: RequestOp }>(
  (tie) => ({
    txn: fc.record({
      compare: fc.array(compare, { maxLength: 2 }),
      success: fc.array(tie('op'), { maxLength: 4 }),
      failure: fc.array(tie('op'), { maxLength: 3 }),
    }),
    op: fc.oneof(
      { maxDepth: 2, depthIdentifier: 'txn' },
      { weight: 3, arbitrary: put.map((requestPut) => RequestOp.create({ requestPut })) },
      { weight: 3, arbitrary: range.map((requestRange) => RequestOp.create({ requestRange })) },
      {
        weight: 2,
        arbitrary: deleteRange.map((requestDeleteRange) =>
          RequestOp.create({ requestDeleteRange }),
        ),
      },
      { weight: 3, arbitrary: tie('txn').map((requestTxn) => RequestOp.create({ requestTxn })) },
    ),
  }),
).txn;
