import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import type { RunReport } from '../report.ts';
import { regressionSchema } from '../shrink/regression.ts';
import { FakeRunner, reportOf, scenarioWith } from '../testing/fake-runner.ts';
import type { Task } from './runner.ts';
import { runSim, type SimParts } from './sim.ts';

interface Session {
  readonly code: number;
  readonly lines: string[];
  readonly runner: FakeRunner | undefined;
  readonly folder: string;
}

const violations = [{ check: 'watch-order', atMs: 0, text: 'revision 7 after 8' }];

async function sim(
  argv: readonly string[],
  run: (task: Task) => RunReport = ({ scenario }) => reportOf(scenario),
  change: Partial<SimParts> = {},
): Promise<Session> {
  const folder = await mkdtemp(join(tmpdir(), 'sim-'));
  const lines: string[] = [];
  let runner: FakeRunner | undefined;
  let nowMs = 0;
  const code = await runSim(argv, {
    screen: {
      line: (text = '') => lines.push(stripVTControlCharacters(text)),
      live: () => {},
    },
    cores: 2,
    profiles: [
      { name: 'calm', about: 'no faults' },
      { name: 'crash', about: 'crashes' },
    ],
    regressionFolder: folder,
    interrupted: new AbortController().signal,
    createRunner: (jobs) => (runner = new FakeRunner(run, jobs)),
    scenarioOf: (seed, profile = 'any') => scenarioWith({ seed, profile }),
    fraction: () => 0.5,
    nowMs: () => (nowMs += 1000),
    ...change,
  });
  return { code, lines, runner, folder };
}

const failsAt =
  (seed: number) =>
  ({ scenario }: Task): RunReport =>
    reportOf(scenario, scenario.seed === seed ? { violations } : {});

test('one seed is run once and its whole hash is printed', async () => {
  const { code, lines, runner } = await sim(['--seed', '42', '--profile', 'crash']);
  expect(code).toBe(0);
  expect(runner!.tasks).toEqual([
    { scenario: scenarioWith({ seed: 42, profile: 'crash' }), keep: 'none' },
  ]);
  expect(lines[0]).toContain('seed         42');
  expect(lines[1]).toBe(`trace ${'aa'.repeat(32)} of 10 events`);
  expect(runner!.isClosed).toBe(true);
});

test('without a seed one is picked and printed', async () => {
  const { lines } = await sim([]);
  expect(lines[0]).toContain(`seed ${2 ** 31}`);
});

test('a bad command line says so and runs nothing', async () => {
  const bad = await sim(['--seed', 'x']);
  expect(bad.code).toBe(2);
  expect(bad.lines[0]).toContain('sim: --seed takes a whole number');
  const profile = await sim(['--profile', 'storm']);
  expect(profile.lines[0]).toContain('--profile takes one of calm, crash; not "storm"');
  const scenario = await sim(['--scenario', 'no-such-file.json']);
  expect(scenario.code).toBe(2);
  expect(scenario.lines[0]).toContain('--scenario no-such-file.json: ENOENT');
  expect([bad.runner, profile.runner, scenario.runner]).toEqual([undefined, undefined, undefined]);
});

test('profiles are listed', async () => {
  expect((await sim(['--profile', 'list'])).lines).toEqual([
    'calm         no faults',
    'crash        crashes',
  ]);
});

test('a scenario from a file is checked before it is run', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sim-'));
  const file = join(folder, 'x.json');
  const scenario = scenarioWith({ seed: 9 });
  await writeFile(file, JSON.stringify(scenario));
  expect((await sim(['--scenario', file])).runner!.tasks[0]!.scenario).toEqual(scenario);
  await writeFile(file, JSON.stringify({ ...scenario, members: 'three' }));
  const { code, lines } = await sim(['--scenario', file]);
  expect(code).toBe(2);
  expect(lines[0]).toMatch(/expected number[^]*members/);
});

