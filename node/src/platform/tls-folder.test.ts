import { X509Certificate } from 'node:crypto';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SILENT_LOGGER } from '../base/logger.ts';
import { ensureSelfSigned } from './self-signed.ts';
import { TlsFolder } from './tls-folder.ts';

let root = '';
let folder: TlsFolder | undefined;
beforeEach(() => void (root = fs.mkdtempSync(join(tmpdir(), 'binnacle-tls-folder-'))));
afterEach(() => {
  folder?.close();
  fs.rmSync(root, { recursive: true, force: true });
});

/** A Secret's content, beside the place where it is to be. */
async function secret(name: string): Promise<string> {
  const path = join(root, name);
  const options = { hosts: ['localhost:1'], validityYears: 1, forClients: true };
  const { certFile, keyFile } = await ensureSelfSigned(path, options, SILENT_LOGGER);
  fs.copyFileSync(certFile, join(path, 'ca.crt'));
  fs.renameSync(certFile, join(path, 'tls.crt'));
  fs.renameSync(keyFile, join(path, 'tls.key'));
  return path;
}

function open(): { folder: TlsFolder; changes: () => number } {
  let count = 0;
  folder = new TlsFolder(join(root, 'tls'), { pollIntervalMs: 10 }, SILENT_LOGGER);
  folder.onChange(() => count++);
  return { folder, changes: () => count };
}

async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 400 && !condition(); i++) await new Promise((r) => setTimeout(r, 5));
  expect(condition()).toBe(true);
}

const leafOf = (path: string): string =>
  new X509Certificate(fs.readFileSync(join(path, 'tls.crt'))).fingerprint256
    .replaceAll(':', '')
    .toLowerCase();

test('a folder that is there is loaded at once, and summed up', async () => {
  const made = await secret('a');
  fs.symlinkSync(made, join(root, 'tls'));
  const summary = open().folder.current?.summary();
  expect(summary?.leaf).toBe(leafOf(made));
  expect(summary?.trust).toEqual([leafOf(made)]);
  expect(Date.parse(summary?.notAfter ?? '')).toBeGreaterThan(Date.now());
});

test('a folder that comes later, first without its key, is loaded when it is whole', async () => {
  const { folder, changes } = open();
  expect(folder.current).toBeUndefined();
  expect(folder.problem).toContain('ENOENT');
  const made = await secret('a');
  fs.renameSync(join(made, 'tls.key'), join(root, 'held-back'));
  fs.symlinkSync(made, join(root, 'tls'));
  await until(() => folder.problem.includes('tls.key'));
  expect(changes()).toBe(0);
  fs.renameSync(join(root, 'held-back'), join(made, 'tls.key'));
  await until(() => folder.current !== undefined);
  expect(folder.problem).toBe('');
  expect(changes()).toBe(1);
});

test('each exchange is told once; a folder that goes away leaves its certificates in use', async () => {
  const [first, second] = [await secret('a'), await secret('b')];
  fs.symlinkSync(first, join(root, 'tls'));
  const { folder, changes } = open();
  const swapTo = (target: string): void => {
    fs.symlinkSync(target, join(root, 'next'));
    fs.renameSync(join(root, 'next'), join(root, 'tls'));
  };
  swapTo(second);
  await until(() => folder.current?.summary().leaf === leafOf(second));
  expect(changes()).toBe(1);
  fs.rmSync(join(root, 'tls'));
  await new Promise((r) => setTimeout(r, 60));
  expect(folder.current?.summary().leaf).toBe(leafOf(second));
  expect(changes()).toBe(1);
});

test('swaps back and forth never mix the certificate of one set with the trust of another', async () => {
  const sets = [await secret('a'), await secret('b')];
  fs.symlinkSync(sets[0] ?? '', join(root, 'tls'));
  const { folder, changes } = open();
  const known = sets.map(leafOf);
  let seen = 0;
  folder.onChange(() => {
    const summary = folder.current?.summary();
    expect(known).toContain(summary?.leaf);
    expect(summary?.trust).toEqual([summary?.leaf]);
    seen++;
  });
  for (let i = 1; i <= 60; i++) {
    fs.symlinkSync(sets[i % 2] ?? '', join(root, 'next'));
    fs.renameSync(join(root, 'next'), join(root, 'tls'));
    await new Promise((r) => setTimeout(r, i % 30));
  }
  await until(() => seen > 0);
  expect(changes()).toBe(seen);
});
