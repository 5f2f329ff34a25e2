/**
 * Where things lie: the oracles in the cache, the server under test, and scratch folders.
 *
 * BINNACLE_CACHE  what is built or downloaded for conformance (default ~/.cache/binnacle)
 * BINNACLE_BIN    the server under test (default node_modules/.bin/binnacle); etcd itself proves the harness
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

export const conformanceFolder = resolve(import.meta.dirname, '..');
export const repositoryFolder = resolve(conformanceFolder, '../..');

export const cacheFolder =
  process.env['BINNACLE_CACHE'] ??
  join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'binnacle');

/** The server under test: takes etcd's flags. */
export const serverBinary = resolve(
  process.env['BINNACLE_BIN'] ?? join(repositoryFolder, 'node_modules/.bin/binnacle'),
);

/** One of the programs that build-oracles.sh makes. */
export function oracle(
  name:
    | 'etcd'
    | 'etcdctl'
    | 'etcdutl'
    | 'bbolt'
    | 'benchmark'
    | 'behaviour.test'
    | 'helm'
    | 'versitygw',
): string {
  return join(cacheFolder, 'bin', name);
}

/** A folder of the cache, made when it is not there. */
export function cacheSubfolder(name: string): string {
  const folder = join(cacheFolder, name);
  mkdirSync(folder, { recursive: true });
  return folder;
}

const scratchFolders: string[] = [];

/** A new empty folder for one run; it stays for a look at its logs when a test fails. */
export function scratchFolder(purpose: string): string {
  const folder = mkdtempSync(join(tmpdir(), `binnacle-${purpose}-`));
  scratchFolders.push(folder);
  return folder;
}

export function removeScratchFolders(): void {
  for (const folder of scratchFolders) rmSync(folder, { recursive: true, force: true });
}
