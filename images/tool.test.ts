import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { chooseTool } from './tool.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'binnacle-tools-'));
  vi.stubEnv('PATH', `${folder}:/usr/bin:/bin`);
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

function program(name: string, script: string): void {
  writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
  chmodSync(join(folder, name), 0o755);
}

const broken = (name: string): void =>
  program(name, 'echo "cannot connect to the daemon" >&2; exit 1');

test('a docker without its daemon is passed over', () => {
  broken('docker');
  program('podman', 'echo 5.0.0');
  expect(chooseTool(undefined)).toBe('podman');
});

test('a stand-in that says nothing is passed over', () => {
  program('docker', 'exit 0');
  program('podman', 'echo 5.0.0');
  expect(chooseTool(undefined)).toBe('podman');
});

test('docker comes first when it works', () => {
  program('docker', 'echo 28.0.0');
  program('podman', 'echo 5.0.0');
  expect(chooseTool(undefined)).toBe('docker');
});

test('the one that was asked for is taken or refused with its reason', () => {
  program('docker', 'echo 28.0.0');
  broken('podman');
  expect(() => chooseTool('podman')).toThrow(/podman: cannot connect to the daemon/);
});

test('when none works, it says why for each and what to do', () => {
  for (const name of ['docker', 'podman', 'buildah']) broken(name);
  expect(() => chooseTool(undefined)).toThrow(/docker: cannot connect.*podman: .*buildah: /s);
  vi.stubEnv('PATH', folder);
  rmSync(join(folder, 'docker'));
  expect(() => chooseTool(undefined)).toThrow(/docker: not installed/);
});
