// The files of the project and what they import, read once for all rules.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../..');

const IGNORED_FOLDERS = new Set(['node_modules', 'dist', 'coverage', '.git', '.binnacle']);

function walk(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = posix.join(folder, entry.name);
    if (entry.isDirectory()) return IGNORED_FOLDERS.has(entry.name) ? [] : walk(path);
    return entry.isFile() ? [path] : [];
  });
}

/** All files of the project, relative to its root, without what is built, installed or kept by a cluster at run time. */
export const allFiles: readonly string[] = walk('.').sort();

/** TypeScript written by hand. */
export const sources: readonly string[] = allFiles.filter(
  (path) => path.endsWith('.ts') && !path.startsWith('node/src/wire/gen/'),
);

/** TypeScript, the generated codec included. */
export const typescriptFiles: readonly string[] = allFiles.filter((path) => path.endsWith('.ts'));

/** Tests and micro-benchmarks: they stand beside the sources, and belong to no room. */
export const isTest = (path: string): boolean => /\.(test|bench)\.ts$/.test(path);

const texts = new Map<string, string>();

export function textOf(path: string): string {
  let text = texts.get(path);
  if (text === undefined) {
    text = readFileSync(join(ROOT, path), 'utf8');
    texts.set(path, text);
  }
  return text;
}

/** A text file's lines; none of a file that is not text. */
export function linesOf(path: string): string[] {
  const text = textOf(path);
  return text.includes('\0') ? [] : text.split('\n');
}

export function syntaxOf(path: string): ts.SourceFile {
  return ts.createSourceFile(path, textOf(path), ts.ScriptTarget.Latest, true);
}

/** The 1-based line on which a node begins. */
export function lineOf(file: ts.SourceFile, node: ts.Node): number {
  return file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1;
}

/** Calls `visit` for a file's nodes, outer ones first. */
export function eachNode(file: ts.SourceFile, visit: (node: ts.Node) => void): void {
  const go = (node: ts.Node): void => {
    visit(node);
    ts.forEachChild(node, go);
  };
  ts.forEachChild(file, go);
}

/** What a file imports, exports again or loads with `import()`: project files by path, packages by what is written. */
export function importsOf(path: string): string[] {
  return ts
    .preProcessFile(textOf(path), true, true)
    .importedFiles.map(({ fileName }) =>
      fileName.startsWith('.') ? posix.join(posix.dirname(path), fileName) : fileName,
    );
}
