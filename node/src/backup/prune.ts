// `binnacle backup prune`: deletes what retention gives up, and what uploads that were cut off left behind.
import { loadCatalog, type Catalog } from './catalog.ts';
import type { Destination } from './destination.ts';
import { manifestObject, type Manifest } from './manifest.ts';
import { expired, type Retention } from './retention.ts';

/** Data becomes visible, or is written to, shortly before its manifest: what has lain for this long gets none any more. */
const ORPHAN_AGE_MS = 60 * 60_000;
/** An upload of many parts may take its time. */
const UPLOAD_AGE_MS = 24 * 60 * 60_000;

export interface Pruned {
  readonly deleted: readonly Manifest[];
  /** Data without a manifest, and uploads that were cut off. */
  readonly leftovers: number;
  readonly kept: Catalog;
}

/** @throws BackupError Destination */
export async function prune(
  destination: Destination,
  retention: Retention,
  { now = new Date(), dryRun = false }: { readonly now?: Date; readonly dryRun?: boolean } = {},
): Promise<Pruned> {
  const catalog = await loadCatalog(destination);
  const deleted = expired(catalog.backups, retention, now);
  const old = now.getTime() - ORPHAN_AGE_MS;
  const orphans = catalog.orphans.filter(({ modifiedAtMs }) => modifiedAtMs < old);
  let leftovers = orphans.length;
  if (!dryRun) {
    // The manifest first: what is cut off in between is data that does not count.
    for (const { name, data } of deleted) {
      await destination.remove(manifestObject(name));
      await destination.remove(data.object);
    }
    for (const { name } of orphans) await destination.remove(name);
    leftovers += await destination.sweep(UPLOAD_AGE_MS);
  }
  const backups = catalog.backups.filter((backup) => !deleted.includes(backup));
  return { deleted, leftovers, kept: { ...catalog, backups } };
}
