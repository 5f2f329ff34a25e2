// A member does not start on data that is not whole: it says which file is wrong, and where, and changes nothing.
import { cpSync, existsSync, mkdtempSync, renameSync, rmSync, truncateSync } from 'node:fs';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { utf8FromText } from '../../../node/src/base/index.ts';
import { KVService } from '../../../node/src/wire/gen/rpc.ts';
import { Caller } from '../support/caller.ts';
import { startCluster, type TestCluster } from '../support/cluster.ts';
import { eventually } from '../support/waiting.ts';
import {
  databaseFile,
  fingerprint,
  flipBit,
  lastSegment,
  overwrite,
  tryToStart,
  usedBytes,
  walFolder,
} from './stopped-member.ts';

const PAGE_BYTES = 4096;
const PUTS = 400;

let cluster: TestCluster;
let folder: string;
/** What the member had when it was stopped. */
let whole: string;
/** Its database in an earlier hour of its life. */
let oldDatabase: string;
let dataDir: string;

/** Copies are cheap: segments of the log are mostly holes. */
function copy(name: string): string {
  const target = mkdtempSync(join(folder, `${name}-`));
  cpSync(whole, target, { recursive: true });
  return target;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'binnacle-damaged-'));
  whole = join(folder, 'whole');
  oldDatabase = join(folder, 'old-db');
  cluster = await startCluster({ flags: ['--snapshot-count', '100'] });
  const member = cluster.member(0);
  const caller = new Caller(member.clientUrl);
  const put = (key: string) =>
    caller.unary(KVService.put, { key: utf8FromText(key), value: new Uint8Array(500).fill(7) });
  for (let i = 0; i < 20; i++) await put(`early-${i}`);
  await member.stop();
  cpSync(databaseFile(member.dataDir), oldDatabase);
  member.start();
  await cluster.untilHealthy();
  for (let i = 0; i < PUTS; i++) await put(`key-${i}`);
  caller.close();
  await member.stop();
  cpSync(member.dataDir, whole, { recursive: true });
}, 30_000);

afterAll(async () => {
  await cluster.stop();
  rmSync(folder, { recursive: true, force: true });
});

afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

/**
 * The start is refused with a message that holds `named`; nothing on the disk is changed, but for `repaired` segments,
 * which are kept beside as they were.
 */
async function expectRefused(
  named: readonly (string | RegExp)[],
  repaired: readonly string[] = [],
): Promise<void> {
  const before = fingerprint(dataDir);
  const { code, messages, stderr } = await tryToStart(dataDir);
  expect({ code, stderr: code === 1 ? '' : stderr.slice(-2_000) }).toEqual({ code: 1, stderr: '' });
  for (const part of named) expect(messages).toMatch(part);
  for (const path of repaired) renameSync(`${path}.broken`, path);
  expect(fingerprint(dataDir)).toEqual(before);
}

describe('the write-ahead log', () => {
  test.each([0.2, 0.7])('with a bit flipped at %d of it', async (share) => {
    dataDir = copy('wal-flip');
    const path = lastSegment(dataDir);
    const offset = Math.floor(usedBytes(path) * share);
    flipBit(path, offset);
    await expectRefused([path.slice(dataDir.length), /at byte \d+/]);
  });

  test('with a hole in the middle', async () => {
    dataDir = copy('wal-hole');
    const path = lastSegment(dataDir);
    overwrite(path, Math.floor(usedBytes(path) / 2), new Uint8Array(2_000));
    await expectRefused([/wal ends at index \d+/, /snap\/db\) holds index \d+/], [path]);
  });

  test('that is gone while the database is there', async () => {
    dataDir = copy('wal-gone');
    rmSync(walFolder(dataDir), { recursive: true });
    await expectRefused([/snap\/db exists, but there is no write-ahead log/]);
  });

  test('that is emptied', async () => {
    dataDir = copy('wal-empty');
    for (const name of readdirSync(walFolder(dataDir)))
      truncateSync(join(walFolder(dataDir), name));
    await expectRefused([/wal/]);
  });

  test('that is cut off before the last snapshot', async () => {
    dataDir = copy('wal-cut');
    const path = lastSegment(dataDir);
    truncateSync(path, Math.floor(usedBytes(path) / 3));
    await expectRefused([/wal ends at index \d+/, /snap\/db\) holds index \d+/], [path]);
  });

  test('with a torn tail is repaired, and all but the torn record is there', async () => {
    dataDir = copy('wal-torn');
    const path = lastSegment(dataDir);
    truncateSync(path, usedBytes(path) - 7);
    await startedOn(dataDir, async (caller, log) => {
      const { count } = await caller.unary(KVService.range, {
        key: utf8FromText('key-'),
        rangeEnd: utf8FromText('key.'),
        countOnly: true,
      });
      expect(count).toBeGreaterThanOrEqual(PUTS - 1);
      expect(log()).toMatch(/repair/);
    });
  });
});

