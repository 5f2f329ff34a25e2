// A restore in place: a whole data directory is made beside the current one while that serves, and takes its place at the next
// start once it was committed. The commit is one small file, so that a crash leaves either the old or the new, never a mixture.
import { rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { formatId } from '../../base/index.ts';
import { plannedCluster } from '../founding.ts';
import { dataPaths } from '../paths.ts';
import { placeSnapshot } from './place-snapshot.ts';
import { writeRestoredMember, type RestoreWorld } from './restored-member.ts';
import {
  readIfThere,
  removeOldData,
  siblingPaths,
  siblingsWith,
  syncFolder,
  writeGeneration,
  writeWhole,
} from './siblings.ts';

export interface StageRequest {
  readonly generation: number;
  /** Of this member, as it stands in `members`. */
  readonly name: string;
  /** NAME=URL,… of all members of the restored cluster. */
  readonly members: string;
  /** Members' and cluster's ids follow from it and the URLs: a new one makes a cluster that no old member takes for its own. */
  readonly token: string;
  readonly revisionBump: number;
  /** Of the snapshot, in hex. */
  readonly sha256: string;
}

/** What lies ready. */
export interface StagedRestore {
  readonly generation: number;
  readonly clusterId: string;
  readonly memberId: string;
  /** The newest revision it will have. */
  readonly revision: number;
  readonly databaseBytes: number;
  readonly state: 'staged' | 'committed';
  /** Names what is put aside; ISO 8601 without colons. */
  readonly stagedAt: string;
}

/**
 * Makes a data directory from a snapshot and verifies it: its SHA-256, and every page. Another one that was staged goes.
 * @throws SnapshotError, ConfigError, or the disk's error; nothing of it is left then
 */
export async function stageRestore(
  tools: RestoreWorld,
  dataDir: string,
  content: AsyncIterable<Uint8Array>,
  request: StageRequest,
): Promise<StagedRestore> {
  const cluster = plannedCluster(
    {
      name: request.name,
      initialClusterToken: request.token,
      advertisePeerUrls: urlsOf(request.members, request.name),
    },
    request.members,
  );
  await dropStaged(dataDir);
  await removeOldData(dataDir);
  const folder = stagedFolder(dataDir, request.generation);
  const paths = dataPaths({ dataDir: folder, walDir: '' });
  try {
    await tools.world.disk.makeFolder(paths.snapDir);
    const { sha256 } = request;
    const { databaseBytes } = await placeSnapshot(tools.world, content, paths.database, sha256);
    const revision = await writeRestoredMember(tools, paths, cluster, request.revisionBump);
    await tools.world.disk.syncFolder(paths.snapDir);
    await syncFolder(dirname(folder));
    const staged: StagedRestore = {
      generation: request.generation,
      clusterId: formatId(cluster.clusterId),
      memberId: formatId(cluster.local.id),
      revision,
      databaseBytes,
      state: 'staged',
      stagedAt: new Date(tools.world.clock.wallMs()).toISOString().replaceAll(':', '-'),
    };
    await writeMarker(dataDir, staged);
    return staged;
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

function urlsOf(members: string, name: string): string[] {
  const pairs = members.split(',').map((pair) => pair.split('='));
  return pairs.flatMap(([key, url]) => (key === name && url !== undefined ? [url] : []));
}

/** What is staged for this data directory; undefined when nothing is. */
export async function stagedRestore(dataDir: string): Promise<StagedRestore | undefined> {
  const text = await readIfThere(siblingPaths(dataDir).marker);
  return text === undefined ? undefined : (JSON.parse(text) as StagedRestore); // written whole, by this file
}

/** Gives up what is staged, unless it was committed. */
export async function dropStaged(dataDir: string): Promise<void> {
  const staged = await stagedRestore(dataDir);
  if (staged?.state === 'committed')
    throw new Error('a restore was committed: it cannot be undone');
  const { marker, stagedPrefix } = siblingPaths(dataDir);
  await rm(marker, { force: true });
  for (const path of await siblingsWith(stagedPrefix)) {
    await rm(path, { recursive: true, force: true });
  }
}

/**
 * From here on the restore counts: the next start finds it. Returns false when that generation is not staged here.
 * Also for a member that was down when the others committed.
 */
export async function commitStaged(dataDir: string, generation: number): Promise<boolean> {
  const staged = await stagedRestore(dataDir);
  if (staged?.generation !== generation) return false;
  if (staged.state !== 'committed') await writeMarker(dataDir, { ...staged, state: 'committed' });
  return true;
}

/**
 * At the start of a member, before anything looks at its data: puts a restore that was committed in place, and what was there
 * aside. Goes on where a crash cut it off. Returns what was put in place.
 */
export async function finishRestore({
  world,
  logger,
  dataDir,
}: RestoreWorld & { readonly dataDir: string }): Promise<StagedRestore | undefined> {
  const staged = await stagedRestore(dataDir);
  if (staged?.state !== 'committed') return undefined;
  const { folder, marker, oldPrefix } = siblingPaths(dataDir);
  const from = stagedFolder(dataDir, staged.generation);
  const aside = `${oldPrefix}${staged.stagedAt}`;
  if (await world.disk.exists(from)) {
    if (await world.disk.exists(dataDir)) {
      const { memberDir } = dataPaths({ dataDir, walDir: '' });
      // Nobody may be at work on what is put aside.
      await world.disk.makeFolder(memberDir);
      const lock = await world.disk.lock(`${memberDir}/lock`);
      await rename(dataDir, aside);
      await lock.release();
    }
    await rename(from, dataDir);
    await syncFolder(folder);
  }
  await writeGeneration(dataDir, staged.generation);
  await rm(marker, { force: true });
  await syncFolder(folder);
  logger.warn('restored data was put in place; what was there before lies beside it', {
    generation: staged.generation,
    'cluster-id': staged.clusterId,
    revision: staged.revision,
    'data-dir': dataDir,
    'old-data-dir': aside,
  });
  return staged;
}

function stagedFolder(dataDir: string, generation: number): string {
  return `${siblingPaths(dataDir).stagedPrefix}${generation}`;
}

function writeMarker(dataDir: string, staged: StagedRestore): Promise<void> {
  return writeWhole(siblingPaths(dataDir).marker, `${JSON.stringify(staged)}\n`);
}
