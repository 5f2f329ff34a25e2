// What is deleted is old or surplus, and never the backup that everything depends on.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Manifest } from './manifest.ts';
import { expired } from './retention.ts';
import { VERIFIED, manifestAt } from './testing/manifests.ts';

const NOW = new Date('2026-11-21T12:00:00Z');
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

const backups = fc
  .uniqueArray(fc.integer({ min: 0, max: 24 * 100 }), { maxLength: 40 })
  .chain((hours) =>
    fc.tuple(
      fc.constant(hours.sort((a, b) => a - b)),
      fc.array(fc.constantFrom('verified', 'unverified', 'failed'), {
        minLength: hours.length,
        maxLength: hours.length,
      }),
    ),
  )
  .map(([hours, states]) =>
    hours.map((hour, i): Manifest =>
      manifestAt(new Date(NOW.getTime() - hour * HOUR_MS).toISOString().replace('.000', ''), {
        verified: states[i] === 'verified' ? VERIFIED : null,
        failed: states[i] === 'failed' ? { at: '', reason: 'bad' } : null,
      }),
    ),
  );

test('of any backups, what retention gives up is surplus or old, and the rest is neither', () => {
  fc.assert(
    fc.property(
      backups,
      fc.integer({ min: 0, max: 30 }),
      fc.integer({ min: 0, max: 60 }),
      (all, count, days) => {
        const gone = expired(all, { count, days }, NOW);
        const kept = all.filter((backup) => !gone.includes(backup));
        const newestVerified = all.find(({ verified }) => verified !== null);
        if (newestVerified !== undefined) expect(kept).toContain(newestVerified);
        if (all.length > 0) expect(kept.length).toBeGreaterThan(0);
        const precious = newestVerified ?? all.find(({ failed }) => failed === null) ?? all[0];
        for (const [position, backup] of all.entries()) {
          const isOld = days > 0 && NOW.getTime() - Date.parse(backup.savedAt) > days * DAY_MS;
          const isSurplus = count > 0 && position >= count;
          expect(gone.includes(backup)).toBe((isOld || isSurplus) && backup !== precious);
        }
      },
    ),
  );
});

test('pruning twice deletes nothing more', () => {
  fc.assert(
    fc.property(backups, fc.integer({ min: 1, max: 10 }), (all, count) => {
      const gone = expired(all, { count, days: 7 }, NOW);
      const kept = all.filter((backup) => !gone.includes(backup));
      expect(expired(kept, { count, days: 7 }, NOW)).toEqual([]);
    }),
  );
});
