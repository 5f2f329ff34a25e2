// Whether a member's log and its database belong together, and neither lost a part.
import { formatId, type MemberId } from '../base/index.ts';
import type { Membership } from '../apply/index.ts';
import type { SnapshotFiles } from '../storage/index.ts';
import type { ConsistentIndex } from './consistent-index.ts';
import { ConfigError } from './flag-values.ts';
import type { DataPaths } from './paths.ts';

export interface StoredParts {
  readonly paths: DataPaths;
  readonly consistentIndex: ConsistentIndex;
  readonly membership: Membership;
  readonly files: SnapshotFiles;
  /** Whose log it is. */
  readonly localId: MemberId;
  /** Where the log begins, and where it ends. */
  readonly snapshotIndex: number;
  readonly lastIndex: number;
}

/** @throws ConfigError naming what is older, foreign or cut off */
export async function assertFits(parts: StoredParts): Promise<void> {
  const { paths, membership, localId, snapshotIndex, lastIndex } = parts;
  const { index } = parts.consistentIndex;
  if (index < snapshotIndex) {
    throw refusal(
      `database file (${paths.database} index ${index}) does not match with snapshot (index ${snapshotIndex}): the file is older than the log`,
    );
  }
  if (index === 0) return;
  if (membership.get(localId) === undefined && !membership.isRemoved(localId)) {
    throw refusal(
      `database file (${paths.database}) does not know member ${formatId(localId)}, whose log is in ${paths.walDir}: it belongs to another cluster`,
    );
  }
  if (index > lastIndex && (await isLogCutOff(parts, index))) {
    throw refusal(
      `the log in ${paths.walDir} ends at index ${lastIndex}, but the database file (${paths.database}) holds index ${index}: the end of the log is lost`,
    );
  }
}

/**
 * The database may be ahead of the log when power fails: what a quorum of others has committed is applied while it is
 * written here. But not as long as this member is the quorum, and not by a whole snapshot, which is taken behind the log.
 */
async function isLogCutOff(parts: StoredParts, index: number): Promise<boolean> {
  const { membership, localId, lastIndex, files } = parts;
  if (membership.voters().every((member) => member.id === localId)) return true;
  const snapshots = await files.indexes();
  return snapshots.some((at) => at > lastIndex && at <= index);
}

function refusal(reason: string): ConfigError {
  return new ConfigError(
    `${reason}. Restore this member from the others: remove it, and add it again with an empty data directory`,
  );
}
