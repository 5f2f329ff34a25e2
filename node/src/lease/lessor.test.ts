import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareBytes, hexFromBytes } from '../base/bytes.ts';
import { isEtcdError } from '../base/errors.ts';
import { SILENT_LOGGER } from '../base/logger.ts';
import { FakeClock } from '../base/testing/fake-clock.ts';
import type { LeaseCheckpoint } from '../wire/gen/rpc.ts';
import type { LeaseBackend, LeaseBucket } from './lease-bucket.ts';
import { Lessor, NotPrimaryError, type LessorOptions } from './lessor.ts';

class MemoryBucket implements LeaseBucket {
  readonly entries = new Map<string, [Uint8Array, Uint8Array]>();
  put(key: Uint8Array, value: Uint8Array): void {
    this.entries.set(hexFromBytes(key), [key, value]);
  }
  delete(key: Uint8Array): void {
    this.entries.delete(hexFromBytes(key));
  }
  forEach(
    _from: Uint8Array,
    _to: Uint8Array | undefined,
    visit: (key: Uint8Array, value: Uint8Array) => boolean | void,
  ): void {
    const sorted = [...this.entries.values()].sort((a, b) => compareBytes(a[0], b[0]));
    for (const [key, value] of sorted) if (visit(key, value) === false) return;
  }
}

class MemoryBackend implements LeaseBackend {
  readonly lease = new MemoryBucket();
  bucket(name: string): LeaseBucket {
    expect(name).toBe('lease');
    return this.lease;
  }
}

function setUp(options: Partial<LessorOptions> = {}) {
  const clock = new FakeClock();
  const backend = new MemoryBackend();
  const full = { clock, logger: SILENT_LOGGER, minTtlSeconds: 2, ...options };
  const lessor = new Lessor(backend, full);
  return { clock, backend, lessor, full };
}

const codeOf = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    return isEtcdError(error) ? error.code : String(error);
  }
  return 'none';
};

describe('grant', () => {
  test('stores the lease as etcd does: 8-byte big-endian id, leasepb.Lease', () => {
    const { lessor, backend } = setUp();
    lessor.grant(0x0102030405060708n, 300);
    expect([...backend.lease.entries.keys()]).toEqual(['0102030405060708']);
    const [, value] = backend.lease.entries.get('0102030405060708')!;
    expect(hexFromBytes(value)).toBe('08888e98a8c0e080810110ac02');
  });

  test('raises short and negative TTLs to the minimum and refuses what etcd refuses', () => {
    const { lessor } = setUp();
    expect(lessor.grant(1n, 1).ttlSeconds).toBe(2);
    expect(lessor.grant(2n, -5).ttlSeconds).toBe(2);
    expect(lessor.grant(3n, 9_000_000_000).ttlSeconds).toBe(9_000_000_000);
    expect(codeOf(() => lessor.grant(4n, 9_000_000_001))).toBe('LeaseTTLTooLarge');
    expect(codeOf(() => lessor.grant(1n, 10))).toBe('LeaseExist');
    expect(codeOf(() => lessor.grant(0n, 10))).toBe('LeaseNotFound');
  });
});

describe('revoke', () => {
  test('deletes attached keys sorted, while they are still attached, and then the lease', () => {
    const { lessor, backend } = setUp();
    lessor.grant(7n, 10);
    for (const key of ['b', 'a', '\xff', 'c']) lessor.attach(7n, key);
    lessor.detach(7n, 'c');
    let deleted: string[] = [];
    lessor.revoke(7n, (keys) => {
      deleted = keys;
      expect(backend.lease.entries.size).toBe(1);
      for (const key of keys) lessor.detach(lessor.leaseOf(key), key);
    });
    expect(deleted).toEqual(['a', 'b', '\xff']);
    expect(backend.lease.entries.size).toBe(0);
    expect(lessor.leaseOf('a')).toBe(0n);
    expect(codeOf(() => lessor.revoke(7n, () => {}))).toBe('LeaseNotFound');
  });

  test('does not write a transaction for a lease without keys', () => {
    const { lessor } = setUp();
    lessor.grant(7n, 10);
    lessor.revoke(7n, () => expect.unreachable());
    expect(lessor.lookup(7n)).toBeUndefined();
  });
});

