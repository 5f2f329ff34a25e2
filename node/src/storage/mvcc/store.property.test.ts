// Random histories against a model: what is read, what is stored, what watchers see, what the hashes are.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isEtcdError, latin1FromBytes, SILENT_LOGGER, utf8FromText } from '../../base/index.ts';
import { EventType } from '../../wire/gen/kv.ts';
import type { Event } from '../../wire/gen/kv.ts';
import type { KeyValueBackend } from './key-value-backend.ts';
import { MvccStore } from './store.ts';
import { reopenFile, reopenMemory } from './testing/reopen.ts';
import type { Reopen } from './testing/reopen.ts';
import { MemoryLessor } from './testing/memory-lessor.ts';
import { bucketKey, bucketValue, keyValue, ModelStore } from './testing/model.ts';
import type { Change } from './testing/model.ts';
import { QUICK_CLOCK } from './testing/quick-clock.ts';

const key = fc.constantFrom('a', 'ab', 'b', 'b/1', 'b/2', 'c', 'long-key-with-a-name', 'z');
const bound = fc.option(fc.oneof(key, fc.constant('')), { nil: undefined });
const write = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      put: key,
      value: fc.string({ maxLength: 3 }),
      lease: fc.bigInt(0n, 2n),
    }),
  },
  { weight: 1, arbitrary: fc.record({ del: key, to: bound }) },
);
const step = fc.oneof(
  { weight: 8, arbitrary: fc.record({ txn: fc.array(write, { minLength: 1, maxLength: 4 }) }) },
  { weight: 2, arbitrary: fc.record({ compactBack: fc.nat(6) }) },
  { weight: 1, arbitrary: fc.constant({ reopen: true } as const) },
  {
    weight: 4,
    arbitrary: fc.record({
      back: fc.nat(8),
      from: key,
      to: bound,
      limit: fc.nat(4),
      keysOnly: fc.boolean(),
    }),
  },
);
type Write = typeof write extends fc.Arbitrary<infer T> ? T : never;

const OPTIONS = { clock: QUICK_CLOCK, logger: SILENT_LOGGER, compactionBatchLimit: 3 };

/** The store beside its model. */
class Pair {
  readonly model = new ModelStore();
  readonly events: Event[] = [];
  private readonly reopen: Reopen;
  private backend!: KeyValueBackend; // set by open, before anything else
  private lessor = new MemoryLessor();
  store!: MvccStore; // set by open, before anything else

  constructor(reopen: Reopen) {
    this.reopen = reopen;
  }

  async open(): Promise<void> {
    this.backend = await this.reopen();
    this.lessor = new MemoryLessor();
    this.store = await MvccStore.open(this.backend, { ...OPTIONS, lessor: this.lessor });
    this.store.onChanges = (revision, events) => {
      expect(revision).toBe(this.store.revision);
      this.events.push(...events);
    };
  }

  txn(writes: readonly Write[]): void {
    const txn = this.store.beginWrite();
    let sub = 0;
    for (const one of writes) {
      if ('put' in one) {
        txn.put(utf8FromText(one.put), utf8FromText(one.value), one.lease);
        this.model.put(sub++, one.put, one.value, one.lease);
      } else {
        const { deleted } = txn.deleteRange(utf8FromText(one.del), rangeEnd(one.to));
        expect(deleted).toBe(this.model.deleteRange(sub, one.del, one.to));
        sub += deleted;
      }
      const seen = txn.range(new Uint8Array(0), Uint8Array.of(0));
      expect(seen.kvs).toEqual(this.model.visible(this.model.revision + 1, '', '').map(keyValue));
    }
    txn.end();
    if (sub > 0) this.model.revision++;
  }

  async compact(revision: number): Promise<void> {
    if (revision <= this.model.compactRevision) {
      expect(codeOf(() => this.store.compact(revision))).toBe('Compacted');
      return;
    }
    expect(codeOf(() => this.store.compact(this.store.revision + 1))).toBe('FutureRev');
    const before = await this.store.hashKv(revision);
    await this.store.compact(revision);
    // Where only a tombstone is kept, etcd's two hashes differ: see testdata/empty-keep.txt.
    const comparable = this.model.visible(revision, '', '').length > 0;
    if (comparable) expect(this.store.hashes().at(-1)?.hash).toBe(before.hash);
    this.model.compact(revision);
  }

