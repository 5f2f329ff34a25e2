// What a run leaves for those who watch.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { lineOf } from './export.ts';
import { chooseMember, type SourceMember } from './source.ts';
import { statusAfter, statusFile } from './status.ts';
import { VERIFIED, manifestAt } from './testing/manifests.ts';

const NOW = new Date('2026-11-21T12:00:00Z');
const verified = manifestAt('2026-11-20T00:00:00Z', { verified: VERIFIED });
const unverified = manifestAt('2026-11-21T00:00:00Z');
const result = { backups: [unverified, verified], destination: '/b', error: '' };

test('the newest verified backup is told, with the time of its data', () => {
  expect(statusAfter(undefined, result, NOW)).toMatchObject({
    lastRunAt: NOW.toISOString(),
    lastSuccessAt: NOW.toISOString(),
    lastVerifiedAt: verified.savedAt,
    lastVerified: { name: verified.name, revision: 10, keys: 2 },
    lastError: '',
    backups: 2,
    verifiedBackups: 1,
  });
});

test('a failure keeps what was known before', () => {
  const before = statusAfter(undefined, result, NOW);
  const later = new Date('2026-11-22T12:00:00Z');
  const failed = statusAfter(before, { backups: [], destination: '/b', error: 'full' }, later);
  expect(failed).toMatchObject({
    lastRunAt: later.toISOString(),
    lastSuccessAt: NOW.toISOString(),
    lastVerifiedAt: verified.savedAt,
    lastVerified: before.lastVerified,
    lastError: 'full',
    lastErrorAt: later.toISOString(),
  });
});

const folder = mkdtempSync(join(tmpdir(), 'binnacle-status-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('a status file is written whole; a damaged one counts as none', async () => {
  const path = join(folder, 'status.json');
  const sink = statusFile(path);
  expect(await sink.read()).toBeUndefined();
  await sink.write(statusAfter(undefined, result, NOW));
  expect(await sink.read()).toMatchObject({ backups: 2 });
  expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ version: 1 });
  writeFileSync(path, 'half a {');
  expect(await sink.read()).toBeUndefined();
});

test('a line of an export tells text from bytes', () => {
  const kv = { createRevision: 1, modRevision: 2, version: 3, lease: 0n };
  const bytes = new Uint8Array([0xff, 0]);
  expect(lineOf({ ...kv, key: Buffer.from('é'), value: bytes })).toBe(
    '{"key":"é","valueBase64":"/wA=","createRevision":1,"modRevision":2,"version":3}\n',
  );
  expect(JSON.parse(lineOf({ ...kv, key: bytes, value: bytes, lease: -1n }))).toMatchObject({
    keyBase64: '/wA=',
    lease: 'ffffffffffffffff',
  });
});

test('the follower that is furthest is copied, the leader only when alone, a learner never', () => {
  const member = (id: bigint, role: SourceMember['role'], appliedIndex: number): SourceMember =>
    // Only these three fields decide.
    ({ id, role, appliedIndex }) as SourceMember;
  const all = [
    member(1n, 'leader', 90),
    member(2n, 'follower', 70),
    member(3n, 'follower', 80),
    member(4n, 'learner', 99),
  ];
  expect(chooseMember(all)?.id).toBe(3n);
  expect(chooseMember(all, new Set([3n]))?.id).toBe(2n);
  expect(chooseMember(all, new Set([2n, 3n]))?.id).toBe(1n);
  expect(chooseMember([member(4n, 'learner', 1)])).toBeUndefined();
});
