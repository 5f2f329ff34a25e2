// `binnacle backup save`: a copy of a member's database on its way to a destination, and the manifest that makes it count.
import { formatId } from '../base/index.ts';
import type { Client } from '../client/index.ts';
import type { ClusterAccess } from './access.ts';
import type { Destination } from './destination.ts';
import { seal, type SealingKey } from './encryption.ts';
import { BackupError, isBackupError, reasonOf } from './errors.ts';
import {
  dataObject,
  manifestObject,
  manifestText,
  newBackupName,
  type Manifest,
} from './manifest.ts';
import { Meter } from './pieces.ts';
import { pinnedSnapshot } from './snapshot-stream.ts';
import { chooseMember, openClient, surveyMembers, type SourceMember } from './source.ts';

/** A member may die while it is copied: then another one is. */
const MAX_ATTEMPTS = 3;

export interface SaveOptions {
  /** `manual`, `scheduled`, `before-restore`. */
  readonly reason: string;
  /** Encrypts before anything leaves this process. */
  readonly key?: SealingKey | undefined;
  readonly note?: (line: string) => void;
}

/** Resolves when the backup is complete and durable at the destination. @throws BackupError */
export async function save(
  access: ClusterAccess,
  destination: Destination,
  options: SaveOptions,
): Promise<Manifest> {
  await destination.prepare();
  const client = openClient(access);
  try {
    return await attempts(client, access, destination, options);
  } finally {
    client.close();
  }
}

async function attempts(
  client: Client,
  access: ClusterAccess,
  destination: Destination,
  options: SaveOptions,
): Promise<Manifest> {
  const failed = new Set<bigint>();
  for (let attempt = 1; ; attempt++) {
    const members = await surveyMembers(client);
    const member = chooseMember(members, failed) ?? chooseMember(members);
    if (member === undefined) throw new BackupError('Source', 'only learners answer');
    options.note?.(
      `copying ${member.name} (${member.role}, revision ${member.status.header.revision})`,
    );
    try {
      return await copy(client, member, access, destination, options);
    } catch (error) {
      // The destination has tried again by itself as often as makes sense.
      if (isBackupError(error) || attempt === MAX_ATTEMPTS) throw asBackupError(error, member);
      failed.add(member.id);
      options.note?.(`copying ${member.name} failed (${reasonOf(error)}); trying again`);
    }
  }
}

async function copy(
  client: Client,
  member: SourceMember,
  access: ClusterAccess,
  destination: Destination,
  { key, reason }: SaveOptions,
): Promise<Manifest> {
  const now = new Date();
  const name = newBackupName(now);
  const object = dataObject(name, key !== undefined);
  const pinned = await pinnedSnapshot(client, member);
  const plain = new Meter();
  const stored = key === undefined ? plain : new Meter();
  try {
    const snapshot = plain.of(pinned.bytes);
    const content = key === undefined ? snapshot : stored.of(seal(snapshot, key, name));
    await destination.write(object, content);
  } finally {
    pinned.cancel();
  }
  const manifest: Manifest = {
    format: 1,
    name,
    savedAt: now.toISOString(),
    cluster: { name: access.name, id: formatId(member.status.header.clusterId) },
    member: { id: formatId(member.id), name: member.name, role: member.role },
    reason,
    content: pinned.content,
    newestRevision: pinned.newestRevision,
    data: { object, bytes: stored.bytes, sha256: stored.sha256 },
    snapshot: { bytes: plain.bytes, sha256: plain.sha256 },
    encryption: key === undefined ? null : { kind: 'AES-256-GCM-chunked', keyId: key.id },
    storageVersion: member.status.storageVersion,
    verified: null,
    failed: null,
  };
  await destination.put(manifestObject(name), Buffer.from(manifestText(manifest)));
  return manifest;
}

function asBackupError(error: unknown, { name }: SourceMember): BackupError {
  if (isBackupError(error)) return error;
  return new BackupError('Source', `copying ${name} failed: ${reasonOf(error)}`, { cause: error });
}
