// A disk that runs full ends the member with a clear message; with space again, all that was acknowledged is there.
// A small tmpfs stands for the disk; only root can mount one.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { textFromUtf8, utf8FromText } from '../../../node/src/base/index.ts';
import { KVService } from '../../../node/src/wire/gen/rpc.ts';
import { Caller } from '../support/caller.ts';
import { startCluster } from '../support/cluster.ts';
import { eventually } from '../support/waiting.ts';

/** Room for one segment of the log (64 MB), and a little more. */
const DISK_BYTES = 72 * 1024 * 1024;
const VALUE_BYTES = 200_000;

const folder = mkdtempSync(join(tmpdir(), 'binnacle-full-disk-'));
const isMounted = tryToMount();

function tryToMount(): boolean {
  try {
    const options = `size=${DISK_BYTES},mode=0700`;
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder], { stdio: 'pipe' });
    return true;
  } catch (error) {
    const reason = error instanceof Error ? error.message.trim() : String(error);
    console.log(`skipped: a tmpfs cannot be mounted here: ${reason}`);
    return false;
  }
}

afterAll(() => {
  if (isMounted) execFileSync('umount', [folder]);
  rmSync(folder, { recursive: true, force: true });
});

test.skipIf(!isMounted)('a full disk', { timeout: 40_000 }, async () => {
  const cluster = await startCluster();
  const member = cluster.member(0);
  await member.stop();
  const dataDir = join(folder, 'data');
  const ballast = join(folder, 'ballast');
  member.start(['--data-dir', dataDir]);
  const caller = new Caller(member.clientUrl);
  try {
    await cluster.untilHealthy();
    writeFileSync(ballast, new Uint8Array(1024 * 1024));
    const acknowledged: number[] = [];
    for (let i = 0; member.isRunning && i < 1_000; i++) {
      const value = utf8FromText(`${i}:`.padEnd(VALUE_BYTES, '.'));
      const put = caller.unary(KVService.put, { key: utf8FromText(`key-${i}`), value }, 3_000);
      await put.then(
        () => acknowledged.push(i),
        () => undefined,
      );
    }
    await eventually('the end of the member', () => !member.isRunning);
    expect(acknowledged.length).toBeGreaterThan(5);
    expect(readFileSync(member.logFile, 'utf8')).toContain('the disk is full; the member stops');

    execFileSync('mount', ['-o', `remount,size=${4 * DISK_BYTES}`, folder]);
    member.start(['--data-dir', dataDir]);
    await cluster.untilHealthy();
    expect(member.isRunning).toBe(true);
    for (const i of acknowledged) {
      const key = utf8FromText(`key-${i}`);
      const { kvs } = await eventually(`key-${i}`, () => caller.unary(KVService.range, { key }));
      expect(textFromUtf8(kvs[0]?.value ?? new Uint8Array())?.startsWith(`${i}:`)).toBe(true);
    }
    await caller.unary(KVService.put, { key: utf8FromText('after'), value: utf8FromText('x') });
  } finally {
    caller.close();
    await cluster.stop();
  }
});