  range(
    revision: number,
    from: string,
    to: string | undefined,
    limit: number,
    keysOnly: boolean,
  ): void {
    const read = () =>
      this.store.range(utf8FromText(from), rangeEnd(to), { revision, limit, keysOnly });
    if (revision < this.model.compactRevision) {
      expect(codeOf(read)).toBe('Compacted');
      return;
    }
    const all = this.model.visible(revision, from, to);
    const expected = (limit === 0 ? all : all.slice(0, limit)).map(keyValue);
    if (keysOnly)
      for (const kv of expected) Object.assign(kv, { value: new Uint8Array(0), lease: 0n });
    const got = read();
    // A key from the index is a Buffer, which toEqual takes for another thing.
    for (const kv of got.kvs) kv.key = new Uint8Array(kv.key);
    expect(got).toEqual({ kvs: expected, count: all.length, revision: this.model.revision });
    const counted = this.store.range(utf8FromText(from), rangeEnd(to), {
      revision,
      countOnly: true,
    });
    expect(counted).toEqual({ kvs: [], count: all.length, revision: this.model.revision });
  }

  async check(): Promise<void> {
    const { model, store } = this;
    expect([store.revision, store.compactRevision]).toEqual([
      model.revision,
      model.compactRevision,
    ]);
    const stored: Uint8Array[][] = [];
    this.backend.bucket('key').forEach(new Uint8Array(0), undefined, (name, value) => {
      stored.push([new Uint8Array(name), new Uint8Array(value)]);
    });
    expect(stored).toEqual(model.changes.map((change) => [bucketKey(change), bucketValue(change)]));
    const now = model.visible(model.revision, '', '');
    expect(store.keysTotal).toBe(now.length);
    const leases = now.filter((change) => change.lease !== 0n);
    expect(new Map(this.lessor.leases)).toEqual(new Map(leases.map((c) => [c.key, c.lease])));
    this.checkEvents();
    for (
      let revision = Math.max(model.compactRevision, 1);
      revision <= model.revision;
      revision++
    ) {
      if (store.hashes().some((hash) => hash.revision === revision)) continue;
      expect((await store.hashKv(revision)).hash).toBe(model.hash(revision));
    }
  }

  private checkEvents(): void {
    const { model, store } = this;
    const lo = Math.max(model.compactRevision, 1);
    const expected = model.changes.filter((change) => change.main >= lo).map(eventOf);
    const got: Event[] = [];
    for (let next = lo; next <= model.revision;) {
      const slice = store.eventsBetween(next, model.revision + 1, { maxEvents: 2 });
      expect(slice.nextRevision).toBeGreaterThan(next);
      got.push(...slice.events);
      next = slice.nextRevision;
    }
    expect(got).toEqual(expected);
    for (const event of this.events) {
      const before = event.kv!.modRevision - 1;
      if (before < lo) continue;
      const previous = model.last(latin1FromBytes(event.kv!.key), before);
      const visible = previous === undefined || previous.deleted ? undefined : keyValue(previous);
      expect(store.previousOf(event)).toEqual(visible);
    }
  }
}

function rangeEnd(to: string | undefined): Uint8Array | undefined {
  if (to === undefined) return undefined;
  return to === '' ? Uint8Array.of(0) : utf8FromText(to);
}

function eventOf(change: Change): Event {
  const kv = { ...keyValue(change), modRevision: change.main };
  return { type: change.deleted ? EventType.DELETE : EventType.PUT, kv, prevKv: undefined };
}

function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (isEtcdError(error)) return error.code;
    throw error;
  }
  return 'none';
}

async function runHistories(newReopen: () => Reopen, numRuns: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const pair = new Pair(newReopen());
      await pair.open();
      for (const one of steps) {
        if ('txn' in one) pair.txn(one.txn);
        else if ('compactBack' in one)
          await pair.compact(Math.max(1, pair.model.revision - one.compactBack));
        else if ('reopen' in one) await pair.open();
        else
          pair.range(
            Math.max(1, pair.model.revision - one.back),
            one.from,
            one.to,
            one.limit,
            one.keysOnly,
          );
      }
      await pair.check();
      await pair.open();
      await pair.check();
    }),
    { numRuns },
  );
}

test('any history reads, stores, reports and hashes as the model does', () =>
  runHistories(reopenMemory, 300));

test('the same in a real file', () => runHistories(reopenFile, 60));
