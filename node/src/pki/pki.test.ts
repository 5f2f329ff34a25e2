import { X509Certificate } from 'node:crypto';
import { beforeAll, expect, it } from 'vitest';
import {
  bundleOf,
  certificatesOf,
  createAuthority,
  fingerprintOf,
  issueLeaf,
  readAuthority,
  reasonToIssue,
  renewAuthority,
  type Authority,
  type Pair,
  type WantedLeaf,
} from './index.ts';

const DAY_MS = 24 * 3600 * 1000;
const NOW = new Date('2026-01-01T00:00:00Z');
const later = (days: number): Date => new Date(NOW.getTime() + days * DAY_MS);
const SERVER: WantedLeaf = {
  commonName: 'server',
  subjectNames: ['localhost', '*.pods.example', '10.0.0.5', '::1'],
  usages: ['server', 'client'],
  lifetimeDays: 90,
};

let pair: Pair;
let authority: Authority;
let leaf: Pair;

beforeAll(async () => {
  pair = await createAuthority('CN=one CA, O=Binnacle', { lifetimeDays: 900, now: NOW });
  authority = await readAuthority(pair);
  leaf = await issueLeaf(authority, SERVER, NOW);
});

const read = (pem: string): X509Certificate => new X509Certificate(pem);
const reason = (of: Pair | undefined, wanted: WantedLeaf, now: Date = later(1)) =>
  reasonToIssue(of, [authority.certificate], wanted, now);

it('issues what was wanted', () => {
  const certificate = read(leaf.certificate);
  expect(certificate.checkIssued(authority.certificate)).toBe(true);
  expect(certificate.verify(authority.certificate.publicKey)).toBe(true);
  expect(certificate.subject).toBe('CN=server');
  expect(certificate.ca).toBe(false);
  expect(certificate.validToDate).toEqual(later(90));
  expect(certificate.checkHost('a.pods.example')).toBe('*.pods.example');
  expect(certificate.checkIP('::1')).toBe('::1');
  expect(reason(leaf, SERVER)).toBeUndefined();
});

it('links a leaf to the key of its CA, so that two CAs of one name are told apart', async () => {
  const twin = await createAuthority(authority.subject, { lifetimeDays: 900, now: NOW });
  expect(read(leaf.certificate).checkIssued(read(twin.certificate))).toBe(false);
});

it.each<[string, Partial<WantedLeaf>, number, string | undefined]>([
  ['names that are there already', { subjectNames: ['localhost'] }, 1, undefined],
  ['a name more', { subjectNames: ['other'] }, 1, 'for more names'],
  ['a wildcard more', { subjectNames: ['*.other'] }, 1, 'for more names'],
  ['a wildcard that another ends with', { subjectNames: ['*.pods.ex'] }, 1, 'for more names'],
  ['an address more', { subjectNames: ['10.0.0.6'] }, 1, 'for more names'],
  ['another common name', { commonName: 'peer' }, 1, 'for another common name'],
  ['its last day before the last third', {}, 59, undefined],
  ['the last third of its life', {}, 61, 'renewal'],
  ['a time after its life', {}, 100, 'renewal'],
])('looks at %s', (_, change, days, expected) => {
  expect(reason(leaf, { ...SERVER, ...change }, later(days))).toBe(expected);
});

it('sees what is missing, unreadable, mixed up, of another CA or for another use', async () => {
  expect(reason(undefined, SERVER)).toBe('new');
  expect(reason({ ...leaf, certificate: 'nonsense' }, SERVER)).toMatch(
    /^the old one was unreadable/,
  );
  expect(reason({ ...leaf, key: '' }, SERVER)).toMatch(/^the old one was unreadable/);
  expect(reason({ ...leaf, key: pair.key }, SERVER)).toBe('its key did not belong to it');
  const other = await createAuthority('CN=other', { lifetimeDays: 900, now: NOW });
  expect(reasonToIssue(leaf, [read(other.certificate)], SERVER, later(1))).toBe(
    'the CA is another',
  );
  const either = [read(other.certificate), authority.certificate];
  expect(reasonToIssue(leaf, either, SERVER, later(1))).toBeUndefined();
  const client = { ...SERVER, usages: ['client'] as const };
  expect(reason(await issueLeaf(authority, client, NOW), SERVER)).toBe('for another use');
});

it('renews a CA under its key, and keeps leaves within its life', async () => {
  const certificate = await renewAuthority(authority, { lifetimeDays: 30, now: later(800) });
  expect(read(leaf.certificate).checkIssued(read(certificate))).toBe(true);
  const renewed = await readAuthority({ certificate, key: pair.key });
  const late = await issueLeaf(renewed, SERVER, later(800));
  expect(read(late.certificate).validToDate).toEqual(later(830));
});

it('refuses an authority that could not issue', async () => {
  await expect(readAuthority({ ...pair, certificate: '' })).rejects.toThrow('holds no certificate');
  await expect(readAuthority({ ...pair, key: 'x' })).rejects.toThrow('no key that can be used');
  await expect(readAuthority({ ...pair, key: leaf.key })).rejects.toThrow('does not belong');
});

it('bundles certificates, each once, and reads them back', () => {
  const both = [authority.certificate, read(leaf.certificate), authority.certificate];
  const bundle = bundleOf(both);
  expect(certificatesOf(bundle).map(fingerprintOf)).toEqual(both.slice(0, 2).map(fingerprintOf));
  expect(fingerprintOf(authority.certificate)).toMatch(/^[0-9a-f]{64}$/);
  expect(() => certificatesOf('')).toThrow('no certificate');
  expect(() => certificatesOf(bundle.slice(0, -40))).toThrow('ends within a certificate');
});
