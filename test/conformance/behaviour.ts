/**
 * etcd's behaviour suite (tests/v3/common, tag e2e, minimal) against the server under test.
 *
 * behaviour-suite.txt lists what passes, one test a line, subtests where a test has them: each that stops passing is a
 * failure. behaviour-suite-excluded.txt names the tests that are not run, each with its reason; a test in neither is a
 * failure, so that none is forgotten. `BEHAVIOUR_UPDATE=1` writes the list anew; `BEHAVIOUR_TESTS=regexp` runs some.
 *
 * The suite's ports are fixed, so each of the workers (BEHAVIOUR_WORKERS, 2) has a network namespace of its own, which
 * takes root; without it there is one worker.
 */
import { chmodSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  cacheSubfolder,
  conformanceFolder,
  oracle,
  scratchFolder,
  serverBinary,
} from './lib/paths.ts';
import { run, type Outcome } from './lib/process.ts';
import type { Report } from './lib/report.ts';

const listFile = join(conformanceFolder, 'behaviour-suite.txt');
const excludedFile = join(conformanceFolder, 'behaviour-suite-excluded.txt');
const testTimeoutMs = 15 * 60_000;
/** More than these are no accident. */
const MAX_LATE_TESTS = 3;

/** Started first, for they take longest. */
const longest = [
  'TestAuthority',
  'TestMemberAdd',
  'TestMemberRemove',
  'TestVerifyHashKVAfterCompact',
];

export async function behaviourSuite(report: Report): Promise<void> {
  const listed = await run(oracle('behaviour.test'), ['-test.list', '.'], {
    cwd: join(cacheSubfolder('behaviour'), 'common'),
  });
  const excluded = new Set(lines(excludedFile).map((line) => line.split(/\s/)[0]));
  const only = new RegExp(process.env['BEHAVIOUR_TESTS'] ?? '');
  const known = lines(listFile);
  const tests = listed.stdout
    .split('\n')
    .filter((name) => name.startsWith('Test') && !excluded.has(name) && only.test(name))
    .sort((a, b) => weight(a) - weight(b));
  const results = await runAll(tests);
  if (process.env['BEHAVIOUR_UPDATE'] === '1') return updateList(results);
  judge(report, tests, known, results);
}

const weight = (test: string): number => {
  const place = longest.indexOf(test);
  return place < 0 ? longest.length : place;
};

function lines(file: string): string[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
}

interface TestResult {
  /** PASS, FAIL or SKIP of each leaf: the test itself, or its subtests that have none. */
  readonly leaves: Map<string, string>;
  readonly code: number;
  readonly logFile: string;
  /** It failed, and a limit of its own had to do with it. */
  readonly ranOutOfTime: boolean;
}

/** Runs the tests from one queue with as many workers as there may be. */
async function runAll(tests: readonly string[]): Promise<Map<string, TestResult>> {
  const folder = scratchFolder('behaviour');
  const binaries = binaryFolder();
  const isolated = (await run('unshare', ['--net', 'true']).catch(() => undefined))?.code === 0;
  const workers = isolated ? Number(process.env['BEHAVIOUR_WORKERS'] ?? 2) : 1;
  console.log(`  ${tests.length} tests, ${workers} at a time; logs: ${folder}`);
  const queue = [...tests];
  const results = new Map<string, TestResult>();
  const runTest = async (test: string, isAgain = false): Promise<void> => {
    const began = Date.now();
    const { stdout, stderr, code } = await runOne(test, binaries, isolated);
    const logFile = join(folder, `${test}${isAgain ? '-again' : ''}.log`);
    writeFileSync(logFile, stdout + stderr);
    const ranOutOfTime = code !== 0 && /deadline exceeded|timed out/.test(stdout);
    results.set(test, { leaves: parse(stdout), code, logFile, ranOutOfTime });
    const seconds = ((Date.now() - began) / 1000).toFixed(1);
    const how = isAgain ? 'ran again, alone:' : 'ran ';
    console.log(`  ${how} ${test}: ${code === 0 ? 'ok' : 'FAIL'} (${seconds} s)`);
  };
  const work = async (): Promise<void> => {
    for (let test = queue.shift(); test !== undefined; test = queue.shift()) {
      await runTest(test);
    }
  };
  await Promise.all(Array.from({ length: workers }, work));
  // The suite's limits, 10 s for three processes, keys and all, are for a test that has the machine for itself.
  const late = [...results].filter(([, { ranOutOfTime }]) => ranOutOfTime).map(([test]) => test);
  if (late.length <= MAX_LATE_TESTS) for (const test of late) await runTest(test, true);
  return results;
}

