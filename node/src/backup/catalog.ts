// What lies at a destination: the backups, newest first, and what does not count as one.
import type { Destination, StoredObject } from './destination.ts';
import { BackupError, isBackupError, reasonOf } from './errors.ts';
import {
  backupOf,
  manifestObject,
  manifestText,
  parseManifest,
  type Manifest,
} from './manifest.ts';

/** Manifests fetched at the same time. */
const PARALLEL = 8;

export interface Catalog {
  /** Newest first. */
  readonly backups: readonly Manifest[];
  /** Data without a manifest: an upload that was cut off, or one that is under way. */
  readonly orphans: readonly StoredObject[];
  /** Manifests that can't be read, with the reason. */
  readonly unreadable: readonly { readonly object: string; readonly reason: string }[];
}

/** @throws BackupError Destination */
export async function loadCatalog(destination: Destination): Promise<Catalog> {
  const objects = await destination.list();
  const ours = objects.flatMap((object) => {
    const backup = backupOf(object.name);
    return backup === undefined ? [] : [{ object, ...backup }];
  });
  const manifests = ours.filter(({ isManifest }) => isManifest).map(({ object }) => object.name);
  const names = new Set(ours.filter(({ isManifest }) => isManifest).map(({ name }) => name));
  const backups: Manifest[] = [];
  const unreadable: { object: string; reason: string }[] = [];
  for (let at = 0; at < manifests.length; at += PARALLEL) {
    const slice = manifests.slice(at, at + PARALLEL);
    for (const [i, read] of (await Promise.all(slice.map(load(destination)))).entries()) {
      if (typeof read === 'string') unreadable.push({ object: slice[i] ?? '', reason: read });
      else if (read !== undefined) backups.push(read);
    }
  }
  backups.sort(byAge);
  const orphans = ours
    .filter(({ isManifest, name }) => !isManifest && !names.has(name))
    .map(({ object }) => object);
  return { backups, orphans, unreadable };
}

/** Newest first; names begin with the time. */
function byAge(a: Manifest, b: Manifest): number {
  return a.name < b.name ? 1 : -1;
}

/** The manifest, why it can't be used, or undefined when it has gone meanwhile. */
function load(destination: Destination) {
  return async (object: string): Promise<Manifest | string | undefined> => {
    try {
      const bytes = await destination.get(object);
      return parseManifest(Buffer.from(bytes).toString('utf8'), object);
    } catch (error) {
      if (isBackupError(error, 'NotFound')) return undefined;
      if (isBackupError(error, 'Damaged')) return reasonOf(error);
      throw error;
    }
  };
}

/** Replaces the manifest of a backup. */
export async function updateManifest(
  destination: Destination,
  manifest: Manifest,
): Promise<Manifest> {
  const text = Buffer.from(manifestText(manifest));
  await destination.put(manifestObject(manifest.name), text);
  return manifest;
}

/** Which backup is meant; at most one field is given, and none means the newest. */
export interface Choice {
  readonly name?: string;
  /** The newest that was begun at this moment or before. */
  readonly time?: Date;
  /** The newest that holds this revision or an older one. */
  readonly revision?: number;
  /** One that is not verified may be chosen, too; by name it always may. */
  readonly allowUnverified?: boolean;
}

/** @throws BackupError NotFound that lists what there is */
export function choose(catalog: Catalog, choice: Choice, destination: string): Manifest {
  const { name, time, revision, allowUnverified = false } = choice;
  if (name !== undefined) {
    const named = catalog.backups.find((backup) => backup.name === name);
    if (named !== undefined) return named;
    throw new BackupError('NotFound', `there is no backup ${name} at ${destination}`);
  }
  const fitting = catalog.backups
    .filter(({ failed }) => failed === null)
    .filter(({ savedAt }) => time === undefined || Date.parse(savedAt) <= time.getTime())
    .filter(({ content }) => revision === undefined || content.revision <= revision);
  const found = fitting.find(({ verified }) => allowUnverified || verified !== null);
  if (found !== undefined) return found;
  if (fitting.length > 0) {
    throw new BackupError(
      'NotFound',
      `${fitting.length} backups at ${destination} fit, but none of them is verified: run 'binnacle backup verify', or add --allow-unverified`,
    );
  }
  const wanted =
    time !== undefined
      ? ` of ${time.toISOString()} or before`
      : revision !== undefined
        ? ` with revision ${revision} or less`
        : '';
  throw new BackupError(
    'NotFound',
    `there is no good backup${wanted} at ${destination} (${catalog.backups.length} in all)`,
  );
}