describe('the database', () => {
  test('with both meta pages damaged', async () => {
    dataDir = copy('db-meta');
    const path = databaseFile(dataDir);
    for (const page of [0, 1]) overwrite(path, page * PAGE_BYTES + 16, new Uint8Array(8));
    await expectRefused([/snap\/db/, /offset \d+/]);
  });

  test('with one meta page damaged goes on with the other', async () => {
    dataDir = copy('db-one-meta');
    overwrite(databaseFile(dataDir), 16, new Uint8Array(8));
    await startedOn(dataDir, async (caller) => {
      const { count } = await caller.unary(KVService.range, {
        key: utf8FromText('key-'),
        rangeEnd: utf8FromText('key.'),
        countOnly: true,
      });
      expect(count).toBe(PUTS);
    });
  });

  test('with damaged page headers', async () => {
    dataDir = copy('db-pages');
    const path = databaseFile(dataDir);
    for (let at = 2 * PAGE_BYTES; at < statSync(path).size; at += PAGE_BYTES) flipBit(path, at + 8);
    await expectRefused([/snap\/db/, /offset \d+/]);
  });

  test.each([0.5, 0.9])('cut off at %d of its size', async (share) => {
    dataDir = copy('db-cut');
    const path = databaseFile(dataDir);
    truncateSync(path, Math.floor((usedBytes(path) * share) / PAGE_BYTES) * PAGE_BYTES);
    await expectRefused([/snap\/db/, /offset \d+/]);
  });

  test('cut off to nothing', async () => {
    dataDir = copy('db-empty');
    truncateSync(databaseFile(dataDir));
    await expectRefused([/snap\/db/]);
  });

  test('that is gone, while the log begins behind a snapshot', async () => {
    dataDir = copy('db-gone');
    renameSync(databaseFile(dataDir), join(folder, 'moved-away'));
    await expectRefused([/database file .*snap\/db\) of the backend is missing/]);
    expect(existsSync(databaseFile(dataDir))).toBe(false);
  });

  test('that is older than the log', async () => {
    dataDir = copy('db-old');
    cpSync(oldDatabase, databaseFile(dataDir));
    await expectRefused([/snap\/db/, /older than the log/]);
  });

  test('that belongs to another cluster', async () => {
    dataDir = copy('db-foreign');
    const other = await startCluster();
    try {
      await other.member(0).stop();
      cpSync(databaseFile(other.member(0).dataDir), databaseFile(dataDir));
    } finally {
      await other.stop();
    }
    await expectRefused([/snap\/db/]);
  });
});

/** Runs the member of the cluster on another data directory. */
async function startedOn(
  directory: string,
  look: (caller: Caller, log: () => string) => Promise<void>,
): Promise<void> {
  const member = cluster.member(0);
  const before = readFileSync(member.logFile, 'utf8').length;
  member.start(['--data-dir', directory]);
  const caller = new Caller(member.clientUrl);
  try {
    await cluster.untilHealthy();
    await eventually('an answer', () => caller.unary(KVService.range, { key: Uint8Array.of(1) }));
    await look(caller, () => readFileSync(member.logFile, 'utf8').slice(before));
  } finally {
    caller.close();
    await member.stop();
  }
}
