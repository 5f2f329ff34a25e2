import { expect, test } from 'vitest';
import type { TraceEvent } from '../world/trace.ts';
import { reportOf, scenarioWith } from '../testing/fake-runner.ts';
import { modelOf } from './model.ts';
import { pageOf, viewerProgram } from './page.ts';
import type { Lane, PageModel } from './page-model.ts';

type Row = [atMs: number, lane: string, kind: TraceEvent['kind'], text: string];

function modelWith(rows: readonly Row[], violations: PageModel['violations'] = []): PageModel {
  const trace = rows.map(([atMs, lane, kind, text]) => ({ atMs, lane, kind, text }));
  const scenario = scenarioWith({ profile: '<profile>' });
  return modelOf(reportOf(scenario, { trace, violations, simulatedMs: 1000 }), 'npm run sim');
}

const lane = (model: PageModel, name: string): Lane =>
  model.lanes.find((one) => one.name === name)!;

const spansOf = (model: PageModel, name: string): [number, number, string, number][] =>
  lane(model, name).spans.map(({ fromMs, toMs, tone, row }) => [fromMs, toMs, tone, row]);

test('a member has its lives, and its leadership until another leads a later term', () => {
  const model = modelWith([
    [0, 'm0', 'start', 'start 1'],
    [0, 'm1', 'start', 'start 1'],
    [100, 'm0', 'leader', 'leads term 2'],
    [300, 'm1', 'leader', 'leads term 3'],
    [500, 'm1', 'crash', 'power failure'],
    [600, 'm1', 'start', 'start 2'],
  ]);
  expect(spansOf(model, 'm0')).toEqual([
    [0, 1000, 'up', 0],
    [100, 300, 'leader', 1],
  ]);
  expect(spansOf(model, 'm1')).toEqual([
    [0, 500, 'up', 0],
    [500, 600, 'down', 0],
    [600, 1000, 'up', 0],
    [300, 500, 'leader', 1],
  ]);
});

test('a request ends with its answer, in the colour of the outcome', () => {
  const model = modelWith([
    [10, 'kv-0', 'call', '#1 Put at m0: key=a'],
    [20, 'kv-0', 'call', '#2 Range at m0: key=a'],
    [30, 'kv-0', 'answer', '#1 header=3'],
    [40, 'kv-0', 'answer', '#2 error: Unavailable etcdserver: no leader'],
    [50, 'kv-0', 'call', '#3 Put at m0: key=a'],
    [60, 'kv-0', 'answer', '#3 unknown: DeadlineExceeded timeout'],
    [70, 'kv-0', 'call', '#4 Put at m0: key=a'],
  ]);
  expect(spansOf(model, 'kv-0')).toEqual([
    [10, 30, 'ok', 0],
    [20, 40, 'error', 1],
    [50, 60, 'unknown', 0],
    [70, 1000, 'pending', 0],
  ]);
  expect(lane(model, 'kv-0').rows).toBe(2);
});

test('a watch stream lasts until it is closed, with a mark for each message', () => {
  const model = modelWith([
    [10, 'watch-0', 'watch', 'stream 1 opened at m0'],
    [20, 'watch-0', 'watch', 'stream 1 header=4 events=[…]'],
    [90, 'watch-0', 'watch', 'stream 1 closed: UNAVAILABLE'],
  ]);
  expect(spansOf(model, 'watch-0')).toEqual([[10, 90, 'watch', 0]]);
  expect(lane(model, 'watch-0').marks.map(({ atMs }) => atMs)).toEqual([20]);
});

test('faults last as long as they say, and one machine’s are in its lane too', () => {
  const model = modelWith([
    [0, 'm1', 'start', 'start 1'],
    [100, 'faults', 'fault', 'partition: m0 | m1 m2 for 300 ms'],
    [200, 'faults', 'fault', 'pause: m1 for 50 ms'],
    [260, 'faults', 'fault', 'kill: m1'],
  ]);
  expect(spansOf(model, 'faults')).toEqual([
    [100, 400, 'fault', 0],
    [200, 250, 'paused', 1],
  ]);
  expect(lane(model, 'faults').marks).toHaveLength(1);
  expect(spansOf(model, 'm1')).toContainEqual([200, 250, 'paused', 2]);
  expect(lane(model, 'm1').marks.filter(({ tone }) => tone === 'fault')).toHaveLength(1);
});

test('lanes are in order: faults, members, clients by number', () => {
  const model = modelWith([
    [0, 'kv-10', 'call', '#1 x'],
    [0, 'kv-9', 'call', '#2 x'],
    [0, 'm0', 'start', ''],
    [0, 'faults', 'fault', 'kill: m0'],
  ]);
  expect(model.lanes.map(({ name }) => name)).toEqual(['faults', 'm0', 'kv-9', 'kv-10']);
});

const EVIL = `</script><script>alert("1")</script><!-- & 'x' <b>`;

test('nothing that a run says can leave its place in the page', () => {
  const model = modelWith(
    [
      [1, EVIL, 'call', `#1 ${EVIL}`],
      [2, 'm0', 'log', EVIL],
    ],
    [{ check: EVIL, atMs: 5, text: EVIL }],
  );
  const page = pageOf(model);
  expect(page.match(/<script/g)).toHaveLength(2);
  expect(page.match(/<\/script>/g)).toHaveLength(2);
  expect(page).not.toContain('<!-- &');
  expect(page).not.toContain('<profile>');
  const json = /<script type="application\/json" id="model">([^]*?)<\/script>/.exec(page)![1]!;
  expect(JSON.parse(json)).toEqual(model);
});

/** Elements that have no end tag, or may go without one. */
const UNCLOSED = new Set(['meta', 'input', 'p']);

test('every element that is opened is closed, in order', () => {
  const page = pageOf(modelWith([[1, 'kv-0', 'call', `#1 ${EVIL}`]], [])).replace(
    /(<(script|style)[^>]*>)[^]*?(<\/\2>)/g,
    '$1$3',
  );
  const open: string[] = [];
  for (const [, slash, name] of page.matchAll(/<(\/?)([a-z0-9]+)/g)) {
    if (UNCLOSED.has(name!)) continue;
    if (slash === '') open.push(name!);
    else expect(open.pop()).toBe(name);
  }
  expect(open).toEqual([]);
});

test('the page needs nothing from elsewhere', () => {
  const page = pageOf(modelWith([]));
  expect(page).not.toMatch(/\b(src|href)=|url\(|@import|https?:/);
});

test('the program in the page is plain JavaScript in one piece', () => {
  const program = viewerProgram();
  expect(program).not.toMatch(/^\s*(import|export)\b/m);
  expect(program).not.toContain('</script');
  expect(() => new Function(program)).not.toThrow();
});
