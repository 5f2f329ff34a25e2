import { X509Certificate } from 'node:crypto';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { clusterSchema, type ClusterConfig } from '../config.ts';
import { Paths } from './paths.ts';
import { ensureCertificates } from './pki.ts';

const DAY_MS = 24 * 3600 * 1000;
const START = new Date('2026-01-01T00:00:00Z');

let folder: string;
let paths: Paths;

beforeEach(() => {
  folder = fs.mkdtempSync(join(tmpdir(), 'binnacle pki '));
  paths = new Paths(folder);
  fs.mkdirSync(paths.root);
});
afterEach(() => fs.rmSync(folder, { recursive: true }));

interface Changes {
  readonly config?: ClusterConfig;
  readonly now?: Date;
  readonly exists?: boolean;
  readonly members?: string[];
}

function ensure(changes: Changes = {}): Promise<string[]> {
  const config = changes.config ?? clusterSchema.parse({});
  const { now = START, exists = true, members = ['m1', 'm2'] } = changes;
  return ensureCertificates({ paths, config, members, exists, now });
}

const read = (name: string) => new X509Certificate(fs.readFileSync(paths.certFile(name)));
const later = (days: number) => new Date(START.getTime() + days * DAY_MS);

it('issues a CA, a certificate a member and one for clients, with keys for the owner only', async () => {
  await ensure({ exists: false });
  const ca = read('ca');
  expect(ca.ca).toBe(true);
  expect(ca.validToDate).toEqual(later(3650));
  for (const name of ['m1', 'm2', 'client']) {
    expect(read(name).verify(ca.publicKey)).toBe(true);
    expect(read(name).checkIssued(ca)).toBe(true);
    expect(read(name).ca).toBe(false);
    expect(fs.statSync(paths.keyFile(name)).mode & 0o777).toBe(0o600);
  }
  expect(fs.statSync(paths.caKeyFile).mode & 0o777).toBe(0o600);
  expect(read('m1').checkHost('localhost')).toBe('localhost');
  for (const address of ['127.0.0.1', '::1']) expect(read('m1').checkIP(address)).toBe(address);
  expect(read('client').subject).toBe('CN=root');
  expect(read('m1').validToDate).toEqual(later(365));
});

it('leaves alone what is in order', async () => {
  await ensure({ exists: false });
  const before = fs
    .readdirSync(paths.pki)
    .map((name) => fs.readFileSync(join(paths.pki, name), 'utf8'));
  expect(await ensure({ now: later(200) })).toEqual([]);
  const after = fs
    .readdirSync(paths.pki)
    .map((name) => fs.readFileSync(join(paths.pki, name), 'utf8'));
  expect(after).toEqual(before);
});

it('renews certificates in the last third of their life, under the same CA', async () => {
  await ensure({ exists: false });
  const ca = fs.readFileSync(paths.caFile, 'utf8');
  const report = await ensure({ now: later(250) });
  expect(report).toEqual(
    ['m1', 'm2', 'client'].map((name) => `certificate of ${name} issued (renewal)`),
  );
  expect(read('m1').validToDate).toEqual(later(250 + 365));
  expect(fs.readFileSync(paths.caFile, 'utf8')).toBe(ca);
});

it('renews the CA with its key, so that older certificates and clients still fit', async () => {
  await ensure({ exists: false });
  const oldCa = read('ca');
  const oldMember = read('m1');
  const report = await ensure({ now: later(3000) });
  expect(report[0]).toBe('CA renewed, with its key');
  expect(read('ca').validToDate).toEqual(later(3000 + 3650));
  expect(oldMember.checkIssued(read('ca'))).toBe(true);
  expect(oldMember.verify(read('ca').publicKey)).toBe(true);
  expect(read('m1').checkIssued(oldCa)).toBe(true);
  expect(read('m1').verify(oldCa.publicKey)).toBe(true);
});

it('issues for names that were added, and for members that were', async () => {
  await ensure({ exists: false });
  const tls = { extraSans: ['etcd.example.com', '10.0.0.5', '*.etcd.svc'] };
  const config = clusterSchema.parse({ tls });
  const report = await ensure({ config, members: ['m1', 'm2', 'm3'] });
  expect(report).toEqual([
    'certificate of m1 issued (for more names)',
    'certificate of m2 issued (for more names)',
    'certificate of m3 issued (new)',
  ]);
  expect(read('m1').checkHost('etcd.example.com')).toBe('etcd.example.com');
  expect(read('m1').checkHost('a.etcd.svc')).toBe('*.etcd.svc');
  expect(read('m1').checkIP('10.0.0.5')).toBe('10.0.0.5');
  expect(await ensure({ config, members: ['m1', 'm2', 'm3'] })).toEqual([]);
});

it('puts a certificate right whose key was lost or swapped', async () => {
  await ensure({ exists: false });
  fs.rmSync(paths.keyFile('m1'));
  fs.copyFileSync(paths.keyFile('client'), paths.keyFile('m2'));
  expect(await ensure()).toEqual([
    'certificate of m1 issued (new)',
    'certificate of m2 issued (its key did not belong to it)',
  ]);
});

it('does not make a new CA behind the back of a cluster that has one', async () => {
  await ensure({ exists: false });
  fs.rmSync(paths.caKeyFile);
  await expect(ensure()).rejects.toThrow(`${paths.caKeyFile} is missing`);
  await ensure({ exists: false });
  expect(fs.existsSync(paths.caKeyFile)).toBe(true);
  fs.writeFileSync(paths.caKeyFile, 'nonsense');
  await expect(ensure()).rejects.toThrow('holds no key that can be used');
});

it('never lets a certificate outlive its CA', async () => {
  const config = clusterSchema.parse({ tls: { caLifetimeDays: 100 } });
  await ensure({ config, exists: false });
  expect(read('m1').validToDate).toEqual(later(100));
});
