// Time, randomness, the environment and output come in through base/world.ts and the logger. Where the compiler has
// Node's types it cannot tell, so here is who may name them directly, and why.
import { expect, test } from 'vitest';
import ts from 'typescript';
import { eachNode, isTest, lineOf, sources, syntaxOf } from './tree.ts';

type Impurity = 'clock' | 'random' | 'timer' | 'turn' | 'environment' | 'output' | 'exit';

const MEMBERS = new Map<string, Impurity>(
  Object.entries({
    'Date.now': 'clock',
    'performance.now': 'clock',
    'performance.timeOrigin': 'clock',
    'process.hrtime': 'clock',
    'Math.random': 'random',
    'crypto.getRandomValues': 'random',
    'crypto.randomUUID': 'random',
    'process.env': 'environment',
    'process.argv': 'environment',
    'process.stdout': 'output',
    'process.stderr': 'output',
    'process.exit': 'exit',
  }),
);

const CALLS = new Map<string, Impurity>(
  Object.entries({
    setTimeout: 'timer',
    setInterval: 'timer',
    setImmediate: 'turn',
    Date: 'clock',
  }),
);

/** A path that ends in a slash stands for the folder. */
const EXCEPTIONS: { path: string; may: readonly Impurity[]; because: string }[] = [
  {
    path: 'node/src/platform/',
    may: ['clock', 'random', 'timer', 'turn', 'environment', 'output', 'exit'],
    because: 'it is the real clock, disk, random source and log output',
  },
  {
    path: 'node/src/cli/',
    may: ['clock', 'timer', 'environment', 'output', 'exit'],
    because: 'it is the process that a person starts',
  },
  {
    path: 'node/src/client/',
    may: ['clock', 'random', 'timer'],
    because:
      'it runs in other people’s processes: deadlines, backoff and the first endpoint are its own affair',
  },
  {
    path: 'node/src/backup/',
    may: ['clock', 'timer', 'environment'],
    because: 'it is a tool that works with clusters, stores and processes of the real world',
  },
  {
    path: 'infra/local/',
    may: ['clock', 'timer', 'environment', 'output', 'exit'],
    because: 'it starts, watches and stops processes in real time',
  },
  {
    path: 'infra/build.ts',
    may: ['environment'],
    because: 'it is a script with a flag',
  },
  {
    path: 'infra/engine/',
    may: ['turn', 'environment', 'output', 'exit'],
    because: 'it runs programs until they have settled, and is a command for tests',
  },
  {
    path: 'infra/examples/',
    may: ['output'],
    because: 'it shows what the Automation API tells',
  },
  {
    path: 'infra/kit/',
    may: ['clock', 'timer', 'environment', 'output', 'exit'],
    because: 'it works on clusters for somebody at a terminal',
  },
  {
    path: 'images/',
    may: ['environment', 'output', 'exit'],
    because: 'it is a tool of this repository, and where the program starts in its image',
  },
  {
    path: 'node/proto/',
    may: ['environment', 'output', 'exit'],
    because: 'it is a tool of this repository',
  },
  {
    path: 'node/src/kubernetes/access.ts',
    may: ['environment'],
    because: 'Kubernetes tells a pod by variables where its API server is',
  },
  {
    path: 'node/src/kubernetes/events.ts',
    may: ['clock'],
    because: 'an Event says when it happened',
  },
  {
    path: 'node/src/peer/http-client.ts',
    may: ['timer'],
    because: 'the deadline of a dial belongs to its socket',
  },
  {
    path: 'node/src/peer/reports.ts',
    may: ['turn'],
    because: 'a report must not reach raft in the middle of its own step',
  },
  {
    path: 'node/src/front/channel.ts',
    may: ['turn'],
    because: 'another thread is woken once for what a whole turn of the event loop produced',
  },
  {
    path: 'node/src/rpc/header-trace.ts',
    may: ['output'],
    because: 'it shows header fields on stderr as Go’s server does',
  },
  {
    path: 'node/src/rpc/h2/sender.ts',
    may: ['turn'],
    because: 'one socket write takes what a whole turn of the event loop produced',
  },
  {
    path: 'node/src/sim/world/scheduler.ts',
    may: ['turn'],
    because: 'an event is over when every promise that it let go on has come to rest',
  },
  {
    path: 'node/src/sim/main.ts',
    may: ['clock', 'random', 'environment'],
    because: 'it is the command that a person starts',
  },
  {
    path: 'node/src/sim/mutants/run.ts',
    may: ['clock', 'output'],
    because: 'it is the command that looks for deliberate bugs, and tells how far it is',
  },
  {
    path: 'node/src/sim/cli/',
    may: ['clock', 'timer', 'output', 'exit'],
    because: 'it runs many simulations for a person at a terminal',
  },
  {
    path: 'node/src/server/client-ports.ts',
    may: ['environment'],
    because: 'GODEBUG=http2debug=2 asks for header fields to be shown',
  },
];