describe('time on the primary', () => {
  test('nothing expires on other members, and they cannot renew', () => {
    const { lessor, clock } = setUp();
    lessor.grant(1n, 5);
    clock.advance(60_000);
    expect(lessor.expired()).toEqual([]);
    expect(() => lessor.renew(1n)).toThrow(NotPrimaryError);
    expect(codeOf(() => lessor.timeToLive(1n))).toBe('LeaderChanged');
  });

  test('a lease expires after its TTL, counted from the promotion plus the extension', () => {
    const { lessor, clock } = setUp();
    lessor.grant(1n, 5);
    clock.advance(60_000);
    lessor.promote(1000);
    clock.advance(5999);
    expect(lessor.expired()).toEqual([]);
    clock.advance(1);
    expect(lessor.expired()).toEqual([1n]);
  });

  test('is offered for revocation again after 3 s when that did not go through', () => {
    const { lessor, clock } = setUp();
    lessor.promote(0);
    lessor.grant(1n, 5);
    clock.advance(5000);
    expect(lessor.expired()).toEqual([1n]);
    clock.advance(2999);
    expect(lessor.expired()).toEqual([]);
    clock.advance(1);
    expect(lessor.expired()).toEqual([1n]);
    lessor.revoke(1n, () => {});
    clock.advance(10_000);
    expect(lessor.expired()).toEqual([]);
  });

  test('renewal begins the TTL anew; time to live is floored', () => {
    const { lessor, clock } = setUp();
    lessor.promote(0);
    lessor.grant(1n, 5);
    clock.advance(4000);
    expect(lessor.renew(1n)).toBe(5);
    clock.advance(3500);
    expect(lessor.timeToLive(1n)).toEqual({ ttl: 1, grantedTtl: 5, keys: [] });
    expect(lessor.expired()).toEqual([]);
    clock.advance(1500);
    expect(lessor.expired()).toEqual([1n]);
    expect(codeOf(() => lessor.renew(2n))).toBe('LeaseNotFound');
  });

  test('offers at most 500 leases a poll', () => {
    const { lessor, clock } = setUp();
    lessor.promote(0);
    for (let id = 1n; id <= 1200n; id++) lessor.grant(id, 5);
    clock.advance(5000);
    const seen = new Set<bigint>();
    for (const expected of [500, 500, 200, 0]) {
      const due = lessor.expired();
      expect(due.length).toBe(expected);
      for (const id of due) seen.add(id);
    }
    expect(seen.size).toBe(1200);
  });

  test('a late renewal waits for the revocation', async () => {
    const { lessor, clock } = setUp();
    lessor.promote(0);
    lessor.grant(1n, 5);
    clock.advance(5000);
    const late = lessor.renew(1n);
    lessor.revoke(1n, () => {});
    await expect(late).rejects.toMatchObject({ code: 'LeaseNotFound' });
  });

  test('a late renewal goes elsewhere when the primacy ends, even if it begins again at once', async () => {
    const { lessor, clock } = setUp();
    lessor.promote(0);
    lessor.grant(1n, 5);
    clock.advance(5000);
    const late = lessor.renew(1n);
    lessor.demote();
    lessor.promote(0);
    await expect(late).rejects.toBeInstanceOf(NotPrimaryError);
    expect(lessor.expired()).toEqual([]);
    clock.advance(5000);
    expect(lessor.expired()).toEqual([1n]);
  });

  test('a promotion spreads piled up expirations below the revocation rate', () => {
    const { lessor, clock } = setUp();
    const count = 3000;
    for (let id = 1n; id <= count; id++) lessor.grant(id, 10);
    lessor.promote(0);
    const perSecond: number[] = [];
    for (let second = 0; second < 20; second++) {
      clock.advance(1000);
      let due = 0;
      for (let ids = lessor.expired(); ids.length > 0; ids = lessor.expired()) {
        due += ids.length;
        for (const id of ids) lessor.revoke(id, () => {});
      }
      perSecond.push(due);
    }
    expect(perSecond.reduce((sum, due) => sum + due, 0)).toBe(count);
    expect(Math.max(...perSecond)).toBeLessThanOrEqual(1000);
    expect(perSecond.slice(0, 9).every((due) => due === 0)).toBe(true);
  });
});

