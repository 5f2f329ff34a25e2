// The engine finds what was planted, the same each time, and counts without changing what code does.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { instrument } from './instrument.ts';
import { minimise } from './minimise.ts';
import { integerBytes, varint } from './mutate.ts';
import { answers } from './comparisons.ts';

const folder = mkdtempSync(join(tmpdir(), 'binnacle-fuzz-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

function fuzzPlanted(seed: number): { text: string; code: number | null } {
  const { stdout, status } = spawnSync(process.execPath, [
    path('../run.ts'),
    path('../planted/target.ts'),
    ...['--executions', '200000', '--seed', String(seed), '--crashes', folder],
  ]);
  // How fast it was is the only thing that may differ.
  return { text: stdout.toString().replaceAll(/ +\d+\/s/g, ''), code: status };
}

test('planted bugs are found, minimised and replayed', { timeout: 30_000 }, () => {
  const first = fuzzPlanted(1);
  expect(first.text).toContain('planted: body out of bounds');
  expect(first.text).toContain('no end after');
  expect(first.text).toMatch(/^0 passed, 1 failed$/m);
  expect(first.code).toBe(1);
  const crashers = readdirSync(folder).map((name) => readFileSync(join(folder, name)));
  expect(crashers.map((input) => input.toString('latin1').slice(0, 4))).toEqual(
    crashers.map(() => 'BUG\x03'),
  );
  const { stdout, status } = spawnSync(process.execPath, [
    path('../run.ts'),
    path('../planted/target.ts'),
    ...['--replay', join(folder, readdirSync(folder)[0]!)],
  ]);
  expect(stdout.toString()).toMatch(/^0 passed, 1 failed$/m);
  expect(status).toBe(1);
});

test('the same seed gives the same run', { timeout: 30_000 }, () => {
  expect(fuzzPlanted(2).text).toBe(fuzzPlanted(2).text);
});

/** What a source evaluates to, with and without counters. */
async function bothWays(source: string): Promise<[unknown, unknown]> {
  const coverage = new URL('./coverage.ts', import.meta.url).href;
  const load = async (text: string): Promise<unknown> => {
    const script = Buffer.from(stripTypeScriptTypes(text)).toString('base64');
    const module = (await import(/* @vite-ignore */ `data:text/javascript;base64,${script}`)) as {
      result: unknown;
    };
    return module.result;
  };
  // Counters that do nothing: a module of a data: URL cannot import a file.
  const stubs = `const hit = () => {}, same = (a, b) => a === b, sought = (a) => a, sized = (a) => a;`;
  const instrumented = instrument('x.ts', source, coverage).replace(
    /^import \{(.*?)\} from "[^"]*";/,
    (_, names: string) =>
      stubs +
      names.replaceAll(
        /(\w+) as (\w+),?/g,
        (__, from: string, to: string) => `const ${to} = ${from};`,
      ),
  );
  expect(instrumented).toMatch(/__fuzzHit\(\d+\)/);
  return [await load(source), await load(instrumented)];
}

test.each([
  'function f(a: number) { if (a) if (a > 1) return 1; else return 2; return 3 } export const result = [f(0), f(1), f(2)];',
  'const f = (a?: { b: number }) => a?.b ?? (a ? 1 : 2); export const result = [f(), f({ b: 5 })];',
  'let n = 0; for (const x of [1, 2]) n += x; do n++; while (n < 9); for (;;) { if (n === 9) break } export const result = n;',
  'const g = (k: string): number => { switch (k) { case "a": case "b": return 1; case "c": { return 2 } default: return 3 } }; export const result = ["a", "b", "c", "d"].map((k) => g(k));',
  'class A { #x = 1; get x(): number { return this.#x } static of = () => new A(); constructor() { if (!(this instanceof A) || this.#x !== 1) throw 0 } } export const result = A.of().x;',
  'const f = async (x: number) => await (x === 1 ? Promise.resolve(2) : x as number); export const result = [await f(1), await f(3)];',
  'const o = { m: new Map([["k", 1]]) }; let v: number | undefined; v ??= o.m.get("k"); export const result = [v, "abc".includes("b") && !(v !== 1), new Uint8Array(3).length, new Array<number>(2).length];',
  'const f = (): { a: number } => ({ a: 1 }); const h = () => // c\n  [1, 2]; try { f() } catch { /* none */ } finally { h() } export const result = [f(), h(), `${f().a === 1 ? "y" : "n"}`];',
  'function f(x: string | number): x is string; function f(x: unknown): boolean { return typeof x === "string" } type T = 1 extends number ? "a" : "b"; declare const q: T; export const result = f("a");',
  'label: for (const a of [1, 2]) for (const b of [1, 2]) { if (a === b) continue label; else if (a > b) break label; } export const result = (() => { for (const k in { a: 1 }) if (k === "a") return k; else if (k) return 1 })();',
])('counters change nothing: %s', async (source) => {
  const [plain, counted] = await bothWays(source);
  expect(counted).toEqual(plain);
});

test('lines stay where they are', () => {
  const source = '#!/bin/x\n// a\nif (1)\n  f();\nelse g();\n';
  const lines = instrument('x.ts', source, 'c').split('\n');
  expect(lines).toHaveLength(6);
  expect(lines[1]).toBe('// a');
  expect(lines[3]).toMatch(/ f\(\);\}$/);
  expect(lines[4]).toMatch(/^else .* g\(\);\}$/);
});

test('a failing input shrinks to what makes it fail', async () => {
  const input = Buffer.from('aaaaaaaaXaaaaaaaaaaaaaaYaaaaaaaaaaa');
  const smaller = await minimise(input, (candidate) =>
    Promise.resolve(/X.*Y/.test(Buffer.from(candidate).toString())),
  );
  expect(Buffer.from(smaller).toString()).toBe('XY');
});

test('integers are written as asked', () => {
  const bytes = new Uint8Array(4);
  integerBytes(bytes, 0, 4, 0x01020304, true);
  expect([...bytes]).toEqual([4, 3, 2, 1]);
  integerBytes(bytes, 2, 2, -2, false);
  expect([...bytes]).toEqual([4, 3, 0xff, 0xfe]);
  expect([...varint(300)]).toEqual([0xac, 2]);
});

test('a comparison shows what the input should hold', () => {
  const input = Buffer.from('key: wrong');
  const found = answers(input, [
    ['wrong', 'right'],
    [undefined, 33],
  ]).map((candidate) => Buffer.from(candidate).toString());
  expect(found).toEqual(['key: right', 'key: wrong!']);
});