test('a failing seed is made smaller and kept, with how to replay it', async () => {
  const { code, lines, folder } = await sim(['--seed', '7'], failsAt(7));
  expect(code).toBe(1);
  expect(await readdir(folder)).toEqual(['watch-order-7.json']);
  const kept = await readFile(join(folder, 'watch-order-7.json'), 'utf8');
  const { scenario, found } = regressionSchema.parse(JSON.parse(kept));
  expect(found.text).toBe('revision 7 after 8');
  expect(scenario.members).toBe(1);
  expect(lines.join('\n')).toMatch(
    /replay: npm run sim -- --scenario \S+watch-order-7.json --page/,
  );
});

test('many seeds are run in a row, and the last line counts them', async () => {
  const { code, lines, runner } = await sim(['--seeds', '5', '--seed', '100', '--no-determinism']);
  expect(code).toBe(0);
  expect(runner!.tasks.map(({ scenario }) => scenario.seed)).toEqual([100, 101, 102, 103, 104]);
  expect(lines.at(-1)).toBe('5 passed, 0 failed');
});

test('seeds begin again at 0 after the last one', async () => {
  const { runner } = await sim(['--seeds', '2', '--seed', '4294967295', '--no-determinism']);
  expect(runner!.tasks.map(({ scenario }) => scenario.seed)).toEqual([4294967295, 0]);
});

test('the first failure ends it, unless it keeps going', async () => {
  const argv = ['--seeds', '20', '--seed', '0', '--jobs', '1', '--no-shrink', '--quiet'];
  const first = await sim(argv, failsAt(3));
  expect(first.code).toBe(1);
  expect(first.lines.at(-1)).toBe('3 passed, 1 failed');
  expect(first.lines.join('\n')).toContain('watch-order: revision 7 after 8');
  const all = await sim([...argv, '--keep-going'], failsAt(3));
  expect(all.code).toBe(1);
  expect(all.lines.at(-1)).toBe('19 passed, 1 failed');
});

test('--minutes ends when the time is up', async () => {
  const { lines } = await sim(['--minutes', '0.5', '--no-determinism', '--quiet']);
  const [, passed] = /^(\d+) passed, 0 failed$/.exec(lines.at(-1)!) ?? [];
  expect(Number(passed)).toBeGreaterThan(5);
  expect(Number(passed)).toBeLessThan(31);
});

test('one seed in 20 is run again in a fresh process', async () => {
  const { runner, lines } = await sim(['--seeds', '40', '--seed', '0', '--quiet']);
  const again = runner!.tasks.filter(({ isFresh }) => isFresh === true);
  expect(again.map(({ scenario }) => scenario.seed)).toEqual([0, 20]);
  expect(lines.join('\n')).toContain('run twice        2 seeds');
});

test('a trace that differs is a failure that names the first difference', async () => {
  let runs = 0;
  const trace = (text: string): RunReport['trace'] => [
    { atMs: 1, lane: 'm0', kind: 'start', text: 'start 1' },
    { atMs: 2, lane: 'm0', kind: 'disk', text },
  ];
  const { code, lines } = await sim(['--seed', '1', '--check-determinism'], ({ scenario }) =>
    reportOf(scenario, { traceHash: `${++runs}`, trace: trace(`write ${runs}`) }),
  );
  expect(code).toBe(1);
  expect(lines.join('\n')).toContain('two fresh processes differ first at event 1:');
  expect(lines.join('\n')).toContain('2 ms, m0, disk: write 3\n    2 ms, m0, disk: write 4');
});

test('Ctrl-C prints what was done so far', async () => {
  const interruption = new AbortController();
  const { code, lines } = await sim(
    ['--seeds', '1000', '--seed', '0', '--jobs', '1', '--no-determinism', '--quiet'],
    ({ scenario }) => {
      if (scenario.seed === 10) interruption.abort();
      return reportOf(scenario);
    },
    { interrupted: interruption.signal },
  );
  expect(code).toBe(130);
  expect(lines.at(-1)).toBe('10 passed, 0 failed');
});

test('the page of the first failing seed is drawn', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sim-'));
  const page = join(folder, 'run.html');
  const argv = ['--seeds', '5', '--seed', '0', '--no-shrink', '--page', page, '--jobs', '1'];
  const { runner } = await sim(argv, failsAt(2));
  expect(runner!.tasks.at(-1)).toMatchObject({ keep: 'some', scenario: { seed: 2 } });
  expect(await readFile(page, 'utf8')).toContain('--seed 2');
});
