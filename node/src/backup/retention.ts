// Which backups are kept. Pure: the same catalog and the same time give the same answer.
import type { Manifest } from './manifest.ts';

export interface Retention {
  /** At most this many; 0 is no limit. */
  readonly count: number;
  /** None that is older than this; 0 is no limit. */
  readonly days: number;
}

const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * The backups to delete: those beyond the count, and those beyond the age. The newest verified one is never among them, and
 * while none is verified, neither is the newest one.
 * @param backups newest first
 */
export function expired(
  backups: readonly Manifest[],
  { count, days }: Retention,
  now: Date,
): Manifest[] {
  const usable = backups.filter(({ failed }) => failed === null);
  const precious = usable.find(({ verified }) => verified !== null) ?? usable[0] ?? backups[0];
  const oldest = days === 0 ? -Infinity : now.getTime() - days * DAY_MS;
  return backups.filter((backup, position) => {
    if (backup === precious) return false;
    return (count > 0 && position >= count) || Date.parse(backup.savedAt) < oldest;
  });
}
