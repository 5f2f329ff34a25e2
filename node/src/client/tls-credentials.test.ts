import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TlsPem } from './options.ts';
import { TlsContext } from './tls-credentials.ts';

let folder = '';
const path = (name: string): string => join(folder, name);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'binnacle-client-tls-'));
  for (const name of ['old', 'new']) {
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    const files = ['-keyout', `${name}.key`, '-out', `${name}.crt`];
    const args = ['req', '-x509', ...key, ...files, '-days', '2', '-subj', `/CN=${name}`];
    execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

const pemOf = (certificate: string, key = certificate): TlsPem => ({
  ca: readFileSync(path(`${certificate}.crt`)),
  cert: readFileSync(path(`${certificate}.crt`)),
  key: readFileSync(path(`${key}.key`)),
});

test('what is loaded is used until it changes, fits together and can be had', () => {
  let load = (): TlsPem => pemOf('old');
  const context = new TlsContext({ load: () => load() });
  const first = context.current();
  expect(context.current()).toBe(first);
  load = () => {
    throw new Error('the store is away');
  };
  expect(context.current()).toBe(first);
  load = () => pemOf('new', 'old');
  expect(context.current()).toBe(first);
  load = () => pemOf('new');
  const second = context.current();
  expect(second).not.toBe(first);
  expect(context.current()).toBe(second);
  load = () => ({ ca: readFileSync(path('new.crt')) });
  expect(context.current()).not.toBe(second);
});

test('bytes that are changed in place after they were loaded count as new', () => {
  const ca = Buffer.concat([readFileSync(path('old.crt')), Buffer.from('\n\n')]);
  const context = new TlsContext({ load: () => ({ ca }) });
  const first = context.current();
  ca[ca.length - 1] = 0x20;
  expect(context.current()).not.toBe(first);
});

test('the first certificates have to be right', () => {
  expect(() => new TlsContext({ load: () => pemOf('new', 'old') })).toThrow();
  expect(() => new TlsContext({ caFile: path('none') })).toThrow('ENOENT');
});

test('files that are replaced are read again; half a pair leaves the former in use', () => {
  const [certFile, keyFile] = [path('used.crt'), path('used.key')];
  copyFileSync(path('old.crt'), certFile);
  copyFileSync(path('old.key'), keyFile);
  const context = new TlsContext({ certFile, keyFile, caFile: certFile });
  const first = context.current();
  expect(context.current()).toBe(first);
  writeFileSync(certFile, readFileSync(path('new.crt')));
  expect(context.current()).toBe(first);
  writeFileSync(keyFile, readFileSync(path('new.key')));
  const second = context.current();
  expect(second).not.toBe(first);
  rmSync(certFile);
  expect(context.current()).toBe(second);
});
