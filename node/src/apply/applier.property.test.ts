// Random histories of requests: what the applier answers is what a naive model of etcd's API answers.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { EtcdError } from '../base/index.ts';
import type { InternalRaftRequest } from '../wire/gen/raft-internal.ts';
import { ApplierUnderTest } from './testing/applier-under-test.ts';
import { deleteRange, leaseId, put, range, txn } from './testing/arbitrary-requests.ts';
import { Model, ModelError, NeverProposed } from './testing/model.ts';

const request: fc.Arbitrary<Partial<InternalRaftRequest>> = fc.oneof(
  { weight: 6, arbitrary: put.map((one) => ({ put: one })) },
  { weight: 6, arbitrary: range.map((one) => ({ range: one })) },
  { weight: 2, arbitrary: deleteRange.map((one) => ({ deleteRange: one })) },
  { weight: 8, arbitrary: txn.map((one) => ({ txn: one })) },
  { weight: 2, arbitrary: leaseId.map((id) => ({ leaseGrant: { id, ttl: 60 } })) },
  { weight: 1, arbitrary: leaseId.map((id) => ({ leaseRevoke: { id } })) },
  {
    weight: 1,
    arbitrary: fc.nat(15).map((revision) => ({ compaction: { revision, physical: false } })),
  },
);

/** What the model answers, or the code of its error. Requests that only change something answer with the revision. */
function expected(model: Model, one: Partial<InternalRaftRequest>): unknown {
  try {
    if (one.put !== undefined) return model.put(one.put);
    if (one.range !== undefined) return model.range(one.range);
    if (one.deleteRange !== undefined) return model.deleteRange(one.deleteRange);
    if (one.txn !== undefined) return model.txn(one.txn);
    if (one.leaseGrant !== undefined) model.grant(one.leaseGrant.id);
    if (one.leaseRevoke !== undefined) model.revoke(one.leaseRevoke.id);
    if (one.compaction !== undefined) model.compact(one.compaction.revision);
    return model.revision;
  } catch (error) {
    if (error instanceof ModelError) return error.code;
    throw error;
  }
}

function actual(applier: ApplierUnderTest, one: Partial<InternalRaftRequest>): unknown {
  const { response, error } = applier.apply(one);
  if (error instanceof EtcdError) return error.code;
  if (error !== undefined) throw error;
  const isRead = one.leaseGrant === undefined && one.leaseRevoke === undefined;
  return isRead && one.compaction === undefined ? response : response?.header?.revision;
}

test('the applier answers every request as the model does', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(request, { minLength: 10, maxLength: 40 }), async (requests) => {
      const applier = await ApplierUnderTest.start();
      const model = new Model();
      for (const one of requests) {
        if (one.leaseGrant?.id === 0n || one.leaseGrant?.id === 3n) continue;
        let answer: unknown;
        try {
          answer = expected(model, one);
        } catch (error) {
          if (error instanceof NeverProposed) continue;
          throw error;
        }
        expect(plain(actual(applier, one)), describe(one)).toEqual(plain(answer));
        expect(applier.store.revision).toBe(model.revision);
      }
    }),
    { numRuns: 250 },
  );
});

/** Bytes as text, whatever holds them. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('latin1');
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, plain(field)]));
}

function describe(one: Partial<InternalRaftRequest>): string {
  return JSON.stringify(plain(one), (_, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value,
  );
}
