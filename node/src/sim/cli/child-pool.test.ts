import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { scenarioWith } from '../testing/fake-runner.ts';
import { ChildPool } from './child-pool.ts';
import type { Run } from './runner.ts';

/** A child whose seed says what becomes of it. It answers how many tasks it has had. */
const CHILD = `
let tasks = 0;
process.on('message', ({ scenario }) => {
  tasks++;
  if (scenario.seed === 666) { console.error('the disk is on fire'); process.exit(3); }
  if (scenario.seed === 667) process.kill(process.pid, 'SIGKILL');
  if (scenario.seed === 668) for (;;);
  const report = { scenario, events: tasks, violations: [] };
  process.send({ report, residentBytes: scenario.seed === 669 ? 2 ** 40 : 1 });
});
process.on('disconnect', () => process.exit());
`;

let program: URL;
let pool: ChildPool;

beforeAll(async () => {
  const file = join(await mkdtemp(join(tmpdir(), 'sim-')), 'child.mjs');
  await writeFile(file, CHILD);
  program = pathToFileURL(file);
});

afterEach(() => pool.close());

const run = (seed: number, isFresh = false): Promise<Run> =>
  pool.run({ scenario: scenarioWith({ seed }), keep: 'none', isFresh });

const violationOf = ({ report }: Run): unknown => report.violations[0];

test('tasks wait for their turn, and children live on', async () => {
  pool = new ChildPool({ jobs: 2, program, hangLimitMs: 20_000 });
  const runs = await Promise.all([1, 2, 3, 4, 5, 6].map((seed) => run(seed)));
  expect(runs.map(({ report }) => report.scenario.seed)).toEqual([1, 2, 3, 4, 5, 6]);
  const turns = runs.map(({ report }) => report.events);
  expect(turns.filter((turn) => turn === 1).length).toBeLessThanOrEqual(2);
});

test('a fresh run has a process of its own', async () => {
  pool = new ChildPool({ jobs: 1, program, hangLimitMs: 20_000 });
  const events = [await run(1), await run(2), await run(3, true), await run(4)].map(
    ({ report }) => report.events,
  );
  expect(events).toEqual([1, 2, 1, 2]);
});

test('a child that has grown too large is replaced', async () => {
  pool = new ChildPool({ jobs: 1, program, hangLimitMs: 20_000 });
  expect((await run(669)).report.events).toBe(1);
  expect((await run(2)).report.events).toBe(1);
});

test('a child that dies is a failing run, with its last words, and the next run has another', async () => {
  pool = new ChildPool({ jobs: 1, program, hangLimitMs: 20_000 });
  expect(violationOf(await run(666))).toEqual({
    ...{ check: 'crash', atMs: 0 },
    text: 'the process ended with exit code 3\nthe disk is on fire',
  });
  expect(violationOf(await run(667))).toMatchObject({
    text: 'the process ended with signal SIGKILL',
  });
  expect((await run(1)).report.violations).toEqual([]);
});

test('a child that hangs is a failing run, and is ended', async () => {
  pool = new ChildPool({ jobs: 1, program, hangLimitMs: 1000 });
  expect(violationOf(await run(668))).toMatchObject({
    check: 'hang',
    text: 'the run had not ended after 1 s',
  });
  expect((await run(1)).report.violations).toEqual([]);
});
