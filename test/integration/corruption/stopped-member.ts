// The data directory of a member that is not running, to be damaged and looked at.
import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync, readdirSync, statSync, writeSync } from 'node:fs';
import { join, relative } from 'node:path';
import { freePorts } from '../support/cluster.ts';
import { runBinnacle, type Outcome } from '../support/run-binnacle.ts';

export const walFolder = (dataDir: string): string => join(dataDir, 'member', 'wal');
export const databaseFile = (dataDir: string): string => join(dataDir, 'member', 'snap', 'db');

/** The segment that was written last. */
export function lastSegment(dataDir: string): string {
  const names = readdirSync(walFolder(dataDir)).filter((name) => name.endsWith('.wal'));
  return join(walFolder(dataDir), names.toSorted().at(-1) ?? '');
}

/** Segments are allocated before they are written; the tests write less than this into one. */
const LOOKED_AT_BYTES = 4 * 1024 * 1024;

function beginningOf(path: string): Uint8Array {
  const file = openSync(path, 'r');
  try {
    const bytes = new Uint8Array(LOOKED_AT_BYTES);
    return bytes.subarray(0, readSync(file, bytes, 0, bytes.length, 0));
  } finally {
    closeSync(file);
  }
}

/** Behind the last byte that is not zero. */
export function usedBytes(path: string): number {
  const bytes = beginningOf(path);
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end--;
  return end;
}

/** Overwrites bytes and returns what was there. */
export function overwrite(path: string, offset: number, bytes: Uint8Array): Uint8Array {
  const file = openSync(path, 'r+');
  try {
    const before = new Uint8Array(bytes.length);
    readSync(file, before, 0, bytes.length, offset);
    writeSync(file, bytes, 0, bytes.length, offset);
    return before;
  } finally {
    closeSync(file);
  }
}

export function flipBit(path: string, offset: number): void {
  const [byte = 0] = overwrite(path, offset, Uint8Array.of(0));
  overwrite(path, offset, Uint8Array.of(byte ^ 0x10));
}

/** Size and hash of the beginning of every file below, by relative path. */
export function fingerprint(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
  return Object.fromEntries(
    files.map((path) => {
      const hash = createHash('sha1').update(beginningOf(path)).digest('hex');
      return [relative(folder, path), `${statSync(path).size} bytes, ${hash}`];
    }),
  );
}

/** Starts a member on a data directory, on ports of its own, and lets it run for at most 8 s. */
export async function tryToStart(
  dataDir: string,
  flags: readonly string[] = [],
): Promise<Outcome & { readonly messages: string }> {
  const [clientPort, peerPort] = await freePorts(2);
  const clientUrl = `http://127.0.0.1:${clientPort}`;
  const peerUrl = `http://127.0.0.1:${peerPort}`;
  const args = [
    ...['--name', 'm1', '--data-dir', dataDir],
    ...['--listen-client-urls', clientUrl, '--advertise-client-urls', clientUrl],
    ...['--listen-peer-urls', peerUrl, '--initial-advertise-peer-urls', peerUrl],
    ...['--initial-cluster', `m1=${peerUrl}`],
    ...flags,
  ];
  const outcome = await runBinnacle(args, {}, 8_000);
  const fatal = outcome.stderr.split('\n').filter((line) => line.includes('"fatal"'));
  return { ...outcome, messages: fatal.join('\n') };
}
