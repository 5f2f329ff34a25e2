// Imports go one way, as node/ARCHITECTURE.md draws it. The compiler holds rooms to their tsconfig's references; this
// holds the references, the tests and the other folders to the drawing.
import { expect, test } from 'vitest';
import ts from 'typescript';
import { importsOf, isTest, sources, textOf, typescriptFiles } from './tree.ts';

const DATA = ['base', 'wire', 'storage', 'lease', 'watch', 'apply'];
const SERVER = [...DATA, 'raft', 'api', 'rpc', 'front', 'peer', 'platform'];

/** What each room may import. raft and storage are siblings that `server` joins. */
const ROOMS: Record<string, readonly string[]> = {
  base: [],
  wire: ['base'],
  raft: ['base', 'wire'],
  storage: ['base', 'wire'],
  lease: ['base', 'wire', 'storage'],
  watch: ['base', 'wire', 'storage'],
  apply: ['base', 'wire', 'storage', 'lease', 'watch'],
  api: DATA,
  rpc: ['base', 'wire'],
  front: ['base', 'wire', 'rpc', 'platform'],
  peer: ['base', 'wire'],
  platform: ['base'],
  kubernetes: ['base'],
  pki: ['base', 'platform'],
  server: [...SERVER, 'kubernetes'],
  client: ['base', 'wire'],
  backup: [...DATA, 'platform', 'client', 'kubernetes', 'server'],
  reconcile: ['base', 'platform', 'pki', 'kubernetes', 'client'],
  cli: [...SERVER, 'server', 'client', 'kubernetes', 'pki', 'backup', 'reconcile'],
  sim: [...SERVER, 'server', 'client', 'kubernetes', 'pki', 'backup', 'reconcile', 'cli'],
};

/** What stands outside node/src may import; a folder's own files always. */
const FOLDERS: Record<string, readonly string[]> = {
  images: ['cli'],
  infra: ['base', 'wire', 'platform', 'client', 'pki', 'kubernetes', 'images'],
  'test/bench': ['test/conformance', 'client', 'base', 'wire'],
  'test/chaos': ['test/integration', 'sim', 'client', 'base', 'wire', 'platform', 'storage'],
  'test/conformance': [],
  'test/fuzz': [
    ...['base', 'wire', 'storage', 'apply', 'api', 'rpc', 'peer', 'platform', 'server'],
    ...['kubernetes', 'backup', 'reconcile', 'infra'],
  ],
  'test/image': ['test/conformance', 'test/kubernetes', 'images'],
  'test/integration': ['client', 'base', 'wire', 'rpc', 'platform', 'kubernetes'],
  'test/kubernetes': [
    'test/conformance',
    'test/chaos',
    'infra',
    'base',
    'wire',
    'client',
    'kubernetes',
  ],
  'test/tidy': [],
  'test/transcripts': ['base', 'wire', 'storage'],
  'node/proto': [],
  '.': [],
};

/** Started by a person, a script or a computed import, not by another file. */
const ENTRIES = new Map([
  ['node/src/cli/main.ts', 'node/bin/binnacle'],
  ['node/proto/generate.ts', 'npm run generate'],
  ['node/src/front/thread.ts', 'node/src/front/thread-link.ts, by URL; images/bundle.ts, by path'],
  ['node/src/sim/main.ts', 'npm run sim'],
  ['node/src/sim/page/viewer/program.ts', 'node/src/sim/page/page.ts, by path'],
  ['node/src/sim/mutants/run.ts', 'npm run sim:mutants'],
  ['node/src/sim/mutants/child.ts', 'node/src/sim/mutants/run.ts, by URL'],
  ['images/build.ts', 'npm run image'],
  ['infra/kit/main.ts', 'npm run kit'],
  ['images/binnacle/entry.ts', 'images/bundle.ts, by path'],
  ['images/binnacle/up.ts', 'images/bundle.ts, by path'],
  ['infra/local/main.ts', 'binnacle up'],
  ['infra/index.ts', 'infra/build.ts, by path'],
  ['infra/build.ts', 'npm run build:infra'],
  ['infra/engine/run.ts', 'test/kubernetes/kit, by path'],
  ['infra/chart/generate.ts', 'npm run generate'],
  ['test/bench/run.ts', 'npm run bench'],
  ['test/bench/micro/run.ts', 'npm run bench:micro'],
  ['test/bench/micro/child.ts', 'test/bench/micro/child-process.ts, by path'],
  ['test/bench/micro/testing/known.ts', 'test/bench/micro/micro.test.ts, by path'],
  ['test/conformance/run.ts', 'npm run conformance'],
  ['test/fuzz/run.ts', 'npm run fuzz'],
  ['test/fuzz/planted/target.ts', 'test/fuzz/engine/engine.test.ts, by path'],
  ['test/image/run.ts', '.ci/run'],
  ['test/kubernetes/run.ts', '.ci/run'],
  ['test/kubernetes/kit/run.ts', '.ci/run'],
  ['test/transcripts/mvcc.ts', 'records transcripts from etcd'],
  ['test/transcripts/random-history.ts', 'records transcripts from etcd'],
  ['vitest.config.ts', 'vitest'],
  ['test/tidy/skipped-reporter.ts', 'vitest.config.ts, by path'],
]);