/** A folder with etcd (the server under test), etcdctl and etcdutl, as the suite wants it. */
function binaryFolder(): string {
  const folder = scratchFolder('bin');
  const server = join(folder, 'etcd');
  writeFileSync(server, `#!/bin/sh\nexec '${serverBinary}' "$@"\n`);
  chmodSync(server, 0o755);
  for (const name of ['etcdctl', 'etcdutl'] as const) symlinkSync(oracle(name), join(folder, name));
  return folder;
}

async function runOne(test: string, binaries: string, isolated: boolean): Promise<Outcome> {
  const suite = [oracle('behaviour.test'), '-test.v', '-test.run', `^${test}$`];
  const command = [...suite, '-test.timeout', `${testTimeoutMs}ms`, '--bin-dir', binaries];
  const script = 'ip link set lo up && exec "$@"';
  const line = isolated ? ['unshare', '--net', 'sh', '-c', script, 'sh', ...command] : command;
  try {
    return await run('env', [...['E2E_TEST_MINIMAL=true'], ...line], {
      cwd: join(cacheSubfolder('behaviour'), 'common'),
      timeoutMs: testTimeoutMs + 30_000,
    });
  } catch (error) {
    return { code: -1, stdout: '', stderr: String(error) };
  }
}

/** Reads the `--- PASS: Name (1.00s)` lines of `-test.v`. */
function parse(output: string): Map<string, string> {
  const all = new Map<string, string>();
  for (const [, verdict, name] of output.matchAll(
    /^ *--- (PASS|FAIL|SKIP): (.*) \([\d.]+s\)\r?$/gm,
  )) {
    all.set(name!, verdict!);
  }
  const parents = new Set<string>();
  for (const name of all.keys()) {
    for (let at = name.lastIndexOf('/'); at > 0; at = name.lastIndexOf('/', at - 1)) {
      parents.add(name.slice(0, at));
    }
  }
  return new Map([...all].filter(([name]) => !parents.has(name)));
}

function judge(
  report: Report,
  tests: readonly string[],
  known: readonly string[],
  results: ReadonlyMap<string, TestResult>,
): void {
  for (const test of tests) {
    const { leaves, code, logFile } = results.get(test)!;
    const expected = known.filter((name) => name === test || name.startsWith(`${test}/`));
    for (const name of expected) {
      if (leaves.get(name) === 'PASS') report.pass(name);
      else report.fail(name, `${leaves.get(name) ?? 'did not run'}: ${logFile}`);
    }
    const unexpected = [...leaves].filter(([name, verdict]) => {
      return verdict === 'PASS' && !expected.includes(name);
    });
    for (const [name] of unexpected) console.log(`  new  ${name} passes and is not on the list`);
    const others = [...leaves].filter(([name, verdict]) => {
      return verdict === 'FAIL' && !expected.includes(name);
    });
    for (const [name] of others) report.fail(name, `not on the list: ${logFile}`);
    const quiet = others.length === 0 && expected.every((name) => leaves.get(name) === 'PASS');
    if (code !== 0 && quiet) report.fail(test, `ended with ${code}: ${logFile}`);
  }
}

/** Replaces what the list says of the tests that ran. */
function updateList(results: ReadonlyMap<string, TestResult>): void {
  const kept = lines(listFile).filter((name) => !results.has(name.split('/')[0]!));
  const passing = [...results.values()]
    .flatMap(({ leaves }) => [...leaves])
    .filter(([, verdict]) => verdict === 'PASS')
    .map(([name]) => name);
  const head = '# Tests of etcd’s behaviour suite that pass. Written by BEHAVIOUR_UPDATE=1.\n';
  writeFileSync(listFile, head + [...kept, ...passing].sort().join('\n') + '\n');
  console.log(`  ${passing.length} passing tests written to ${listFile}`);
}
