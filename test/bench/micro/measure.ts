// Measures one benchmark: what it allocates for an operation, exactly, and how long that takes, roughly.
import type { Benchmark, Operation } from '../../../node/src/base/testing/benchmark.ts';
import { sample, type Site } from './sampling.ts';
import { collectGarbage, makeRoom, usedBytes, withoutCollection } from './v8.ts';

/** All figures are for one operation. */
export interface Measured {
  readonly bytes: number;
  readonly allocations: number;
  readonly ns: number;
  /** Most bytes first: what is on the heap only. */
  readonly sites: readonly Site[];
}

const DEFAULT_CALLS = 1000;
/** V8 optimizes while the code runs: it is warm when so many batches in a row allocate the same. */
const WARM_BATCHES = 6;
const MIN_WARM_UP_BATCHES = 16;
const MAX_WARM_UP_BATCHES = 60;
const BATCHES = 12;
/** Batches that are left out at either end: in them something happened that does not happen in every batch. */
const EXTREMES = 2;
/** A sampled call takes long. */
const SAMPLED_SHARE = 5;

/** Where a result stays until the next: an object that nobody could see would never be made. */
let kept: unknown;

async function run(operation: Operation, calls: number): Promise<void> {
  for (let call = 0; call < calls; call++) {
    kept = operation(call);
    if (kept instanceof Promise) kept = await kept;
  }
}

export async function measure(benchmark: Benchmark): Promise<Measured> {
  const calls = benchmark.calls ?? DEFAULT_CALLS;
  const operation = await benchmark.start();
  collectGarbage();
  await warmUp(operation, calls);
  const perCall = await measureBatches(operation, calls);
  const sites = await measureSites(operation, Math.ceil(calls / SAMPLED_SHARE));
  const operations = benchmark.operationsPerCall ?? 1;
  for (const site of sites) {
    site.allocations /= operations;
    site.bytes /= operations;
  }
  return {
    bytes: perCall.bytes / operations,
    allocations: sites.reduce((sum, site) => sum + site.allocations, 0),
    ns: perCall.ns / operations,
    sites,
  };
}

interface PerCall {
  readonly bytes: number;
  readonly ns: number;
}

async function runBatch(operation: Operation, calls: number): Promise<PerCall> {
  const begun = performance.now();
  const bytes = await bytesOf(() => run(operation, calls));
  return { bytes: bytes / calls, ns: ((performance.now() - begun) * 1e6) / calls };
}

async function bytesOf(work: () => Promise<void>): Promise<number> {
  const before = usedBytes();
  await work();
  return usedBytes() - before;
}

async function warmUp(operation: Operation, calls: number): Promise<void> {
  const latest: number[] = [];
  for (let batch = 0; batch < MAX_WARM_UP_BATCHES; batch++) {
    latest.push((await runBatch(operation, calls)).bytes);
    if (latest.length > WARM_BATCHES) latest.shift();
    const [least, most] = [Math.min(...latest), Math.max(...latest)];
    if (batch >= MIN_WARM_UP_BATCHES && most - least <= 4 + most / 100) return;
  }
}

async function measureBatches(operation: Operation, calls: number): Promise<PerCall> {
  makeRoom();
  const batches: PerCall[] = [];
  // What a measurement itself allocates.
  const own: number[] = [];
  await withoutCollection(async () => {
    for (let i = 0; i < BATCHES; i++) own.push(await bytesOf(() => run(() => undefined, 1)));
    for (let batch = 0; batch < BATCHES; batch++) batches.push(await runBatch(operation, calls));
  });
  return {
    bytes: middleMean(batches.map(({ bytes }) => bytes)) - Math.min(...own) / calls,
    ns: Math.min(...batches.map(({ ns }) => ns)),
  };
}

/** The mean without the extremes. Not the median: what is allocated once for many calls belongs to each of them. */
function middleMean(values: readonly number[]): number {
  const middle = [...values].sort((a, b) => a - b).slice(EXTREMES, -EXTREMES);
  return middle.reduce((sum, value) => sum + value, 0) / middle.length;
}

/** What one call allocates, of `calls` calls, by function. */
async function measureSites(operation: Operation, calls: number): Promise<Site[]> {
  makeRoom();
  const sites = await sample(() => run(operation, calls));
  return sites
    .map((site) => ({
      ...site,
      allocations: site.allocations / calls,
      bytes: site.bytes / calls,
    }))
    .filter((site) => site.allocations >= 0.01)
    .sort((one, other) => other.bytes - one.bytes);
}