function placeOf(path: string): string {
  const room = /^node\/src\/([^/]+)\//.exec(path)?.[1];
  if (room !== undefined) return room;
  return /^(test\/[^/]+|node\/proto|infra|images)\//.exec(path)?.[1] ?? '.';
}

test('every folder with sources has its place in the drawing', () => {
  const unknown = new Set(
    sources.map(placeOf).filter((place) => !(place in ROOMS) && !(place in FOLDERS)),
  );
  expect([...unknown]).toEqual([]);
});

test.each(Object.keys(ROOMS))('%s lists the rooms it may import, and no other', (room) => {
  const path = `node/src/${room}/tsconfig.json`;
  const { config } = ts.parseConfigFileTextToJson(path, textOf(path)) as {
    config: { references: { path: string }[] };
  };
  const listed = config.references.map((reference) => reference.path.replace('../', ''));
  expect(ROOMS[room]).toEqual(expect.arrayContaining(listed));
});

test('imports go one way, in tests too', () => {
  const wrong = typescriptFiles.flatMap((path) => {
    const place = placeOf(path);
    const allowed = ROOMS[place] ?? FOLDERS[place] ?? [];
    return importsOf(path)
      .filter((target) => target.endsWith('.ts') && placeOf(target) !== place)
      .filter((target) => !allowed.includes(placeOf(target)))
      .map((target) => `${path} imports ${target}`);
  });
  expect(wrong).toEqual([]);
});

test('only tests import from testing/ folders', () => {
  const mayTest = (path: string): boolean =>
    isTest(path) || path.includes('/testing/') || path.startsWith('test/');
  const wrong = sources
    .filter((path) => !mayTest(path))
    .flatMap((path) => importsOf(path).map((target) => ({ path, target })))
    .filter(({ target }) => target.includes('/testing/') || target.endsWith('/testing.ts'))
    .filter(({ path }) => !/\/(simulation|transcript|sim)\//.test(path));
  expect(wrong).toEqual([]);
});

test('every file is imported or started by something', () => {
  const imported = new Set(sources.flatMap(importsOf));
  const dead = sources.filter((path) => !imported.has(path) && !isTest(path) && !ENTRIES.has(path));
  expect(dead).toEqual([]);
});

test('every listed entry exists', () => {
  expect([...ENTRIES.keys()].filter((path) => !sources.includes(path))).toEqual([]);
});

test('no files import each other in a circle', () => {
  expect(circles(new Map(sources.map((path) => [path, valueImportsOf(path)])))).toEqual([]);
});

/** Imports that still exist at run time. */
function valueImportsOf(path: string): string[] {
  const types = new Set(
    [...textOf(path).matchAll(/^(?:import|export) type [^;]*? from '(?<from>[^']+)';/gm)].map(
      (match) => match.groups?.['from'],
    ),
  );
  const written = ts.preProcessFile(textOf(path), true, true).importedFiles;
  const all = importsOf(path);
  return all.filter((_, i) => !types.has(written[i]?.fileName));
}

/** The circles of a graph that a depth-first search meets, each as the path that leads round. */
function circles(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const done = new Set<string>();
  const trail: string[] = [];
  const found: string[][] = [];
  const visit = (path: string): void => {
    const at = trail.indexOf(path);
    if (at >= 0) found.push([...trail.slice(at), path]);
    if (at >= 0 || done.has(path)) return;
    trail.push(path);
    for (const target of graph.get(path) ?? []) visit(target);
    trail.pop();
    done.add(path);
  };
  for (const path of graph.keys()) visit(path);
  return found;
}

test('a circle is found', () => {
  const graph = new Map([
    ['a', ['b']],
    ['b', ['c']],
    ['c', ['b']],
  ]);
  expect(circles(graph)).toEqual([['b', 'c', 'b']]);
});
