// Random work on a backend, compared with a Map: while it runs, after it is opened again, and after a crash at any
// operation of the disk.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bytesFromLatin1 as bytes, latin1FromBytes } from '../../base/index.ts';
import { FakeClock } from '../../base/testing/fake-clock.ts';
import { MemoryDisk } from '../../base/testing/memory-disk.ts';
import type { Backend } from './backend.ts';
import { checkFile } from './check.ts';
import { type Content, contentOf, copyOf, numbered, openBackend } from './testing/backend-world.ts';
import type { BackendSnapshot } from './snapshot.ts';

type Step =
  | { kind: 'put' | 'append'; bucket: string; key: string; valueBytes: number }
  | { kind: 'appendMany' | 'deleteMany'; first: number; count: number; valueBytes: number }
  | { kind: 'prune'; first: number; count: number; keepEvery: number; limit: number }
  | { kind: 'delete'; bucket: string; key: string }
  | { kind: 'commit' | 'commitLater' | 'snapshot' | 'defragment' | 'defragmentLater' | 'reopen' };

const bucket = fc.constantFrom('key', 'lease', 'meta');
const key = fc.oneof(
  fc.integer({ min: 0, max: 400 }).map((i) => latin1FromBytes(numbered(i))),
  fc.string({ minLength: 1, maxLength: 3 }).map((text) => latin1FromBytes(bytes(text))),
  fc.integer({ min: 1, max: 700 }).map((length) => 'long'.repeat(length)),
);
const valueBytes = fc.oneof(
  { weight: 10, arbitrary: fc.nat(90) },
  { weight: 2, arbitrary: fc.nat(5000) },
  fc.integer({ min: 8000, max: 40_000 }),
);
const first = fc.nat(400);
const count = fc.integer({ min: 1, max: 200 });

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ kind: fc.constantFrom('put', 'append'), bucket, key, valueBytes }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('delete'), bucket, key }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom('appendMany', 'deleteMany'),
      first,
      count,
      valueBytes: fc.nat(90),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('prune'),
      first,
      count: fc.integer({ min: 1, max: 401 }),
      // Runs of which nothing stays empty whole leaves.
      keepEvery: fc.oneof(fc.integer({ min: 1, max: 60 }), fc.constant(1000)),
      limit: fc.integer({ min: 1, max: 500 }),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom('commit', 'commitLater') }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constantFrom('snapshot', 'defragment', 'defragmentLater', 'reopen'),
    }),
  },
) as fc.Arbitrary<Step>; // the records are the members of Step

function clone(content: Content): Content {
  return new Map(
    [...content]
      .filter(([, pairs]) => pairs.size > 0)
      .map(([name, pairs]) => [name, new Map(pairs)]),
  );
}

function sorted(content: Content): [string, [string, string][]][] {
  const order = <T>(a: [string, T], b: [string, T]): number => (a[0] < b[0] ? -1 : 1);
  return [...content]
    .map(([name, pairs]): [string, [string, string][]] => [name, [...pairs].sort(order)])
    .sort(order);
}

/** A backend and the Map it is compared with. */
class Run {
  disk: MemoryDisk;
  readonly clock = new FakeClock();
  readonly model: Content = new Map();
  /** The state that is certainly on the disk, and those that commits under way will leave. */
  durable: Content = new Map();
  readonly inFlight: Content[] = [];
  private readonly snapshots: { snapshot: BackendSnapshot; expected: Content }[] = [];
  private backend!: Backend;

  constructor(disk: MemoryDisk) {
    this.disk = disk;
  }

  async open(): Promise<void> {
    // What a commit takes with it is what the model holds at this moment.
    const beforeCommit = (): void => void this.inFlight.push(clone(this.model));
    this.backend = await openBackend(this, { beforeCommit, cacheBytes: 20_000 });
  }

  async commit(): Promise<void> {
    await this.backend.commitNow();
    this.settle();
  }

  private settle(): void {
    this.durable = clone(this.model);
    this.inFlight.length = 0;
  }

  put(name: string, key: string, value: string, append: boolean): void {
    const pairs = this.model.get(name) ?? new Map<string, string>();
    this.model.set(name, pairs.set(key, value));
    this.backend.bucket(name)[append ? 'append' : 'put'](bytes(key), bytes(value));
  }

  delete(name: string, key: string): void {
    this.model.get(name)?.delete(key);
    this.backend.bucket(name).delete(bytes(key));
  }

  private prune(step: Step & { kind: 'prune' }): void {
    const to = numbered(step.first + step.count);
    const pairs = this.model.get('key') ?? new Map<string, string>();
    const inRange = [...pairs.keys()].filter(
      (key) => key >= latin1FromBytes(numbered(step.first)) && key < latin1FromBytes(to),
    );
    const expected = inRange.sort().slice(0, step.limit);
    const seen: string[] = [];
    const { next } = this.backend.bucket('key').prune(numbered(step.first), to, {
      isDone: () => seen.length === step.limit,
      stays: (pair, start, valueStart, end) => {
        const name = latin1FromBytes(pair.subarray(start, valueStart));
        expect(latin1FromBytes(pair.subarray(valueStart, end))).toBe(pairs.get(name));
        return seen.push(name) % step.keepEvery === 0;
      },
    });
    expect(seen).toEqual(expected);
    expect(next && latin1FromBytes(next)).toBe(inRange[step.limit]);
    for (const [i, name] of seen.entries()) if ((i + 1) % step.keepEvery !== 0) pairs.delete(name);
  }

