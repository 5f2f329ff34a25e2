// What counts as a backup, and which one is meant.
import { expect, test } from 'vitest';
import { choose, loadCatalog } from './catalog.ts';
import { manifestObject, manifestText, parseManifest, type Manifest } from './manifest.ts';
import { prune } from './prune.ts';
import { MemoryDestination } from './testing/memory-destination.ts';
import { VERIFIED, manifestAt } from './testing/manifests.ts';

const OLD = manifestAt('2026-11-19T00:00:00Z', { verified: VERIFIED });
const MIDDLE = manifestAt('2026-11-20T00:00:00Z', {
  verified: VERIFIED,
  content: { ...OLD.content, revision: 20 },
});
const NEW = manifestAt('2026-11-21T00:00:00Z', { content: { ...OLD.content, revision: 30 } });

async function destinationWith(...manifests: Manifest[]): Promise<MemoryDestination> {
  const destination = new MemoryDestination();
  for (const manifest of manifests) {
    await destination.put(manifest.data.object, new Uint8Array(0));
    await destination.put(manifestObject(manifest.name), Buffer.from(manifestText(manifest)));
  }
  return destination;
}

test('data without a manifest, and files that are not ours, are no backups', async () => {
  const destination = await destinationWith(OLD, NEW);
  await destination.put('20261121T101010Z-abcdef.snapshot', Buffer.from('cut off'));
  await destination.put('notes.json', Buffer.from('{}'));
  await destination.put('20261121T111111Z-abcdef.json', Buffer.from('{"format":1}'));
  const catalog = await loadCatalog(destination);
  expect(catalog.backups.map(({ name }) => name)).toEqual([NEW.name, OLD.name]);
  expect(catalog.orphans.map(({ name }) => name)).toEqual(['20261121T101010Z-abcdef.snapshot']);
  expect(catalog.unreadable).toMatchObject([{ object: '20261121T111111Z-abcdef.json' }]);
});

test('the newest verified one is chosen, or the newest of a time or revision', async () => {
  const catalog = await loadCatalog(await destinationWith(OLD, MIDDLE, NEW));
  expect(choose(catalog, {}, '')).toEqual(MIDDLE);
  expect(choose(catalog, { allowUnverified: true }, '')).toEqual(NEW);
  expect(choose(catalog, { name: NEW.name }, '')).toEqual(NEW);
  expect(choose(catalog, { time: new Date('2026-11-19T12:00:00Z') }, '')).toEqual(OLD);
  expect(choose(catalog, { time: new Date(MIDDLE.savedAt) }, '')).toEqual(MIDDLE);
  expect(choose(catalog, { revision: 19 }, '')).toEqual(OLD);
  expect(choose(catalog, { revision: 20 }, '')).toEqual(MIDDLE);
  expect(() => choose(catalog, { revision: 9 }, 'x')).toThrow('revision 9 or less at x');
  expect(() => choose(catalog, { name: 'none' }, 'x')).toThrow('no backup none at x');
});

test('a backup that failed its verification is never chosen but by name', async () => {
  const failed = manifestAt('2026-11-22T00:00:00Z', { failed: { at: '', reason: 'bad' } });
  const catalog = await loadCatalog(await destinationWith(failed));
  expect(() => choose(catalog, { allowUnverified: true }, 'x')).toThrow('no good backup');
  expect(choose(catalog, { name: failed.name }, '')).toEqual(failed);
  const unverified = await loadCatalog(await destinationWith(NEW));
  expect(() => choose(unverified, {}, 'x')).toThrow('none of them is verified');
});

test('pruning deletes data and manifests of what is given up, and old leftovers', async () => {
  const destination = await destinationWith(OLD, MIDDLE, NEW);
  const orphan = '20261101T101010Z-abcdef.snapshot';
  await destination.put(orphan, Buffer.from('cut off'));
  await destination.put('20261121T101010Z-aaaaaa.snapshot', Buffer.from('under way'));
  const found = destination.objects.get(orphan);
  if (found !== undefined) found.modifiedAtMs = Date.now() - 2 * 3_600_000;
  const dry = await prune(destination, { count: 1, days: 0 }, { dryRun: true });
  expect(dry.deleted).toEqual([OLD]);
  expect(destination.objects.size).toBe(8);
  const { deleted, leftovers, kept } = await prune(destination, { count: 1, days: 0 });
  expect([deleted, leftovers, kept.backups]).toEqual([[OLD], 1, [NEW, MIDDLE]]);
  expect([...destination.objects.keys()].sort()).toEqual(
    [
      ...[MIDDLE, NEW].flatMap(({ name, data }) => [manifestObject(name), data.object]),
      '20261121T101010Z-aaaaaa.snapshot',
    ].sort(),
  );
});

test.each([
  ['format', { format: 2 }],
  ['numbers', { newestRevision: 'x' }],
  ['names', { savedAt: 5 }],
  ['checksums', { snapshot: { bytes: 1, sha256: '../x' } }],
  ['another object', { data: { ...OLD.data, object: '../../etc/passwd' } }],
])('a manifest with bad %s is refused', (what, change) => {
  const text = JSON.stringify({ ...OLD, ...change });
  expect(() => parseManifest(text, manifestObject(OLD.name))).toThrow(what);
});
