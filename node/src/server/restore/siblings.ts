// What lies beside a data directory: the generation of its data, a restore that is staged, data that was put aside.
//
//   /var/lib/binnacle/data          →  generation   staged-7   staged.json   old-2026…
//   .binnacle/members/m1            →  m1.generation   m1.staged-7   m1.staged.json   m1.old-2026…
import { open, readFile, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';

export interface SiblingPaths {
  /** The folder in which they all lie. */
  readonly folder: string;
  readonly generation: string;
  /** A restore that is staged, and whether it was committed. */
  readonly marker: string;
  /** Beginning of the names of staged data directories. */
  readonly stagedPrefix: string;
  /** Beginning of the names of data that was put aside; the time follows, so that the last in order is the newest. */
  readonly oldPrefix: string;
}

const FIRST_GENERATION = 1;

export function siblingPaths(dataDir: string): SiblingPaths {
  const path = resolve(dataDir);
  const folder = dirname(path);
  // A folder of which the member has all needs no prefix; where members share one, their names are it.
  const prefix = basename(path) === 'data' ? `${folder}/` : `${path}.`;
  return {
    folder,
    generation: `${prefix}generation`,
    marker: `${prefix}staged.json`,
    stagedPrefix: `${prefix}staged-`,
    oldPrefix: `${prefix}old-`,
  };
}

/** Counted up by each restore of the whole cluster; data of an older one belongs to a past that was given up. */
export async function readGeneration(dataDir: string): Promise<number> {
  const text = await readIfThere(siblingPaths(dataDir).generation);
  const generation = Number(text?.trim() ?? FIRST_GENERATION);
  return Number.isSafeInteger(generation) && generation > 0 ? generation : FIRST_GENERATION;
}

/** Durable when it resolves. */
export function writeGeneration(dataDir: string, generation: number): Promise<void> {
  return writeWhole(siblingPaths(dataDir).generation, `${generation}\n`);
}

/** The folders beside the data whose paths begin so, ascending. */
export async function siblingsWith(prefix: string): Promise<string[]> {
  const folder = dirname(prefix.endsWith('/') ? `${prefix}x` : prefix);
  const names = await readdir(folder);
  return names
    .map((name) => join(folder, name))
    .filter((path) => path.startsWith(prefix))
    .sort();
}

/** Removes what was put aside earlier, but for the newest. */
export async function removeOldData(dataDir: string): Promise<void> {
  const old = await siblingsWith(siblingPaths(dataDir).oldPrefix);
  for (const path of old.slice(0, -1)) await rm(path, { recursive: true, force: true });
}

export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Replaces a small file in one step; durable when it resolves. */
export async function writeWhole(path: string, content: string): Promise<void> {
  const temporary = `${path}.tmp`;
  const file = await open(temporary, 'w', 0o600);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
  await syncFolder(dirname(path));
}

export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
