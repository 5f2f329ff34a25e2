import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { compressedBytes, readImageArchive } from './archive.ts';
import { tarEntries } from './tar.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'binnacle-archive-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** What the machine's tar makes of a folder with these files. */
function tarOf(files: Record<string, string | Buffer>, format: string): Buffer {
  const tree = mkdtempSync(join(folder, 'tree-'));
  for (const [path, contents] of Object.entries(files)) {
    mkdirSync(join(tree, path, '..'), { recursive: true });
    writeFileSync(join(tree, path), contents);
  }
  symlinkSync('a/target', join(tree, 'link'));
  return execFileSync('tar', [`--format=${format}`, '-cf', '-', '-C', tree, '.'], {
    maxBuffer: 1e8,
  });
}

const LONG = `${'long-folder-name/'.repeat(12)}file`;

test.each(['gnu', 'pax', 'ustar'])('files, folders and links of a %s archive', (format) => {
  const long = format === 'ustar' ? 'short' : LONG;
  const archive = tarOf({ 'one/two': 'contents', [long]: 'x'.repeat(1_000), empty: '' }, format);
  const entries = new Map([...tarEntries(archive)].map((entry) => [entry.path, entry]));
  expect(entries.get('one/two')).toMatchObject({ type: 'file', mode: 0o644 });
  expect(entries.get('one/two')!.data.toString()).toBe('contents');
  expect(entries.get(long)!.data).toHaveLength(1_000);
  expect(entries.get('empty')!.data).toHaveLength(0);
  expect(entries.get('one')).toMatchObject({ type: 'folder' });
  expect(entries.get('link')).toMatchObject({ type: 'link', target: 'a/target' });
});

function imageOf(layers: readonly Buffer[]): string {
  const names = layers.map((_, i) => `layer-${i}.tar`);
  const manifest = [{ Config: `${'0'.repeat(63)}1.json`, RepoTags: ['a:1'], Layers: names }];
  const path = join(folder, 'image.tar');
  const files = {
    'manifest.json': JSON.stringify(manifest),
    [`${'0'.repeat(63)}1.json`]: JSON.stringify({ architecture: 'arm64', config: { User: '1' } }),
    ...Object.fromEntries(names.map((name, i) => [name, layers[i]!])),
  };
  writeFileSync(path, tarOf(files, 'gnu'));
  return path;
}

test('an image: its configuration, and files of which later layers win', () => {
  const layers = [tarOf({ a: 'old', b: 'stays' }, 'gnu'), gzipSync(tarOf({ a: 'new' }, 'gnu'))];
  const image = readImageArchive(imageOf(layers));
  expect(image).toMatchObject({ tags: ['a:1'], id: `${'0'.repeat(63)}1` });
  expect(image.config.architecture).toBe('arm64');
  expect(image.files.get('a')!.data.toString()).toBe('new');
  expect(image.files.get('b')!.data.toString()).toBe('stays');
});

test('something else than an image is refused by name', () => {
  const path = join(folder, 'other.tar');
  writeFileSync(path, tarOf({ a: '' }, 'gnu'));
  expect(() => readImageArchive(path)).toThrow(/manifest\.json is missing/);
});

test('the size is that of the compressed layers', () => {
  const zeros = Buffer.alloc(1_000_000);
  expect(compressedBytes([zeros])).toBeLessThan(2_000);
  expect(compressedBytes([zeros, zeros])).toBe(2 * compressedBytes([zeros]));
});
