import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SettingsFile } from './settings.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'binnacle-settings-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function fileOf(text: string): SettingsFile {
  const path = join(folder, 'Pulumi.test.yaml');
  writeFileSync(path, text);
  return new SettingsFile(path);
}

test('a stack’s file: the cluster’s keys, the stack’s own, and nothing of other projects', () => {
  const { config, namespace, context, isBuilt } = fileOf(`config:
  other:key: 1
  binnacle:namespace: store
  binnacle:members: "5"
  binnacle:tls: { mode: server }
  binnacle:build: { enabled: true }
`).read();
  expect(config).toMatchObject({ members: 5, tls: { mode: 'server', issuer: 'self' } });
  expect({ namespace, context, isBuilt }).toEqual({
    namespace: 'store',
    context: '',
    isBuilt: true,
  });
});

test('the stacks that come with the kit can be read', () => {
  for (const stack of ['kind', 'kubernetes']) {
    const path = fileURLToPath(new URL(`../Pulumi.${stack}.yaml`, import.meta.url));
    expect(new SettingsFile(path).read().config.name).toBe('binnacle');
  }
});

test('a change keeps comments and everything else', () => {
  const file = fileOf('config:\n  # three are enough\n  binnacle:members: 3 # for now\n  a:b: c\n');
  file.set('members', 5);
  file.set('tls.caGeneration', 2);
  expect(file.read().config).toMatchObject({ members: 5, tls: { caGeneration: 2 } });
  file.save();
  expect(readFileSync(file.path, 'utf8')).toBe(
    'config:\n  # three are enough\n  binnacle:members: 5 # for now\n  a:b: c\n  binnacle:tls:\n    caGeneration: 2\n',
  );
});

test('a file without a stack’s prefix will do, too', () => {
  const file = fileOf('namespace: x\nmembers: 1\n');
  expect(file.read()).toMatchObject({ namespace: 'x', config: { members: 1 } });
});

test.each([
  ['config: {binnacle:members: 12}', /members/],
  ['config: {binnacle:memberz: 3}', /memberz/],
  ['config: [', /is not valid YAML/],
])('%s is refused with the key', (text, message) => {
  expect(() => fileOf(text).read()).toThrow(message);
});
