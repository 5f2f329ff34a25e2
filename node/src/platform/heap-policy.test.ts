import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { growingPercent } from './heap-policy.ts';

const MIB = 1024 * 1024;

test('a small heap may gather garbage, a large one is left to V8', () => {
  expect(growingPercent(10 * MIB)).toBe(400);
  expect(growingPercent(48 * MIB)).toBe(200);
  expect(growingPercent(96 * MIB)).toBe(100);
  expect(growingPercent(97 * MIB)).toBe(0);
  expect(growingPercent(2000 * MIB)).toBe(0);
});

/** A heap of 20 MB, and buffers that come, grow old and go, at a moderate pace. Prints the full collections. */
const CHURN = `
import { PerformanceObserver } from 'node:perf_hooks';
import { letGarbageGather } from ${JSON.stringify(new URL('heap-policy.ts', import.meta.url).href)};
if (process.argv[1] === 'gather') letGarbageGather();
let full = 0;
new PerformanceObserver((list) => {
  for (const { detail } of list.getEntries()) if (detail.kind === 4) full++;
}).observe({ type: 'gc' });
const kept = Array.from({ length: 20000 }, () => new Array(100).fill(1));
const buffers = new Array(5000);
let junk;
for (let i = 0; i < 60000; i++) {
  buffers[i % 5000] = new Uint8Array(6000);
  for (let k = 0; k < 10; k++) junk = new Array(100).fill(k);
  if (i % 100 === 0) await new Promise((resolve) => setTimeout(resolve, 4));
}
console.log(JSON.stringify({ full, kept: kept.length, junk: junk.length }));
`;

test('buffers that come and go cause a fraction of the full collections', () => {
  const fullCollections = (how: string): number => {
    const output = execFileSync(process.execPath, ['--input-type=module', '-e', CHURN, how]);
    return (JSON.parse(output.toString()) as { full: number }).full;
  };
  const gathering = fullCollections('gather');
  expect(gathering).toBeGreaterThan(0);
  expect(gathering).toBeLessThan(0.6 * fullCollections('as V8 does'));
}, 60_000);
