// `binnacle backup verify`: restores a backup into a throwaway member, and compares what that holds with what the source held.
import { formatId } from '../base/index.ts';
import { isEtcdError } from '../client/index.ts';
import type { ClusterAccess } from './access.ts';
import { updateManifest } from './catalog.ts';
import type { Destination } from './destination.ts';
import type { SealingKey } from './encryption.ts';
import { BackupError, isBackupError, reasonOf } from './errors.ts';
import type { ContentMark, Manifest, Verified } from './manifest.ts';
import { readSnapshot } from './read-backup.ts';
import { contentMark, openClient, surveyMembers } from './source.ts';
import { withThrowaway, type Throwaway } from './throwaway.ts';

export interface VerifyOptions {
  readonly key?: SealingKey | undefined;
  /** Where it was saved from, when that can be asked still: writes during the copy are compared, too. */
  readonly source?: ClusterAccess | undefined;
}

/**
 * Resolves with the manifest, which says verified from now on.
 * @throws BackupError Damaged when the backup is bad, which its manifest says from now on; others when it could not be tried
 */
export async function verify(
  destination: Destination,
  manifest: Manifest,
  { key, source }: VerifyOptions = {},
): Promise<Manifest> {
  const startedMs = performance.now();
  try {
    const snapshot = readSnapshot(destination, manifest, key);
    const { held, comparedWithSource } = await withThrowaway(snapshot, async (member) => {
      const held = await compare(member, manifest);
      const compared = source !== undefined && (await compareWithSource(source, manifest, held));
      await assertWritable(member);
      return { held, comparedWithSource: compared };
    });
    const verified: Verified = {
      ...held,
      at: new Date().toISOString(),
      tookMs: Math.round(performance.now() - startedMs),
      comparedWithSource,
    };
    return await updateManifest(destination, { ...manifest, verified, failed: null });
  } catch (error) {
    const isBad = isBackupError(error, 'Damaged') || isBackupError(error, 'NotFound');
    if (!isBad) throw error;
    const failed = { at: new Date().toISOString(), reason: reasonOf(error) };
    await updateManifest(destination, { ...manifest, verified: null, failed }).catch(() => {});
    throw new BackupError('Damaged', `${manifest.name} is no good: ${reasonOf(error)}`, {
      cause: error,
    });
  }
}

/** The restored copy against what the manifest says; returns what the copy holds in all. */
async function compare(
  { client, endpoint }: Throwaway,
  { content, newestRevision }: Manifest,
): Promise<ContentMark> {
  const same = await contentMark(client, endpoint, content.revision).catch((error: unknown) => {
    if (isEtcdError(error, 'FutureRev')) return undefined;
    throw error;
  });
  if (same === undefined) {
    throw new BackupError('Damaged', `it does not reach revision ${content.revision}`);
  }
  for (const field of ['compactRevision', 'hash', 'keys'] as const) {
    if (same[field] === content[field]) continue;
    throw new BackupError(
      'Damaged',
      `at revision ${content.revision} ${LABELS[field]} ${same[field]}, but the source had ${content[field]}`,
    );
  }
  const { currentRevision: _, ...held } = await contentMark(client, endpoint);
  if (held.revision > newestRevision) {
    throw new BackupError(
      'Damaged',
      `it has revision ${held.revision}, which the source did not have yet (${newestRevision})`,
    );
  }
  return held;
}

const LABELS = {
  compactRevision: 'the compacted revision is',
  hash: 'the hash is',
  keys: 'the number of keys is',
} as const;

/** False when the source can't tell any more: it is away, or has compacted since. */
async function compareWithSource(
  source: ClusterAccess,
  manifest: Manifest,
  held: ContentMark,
): Promise<boolean> {
  const client = openClient(source);
  try {
    const members = await surveyMembers(client);
    const member = members.find(
      ({ status }) => formatId(status.header.clusterId) === manifest.cluster.id,
    );
    if (member === undefined) return false;
    const there = await contentMark(client, member.endpoint, held.revision);
    if (there.compactRevision !== held.compactRevision) return false;
    if (there.hash === held.hash && there.keys === held.keys) return true;
  } catch {
    return false;
  } finally {
    client.close();
  }
  throw new BackupError(
    'Damaged',
    `at revision ${held.revision} it differs from what the source holds now at that revision`,
  );
}

/** A copy that can be read but not written to would be half a restore. An alarm that was on is on in the copy. */
async function assertWritable({ client }: Throwaway): Promise<void> {
  try {
    await client.put('binnacle/verify', 'ok');
  } catch (error) {
    if (isEtcdError(error, 'NoSpace') || isEtcdError(error, 'Corrupt')) return;
    throw new BackupError('Damaged', `the restored member takes no write: ${reasonOf(error)}`);
  }
}
