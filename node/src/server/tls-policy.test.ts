import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SILENT_LOGGER, type LogFields } from '../base/index.ts';
import { ensureSelfSigned, type TlsPolicy } from '../platform/index.ts';
import { LiveTls } from './tls-policy.ts';

const PLAIN = { accept: 'plain', advertise: 'http' };
const BOTH = { accept: 'both', advertise: 'http' };
const MUTUAL = { accept: 'mutual', advertise: 'https' };

let folder = '';
let live: LiveTls | undefined;
let lines: { message: string; fields: LogFields | undefined }[] = [];
let changes: string[] = [];
const record = (message: string, fields?: LogFields): void => void lines.push({ message, fields });
const logger = { ...SILENT_LOGGER, info: record, warn: record };

beforeEach(() => {
  folder = fs.mkdtempSync(join(tmpdir(), 'binnacle-live-'));
  lines = [];
  changes = [];
});
afterEach(() => {
  live?.close();
  fs.rmSync(folder, { recursive: true, force: true });
});

function open(): LiveTls {
  live = new LiveTls({ folder, madeBy: 'Job demo', pollIntervalMs: 10 }, logger);
  live.onChange((policy) => void changes.push(policy.accept));
  return live;
}

const write = (policy: object | string): void =>
  fs.writeFileSync(
    join(folder, 'policy.json'),
    typeof policy === 'string' ? policy : JSON.stringify(policy),
  );

async function fill(side: 'server' | 'peer'): Promise<void> {
  const path = join(folder, side);
  const options = { hosts: ['localhost:1'], validityYears: 1, forClients: true };
  const { certFile, keyFile } = await ensureSelfSigned(path, options, SILENT_LOGGER);
  fs.copyFileSync(certFile, join(path, 'ca.crt'));
  fs.renameSync(certFile, join(path, 'tls.crt'));
  fs.renameSync(keyFile, join(path, 'tls.key'));
}

async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 400 && !condition(); i++) await new Promise((r) => setTimeout(r, 5));
  expect(condition()).toBe(true);
}

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 80));

test('what is there at the start is in force at once; plain needs no certificates', async () => {
  write(PLAIN);
  const live = open();
  expect(live.current).toEqual(PLAIN);
  expect(live.waitingFor).toBeUndefined();
  expect(await live.waitUntilReady()).toEqual(PLAIN);
});

test('the wait says what is missing and who makes it, and ends with the last piece', async () => {
  const live = open();
  let ready: TlsPolicy | undefined;
  const waiting = live.waitUntilReady(logger).then((policy) => (ready = policy));
  expect(live.waitingFor).toBe(`${join(folder, 'policy.json')} (made by Job demo)`);
  expect(lines[0]?.fields?.['missing']).toBe(live.waitingFor);
  write(MUTUAL);
  await until(() => live.waitingFor?.includes(join(folder, 'server')) === true);
  await fill('server');
  await until(() => live.waitingFor?.includes(join(folder, 'server')) === false);
  expect(live.waitingFor).toContain(join(folder, 'peer'));
  expect(ready).toBeUndefined();
  await fill('peer');
  await waiting;
  expect(ready).toEqual(MUTUAL);
  expect(live.waitingFor).toBeUndefined();
});

test('changes are told once they are in force', async () => {
  write(PLAIN);
  await fill('server');
  await fill('peer');
  const live = open();
  for (const policy of [BOTH, MUTUAL, BOTH, PLAIN]) {
    write(policy);
    await until(() => live.current?.accept === policy.accept);
  }
  write({ ...PLAIN, note: 'means the same' });
  await pause();
  expect(changes).toEqual(['both', 'mutual', 'both', 'plain']);
});

test('a policy whose certificates are missing waits for them; the one before stays in force', async () => {
  write(PLAIN);
  const live = open();
  write(BOTH);
  await until(() => lines.some((line) => String(line.fields?.['error']).startsWith('missing: ')));
  expect(live.current).toEqual(PLAIN);
  await fill('server');
  await fill('peer');
  await until(() => live.current?.accept === 'both');
  expect(changes).toEqual(['both']);
});

test('a torn, wrong or missing file keeps the policy before it, with one warning each', async () => {
  write(PLAIN);
  const live = open();
  const warnings = (): number => lines.filter((one) => one.message.includes('keeping')).length;
  for (const bad of ['{"accept":"bo', '', '{"accept":"on","advertise":"http"}']) {
    const before = warnings();
    write(bad);
    await until(() => warnings() > before);
    await pause();
    expect(warnings()).toBe(before + 1);
    expect(live.current).toEqual(PLAIN);
  }
  const before = warnings();
  fs.rmSync(join(folder, 'policy.json'));
  await until(() => warnings() > before);
  await pause();
  expect(warnings()).toBe(before + 1);
  expect(live.current).toEqual(PLAIN);
  expect(changes).toEqual([]);
});