const isFree = (path: string): boolean =>
  isTest(path) || path.startsWith('test/') || path.includes('/testing/') || !path.includes('/');

function impurityOf(node: ts.Node): Impurity | undefined {
  if (ts.isPropertyAccessExpression(node)) {
    if (node.expression.getText() === 'console') return 'output';
    return MEMBERS.get(node.getText());
  }
  if (ts.isNewExpression(node) && node.expression.getText() === 'Date')
    return node.arguments?.length ? undefined : 'clock';
  if (ts.isCallExpression(node) && ts.isIdentifier(node.expression))
    return CALLS.get(node.expression.text);
  return undefined;
}

function impuritiesOf(file: ts.SourceFile): { impurity: Impurity; where: string }[] {
  const found: { impurity: Impurity; where: string }[] = [];
  eachNode(file, (node) => {
    const impurity = impurityOf(node);
    if (impurity !== undefined)
      found.push({ impurity, where: `${file.fileName}:${lineOf(file, node)}: ${impurity}` });
  });
  return found;
}

const covers = (exception: { path: string }, path: string): boolean =>
  exception.path.endsWith('/') ? path.startsWith(exception.path) : path === exception.path;

test('only the files listed here reach for the real world', () => {
  const wrong = sources
    .filter((path) => !isFree(path))
    .flatMap((path) => {
      const may = EXCEPTIONS.filter((one) => covers(one, path)).flatMap((one) => one.may);
      return impuritiesOf(syntaxOf(path)).filter(({ impurity }) => !may.includes(impurity));
    });
  expect(wrong.map(({ where }) => where)).toEqual([]);
});

test('every exception for a single file is still needed', () => {
  const stale = EXCEPTIONS.filter(({ path, may }) => {
    if (path.endsWith('/')) return false;
    const used = new Set(impuritiesOf(syntaxOf(path)).map(({ impurity }) => impurity));
    return may.some((impurity) => !used.has(impurity));
  });
  expect(stale.map(({ path }) => path)).toEqual([]);
});

test.each([
  ['Date.now()', 'clock'],
  ['new Date()', 'clock'],
  ['Date()', 'clock'],
  ['const f = performance.now;', 'clock'],
  ['Math.random()', 'random'],
  ['setTimeout(f, 1)', 'timer'],
  ['setImmediate(f)', 'turn'],
  ["process.env['HOME']", 'environment'],
  ['console.log(1)', 'output'],
  ['process.exit(1)', 'exit'],
])('%s is seen', (text, impurity) => {
  const file = ts.createSourceFile('x.ts', text, ts.ScriptTarget.Latest, true);
  expect(impuritiesOf(file).map((one) => one.impurity)).toEqual([impurity]);
});

test.each(['new Date(ms)', 'Date.parse(text)', 'clock.setTimeout(f)', 'socket.setTimeout(1)'])(
  '%s is nothing impure',
  (text) => {
    const file = ts.createSourceFile('x.ts', text, ts.ScriptTarget.Latest, true);
    expect(impuritiesOf(file)).toEqual([]);
  },
);