  async take(step: Step, serial: number): Promise<void> {
    switch (step.kind) {
      case 'put':
      case 'append':
        return this.put(
          step.bucket,
          step.key,
          String(serial).repeat(step.valueBytes),
          step.kind === 'append',
        );
      case 'delete':
        return this.delete(step.bucket, step.key);
      case 'appendMany':
      case 'deleteMany':
        for (let i = step.first; i < step.first + step.count; i++) {
          const key = latin1FromBytes(numbered(i));
          if (step.kind === 'deleteMany') this.delete('key', key);
          else this.put('key', key, String(serial).padStart(step.valueBytes), true);
        }
        return;
      case 'prune':
        return this.prune(step);
      case 'commit':
        return this.commit();
      case 'commitLater':
        this.backend.commitNow().catch(() => undefined);
        return;
      case 'snapshot': {
        const snapshot = await this.backend.snapshot();
        this.settle();
        this.snapshots.push({ snapshot, expected: clone(this.model) });
        return;
      }
      case 'defragment':
        return this.backend.defragment();
      case 'defragmentLater':
        this.backend.defragment().catch(() => undefined);
        return;
      case 'reopen':
        await this.verifySnapshots();
        await this.backend.close();
        this.settle();
        return this.open();
    }
  }

  verifyReads(): void {
    expect(sorted(contentOf(this.backend))).toEqual(sorted(clone(this.model)));
    for (const [name, pairs] of this.model) {
      for (const [key, value] of pairs) {
        const found = this.backend.bucket(name).get(bytes(key));
        if (found === undefined || latin1FromBytes(found) !== value)
          throw new Error(`get ${name} ${key}`);
      }
    }
  }

  async verifySnapshots(): Promise<void> {
    for (const { snapshot, expected } of this.snapshots.splice(0)) {
      const copy = await copyOf(snapshot);
      snapshot.close();
      expect(await checkFile(copy.world, '/db')).toEqual([]);
      expect(sorted(contentOf(await openBackend(copy.world)))).toEqual(sorted(expected));
    }
  }

  async close(): Promise<void> {
    await this.verifySnapshots();
    await this.backend.close();
    this.settle();
  }
}

// Without a size fast-check keeps arrays to some ten steps.
const steps = fc.array(step, { minLength: 1, maxLength: 60, size: 'max' });
const BBOLT = [join(homedir(), '.cache/binnacle/bin/bbolt')].find((path) => existsSync(path));

/** What the real `bbolt check` says of the file; undefined when the tool is not there. */
function bboltCheck(file: Uint8Array): string | undefined {
  if (BBOLT === undefined) return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'bbolt-check-'));
  try {
    writeFileSync(join(folder, 'db'), file);
    const { stdout, stderr } = spawnSync(BBOLT, ['check', join(folder, 'db')], {
      encoding: 'utf8',
    });
    return (stdout + stderr).trim();
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('random work leaves what a Map holds, and a file that bbolt finds sound', async () => {
  if (BBOLT === undefined)
    console.warn('without bbolt in ~/.cache/binnacle/bin only our own check looks at the files');
  let runs = 0;
  await fc.assert(
    fc.asyncProperty(steps, async (steps) => {
      const run = new Run(new MemoryDisk());
      await run.open();
      for (const [serial, step] of steps.entries()) {
        await run.take(step, serial);
        if (serial % 8 === 0) run.verifyReads();
      }
      run.verifyReads();
      await run.close();
      expect(await checkFile(run, '/db')).toEqual([]);
      if (runs++ % 5 === 0 && BBOLT !== undefined)
        expect(bboltCheck(run.disk.contentOf('/db'))).toBe('OK');
      await run.open();
      run.verifyReads();
    }),
    { numRuns: 100 },
  );
});

/** Evenly distributed numbers in [0, 1): fast-check's own lean towards the ends. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

test('after a crash at any moment the file holds the last durable commit or the one under way', async () => {
  await fc.assert(
    fc.asyncProperty(steps, fc.noBias(fc.nat()), async (steps, seed) => {
      const chance = randomFrom(seed);
      // More operations than that are rare in one run.
      const crashAt = Math.floor(chance() * 200);
      const run = new Run(new MemoryDisk());
      let after: MemoryDisk | undefined;
      let operations = 0;
      run.disk.options = {
        before: (operation) => {
          if (operation === 'read' || operation === 'open' || operations++ !== crashAt) return;
          after = run.disk.crash(chance);
        },
      };
      try {
        await run.open();
        for (const [serial, step] of steps.entries()) await run.take(step, serial);
        await run.close();
      } catch (error) {
        if (after === undefined) throw error;
      }
      after ??= run.disk.crash(chance);
      const world = { disk: after, clock: run.clock };
      const backend = await openBackend(world);
      const found = sorted(contentOf(backend));
      const allowed = [run.durable, ...run.inFlight].map((content) => sorted(content));
      expect(allowed).toContainEqual(found);
      await backend.close();
      expect(await checkFile(world, '/db')).toEqual([]);
    }),
    { numRuns: 200 },
  );
});
