// Ways round the compiler, the linter and the tests: not at all, or with a reason beside them.
import { expect, test } from 'vitest';
import ts from 'typescript';
import { allFiles, eachNode, isTest, lineOf, linesOf, sources, syntaxOf } from './tree.ts';

/** These rules name what they forbid. */
const isRule = (path: string): boolean => path.startsWith('test/tidy/');

function linesWith(paths: readonly string[], pattern: RegExp): string[] {
  return paths
    .filter((path) => !isRule(path))
    .flatMap((path) =>
      linesOf(path).flatMap((line, i) => (pattern.test(line) ? [`${path}:${i + 1}: ${line}`] : [])),
    );
}

test('nothing is left to do later in a comment', () => {
  const paths = allFiles.filter((path) => path !== 'package-lock.json');
  expect(linesWith(paths, /\b(TODO|FIXME|XXX|HACK)\b/)).toEqual([]);
});

test('the compiler and the linter are never silenced without a reason', () => {
  expect(linesWith(sources, /@ts-(ignore|nocheck)/)).toEqual([]);
  expect(linesWith(sources, /@ts-expect-error\s*(\*\/)?$/)).toEqual([]);
  expect(linesWith(sources, /eslint-disable(?!.*--\s*\S)/)).toEqual([]);
});

/** A reason stands on the same line, on one of the two above, or in the statement's first line. */
function hasComment(lines: readonly string[], first: number, last: number): boolean {
  return lines.slice(Math.max(0, first - 3), last).some((line) => /\/\/|\/?\*/.test(line));
}

/** `any`, and casts that go through `unknown` or `never`, without a word on why they hold. */
function unexplainedCasts(file: ts.SourceFile): string[] {
  const lines = file.text.split('\n');
  const found: string[] = [];
  eachNode(file, (node) => {
    const isAny = node.kind === ts.SyntaxKind.AnyKeyword;
    const isCast =
      ts.isAsExpression(node) &&
      ((ts.isAsExpression(node.expression) && node.expression.type.getText() === 'unknown') ||
        node.type.getText() === 'never');
    if (!isAny && !isCast) return;
    const first = lineOf(file, node);
    const last = file.getLineAndCharacterOfPosition(node.end).line + 1;
    if (!hasComment(lines, first, last)) found.push(`${file.fileName}:${first}: ${node.getText()}`);
  });
  return found;
}

test('`any` and forced casts say why they hold', () => {
  const shipped = sources.filter((path) => !isTest(path) && !path.startsWith('test/'));
  expect(shipped.flatMap((path) => unexplainedCasts(syntaxOf(path)))).toEqual([]);
});

test('an unexplained cast is found', () => {
  const parse = (text: string): ts.SourceFile =>
    ts.createSourceFile('x.ts', text, ts.ScriptTarget.Latest, true);
  expect(unexplainedCasts(parse('const x: any = 1;'))).toHaveLength(1);
  expect(unexplainedCasts(parse('const x = y as unknown as Z;'))).toHaveLength(1);
  expect(unexplainedCasts(parse('const x = y as unknown as Z; // a Z in all but name'))).toEqual(
    [],
  );
});

const testFiles = sources.filter(isTest);

test('no test runs alone', () => {
  expect(linesWith(testFiles, /\b(test|it|describe)(\.\w+)*\.only\b/)).toEqual([]);
});

test('a skipped test prints why', () => {
  const silent = testFiles
    .filter((path) => !isRule(path))
    .filter((path) => {
      const text = linesOf(path).join('\n');
      const conditional =
        /\.(skipIf|runIf|todo)\b/.test(text) && !/console\.(warn|log)\(`skipped: /.test(text);
      // The names of skipped tests are printed at the end of a run.
      const plain = /\.skip\((?!\s*[`'"][^`'"]*:)/.test(text);
      return conditional || plain;
    });
  expect(silent).toEqual([]);
});