describe('checkpoints', () => {
  const withCheckpointer = (persist: boolean) => {
    const parts = setUp({ checkpointIntervalMs: 60_000, persistCheckpoints: () => persist });
    const proposed: LeaseCheckpoint[][] = [];
    parts.lessor.setCheckpointer(async (checkpoints) => {
      proposed.push(checkpoints);
      for (const { id, remainingTtl } of checkpoints) parts.lessor.checkpoint(id, remainingTtl);
    });
    parts.lessor.promote(0);
    return { ...parts, proposed };
  };

  test('record what is left of leases longer than the interval, and a new primary goes on from it', () => {
    const { lessor, clock } = withCheckpointer(true);
    lessor.grant(1n, 300);
    lessor.grant(2n, 60);
    clock.advance(59_999);
    expect(lessor.dueCheckpoints()).toEqual([]);
    clock.advance(1);
    expect(lessor.dueCheckpoints()).toEqual([{ id: 1n, remainingTtl: 240 }]);
    expect(lessor.dueCheckpoints()).toEqual([]);
    lessor.checkpoint(1n, 240);
    lessor.demote();
    lessor.promote(0);
    expect(lessor.timeToLive(1n).ttl).toBe(240);
  });

  test('a renewal takes the checkpoint back through the log before it counts', async () => {
    const { lessor, proposed } = withCheckpointer(true);
    lessor.grant(1n, 300);
    lessor.checkpoint(1n, 100);
    expect(await lessor.renew(1n)).toBe(300);
    expect(proposed).toEqual([[{ id: 1n, remainingTtl: 0 }]]);
    expect(lessor.timeToLive(1n).ttl).toBe(300);
    expect(lessor.renew(1n)).toBe(300);
    expect(proposed.length).toBe(1);
  });

  test.each([
    [true, 100],
    [false, 300],
  ])('survive a restart when they are persisted: %s', (persist, left) => {
    const { lessor, backend, full } = withCheckpointer(persist);
    lessor.grant(1n, 300);
    lessor.checkpoint(1n, 100);
    const again = new Lessor(backend, full);
    again.promote(0);
    expect(again.timeToLive(1n)).toMatchObject({ ttl: left, grantedTtl: 300 });
  });
});

test('a lessor that opens a backend holds what the former one held', () => {
  const { lessor, backend, full } = setUp();
  lessor.grant(5n, 10);
  lessor.grant(-1n, 20);
  lessor.grant(6n, 30);
  lessor.attach(6n, 'k');
  lessor.revoke(6n, () => {});
  const again = new Lessor(backend, { ...full, minTtlSeconds: 15 });
  expect(again.leases().map((lease) => [lease.id, lease.ttlSeconds])).toEqual([
    [5n, 15],
    [-1n, 20],
  ]);
  again.attach(5n, 'k');
  again.recover(backend);
  expect(again.leaseOf('k')).toBe(0n);
  expect(codeOf(() => again.attach(9n, 'k'))).toBe('LeaseNotFound');
});

test('expires exactly what a model says, whatever the order of grants, renewals, revocations and time', () => {
  const ids = fc.bigInt({ min: 1n, max: 6n });
  const step = fc.oneof(
    fc.record({
      kind: fc.constant('grant' as const),
      id: ids,
      ttl: fc.integer({ min: 2, max: 9 }),
    }),
    fc.record({ kind: fc.constant('renew' as const), id: ids }),
    fc.record({ kind: fc.constant('revoke' as const), id: ids }),
    fc.record({ kind: fc.constant('advance' as const), ms: fc.integer({ min: 1, max: 3000 }) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60, size: 'max' }), (steps) => {
      const { lessor, clock } = setUp();
      lessor.promote(0);
      const model = new Map<bigint, { ttl: number; expiry: number }>();
      for (const action of steps) {
        const now = clock.monotonicMs();
        if (action.kind === 'grant' && !model.has(action.id)) {
          lessor.grant(action.id, action.ttl);
          model.set(action.id, { ttl: action.ttl, expiry: now + action.ttl * 1000 });
        } else if (action.kind === 'renew' && model.has(action.id)) {
          const entry = model.get(action.id)!;
          expect(lessor.renew(action.id)).toBe(entry.ttl);
          entry.expiry = now + entry.ttl * 1000;
        } else if (action.kind === 'revoke' && model.delete(action.id)) {
          lessor.revoke(action.id, () => {});
        } else if (action.kind === 'advance') {
          clock.advance(action.ms);
          const due = [...model].filter(([, entry]) => entry.expiry <= clock.monotonicMs());
          expect(lessor.expired().sort()).toEqual(due.map(([id]) => id).sort());
          for (const [id] of due) {
            lessor.revoke(id, () => {});
            model.delete(id);
          }
        }
      }
    }),
  );
});
