// One idea a file, one screen a function.
import { expect, test } from 'vitest';
import ts from 'typescript';
import { allFiles, eachNode, lineOf, linesOf, sources, syntaxOf } from './tree.ts';

const MAX_FILE_LINES = 500;
const MAX_FUNCTION_LINES = 70;

test('no file is longer than 500 lines', () => {
  const long = sources.filter((path) => linesOf(path).length - 1 > MAX_FILE_LINES);
  expect(long).toEqual([]);
});

/** `describe` only groups tests: its callback is as long as they are together. */
function groupsTests(node: ts.Node): boolean {
  const { parent } = node;
  return ts.isCallExpression(parent) && /^describe\b/.test(parent.expression.getText());
}

/** The functions of a file that take more lines than a screen has. */
function longFunctions(file: ts.SourceFile): string[] {
  const found: string[] = [];
  eachNode(file, (node) => {
    if (!ts.isFunctionLike(node) || !('body' in node) || node.body === undefined) return;
    const first = lineOf(file, node);
    const last = file.getLineAndCharacterOfPosition(node.end).line + 1;
    const lines = last - first + 1;
    if (lines > MAX_FUNCTION_LINES && !groupsTests(node))
      found.push(`${file.fileName}:${first} has ${lines} lines`);
  });
  return found;
}

test('no function is longer than 70 lines', () => {
  expect(sources.flatMap((path) => longFunctions(syntaxOf(path)))).toEqual([]);
});

test('a long function is found, inside another one too', () => {
  const body = '\n'.repeat(MAX_FUNCTION_LINES - 1);
  const parse = (text: string): ts.SourceFile =>
    ts.createSourceFile('x.ts', text, ts.ScriptTarget.Latest, true);
  expect(longFunctions(parse(`function f() {${body}}`))).toEqual([]);
  expect(longFunctions(parse(`function f() {${body}\n}`))).toHaveLength(1);
  expect(longFunctions(parse(`describe('x', () => {${body}\n});`))).toEqual([]);
  expect(longFunctions(parse(`describe('x', () => { test('y', () => {${body}\n}); });`))).toEqual([
    'x.ts:1 has 71 lines',
  ]);
});

/** Names that tools or another language's habits give. */
const GIVEN_NAMES =
  /^(LICENSE|NOTICE|Dockerfile|[A-Z]+\.md|Chart\.yaml|NOTES\.txt|_[a-z-]+\.tpl|Pulumi(Plugin|\.[a-z]+)?\.yaml|ClientTest\.java|tsconfig\..+\.json|[a-z_]+\.(proto|txt|py))$/;

test('names are in kebab-case', () => {
  const wrong = allFiles.filter((path) => {
    const parts = path.split('/');
    const name = parts.pop()!;
    const isKebab = /^\.?[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)*$/.test(name);
    return !(isKebab || GIVEN_NAMES.test(name)) || parts.some((part) => /[A-Z_ ]/.test(part));
  });
  expect(wrong).toEqual([]);
});
