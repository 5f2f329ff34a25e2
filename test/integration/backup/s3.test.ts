// Backups in a real S3 server: many parts, connections that break, wrong settings, and data that is not what was saved.
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Client } from '../../../node/src/client/index.ts';
import { startCluster, type TestCluster } from '../support/cluster.ts';
import { runBinnacle, type Outcome } from '../support/run-binnacle.ts';
import { startCuttingProxy, type CuttingProxy } from './cutting-proxy.ts';
import { BUCKET, CREDENTIALS, startVersitygw, versitygw, type S3Server } from './versitygw.ts';

const VALUE_BYTES = 256 * 1024;
const KEYS = 50;
const MIB = 1 << 20;
const TIMEOUT_MS = 60_000;

interface Listed {
  readonly name: string;
  readonly data: { readonly object: string; readonly bytes: number };
  readonly verified: { readonly revision: number; readonly comparedWithSource: boolean } | null;
  readonly failed: { readonly reason: string } | null;
}

if (versitygw === undefined) {
  console.warn(`skipped: versitygw is not there (test/conformance/build-oracles.sh versitygw)`);
}

describe.skipIf(versitygw === undefined)('backups in S3', () => {
  const folder = mkdtempSync(join(tmpdir(), 'binnacle-s3-'));
  let cluster: TestCluster;
  let s3: S3Server;
  let proxy: CuttingProxy;

  beforeAll(async () => {
    [cluster, s3] = await Promise.all([startCluster(), startVersitygw(folder)]);
    proxy = await startCuttingProxy(s3.port);
    using client = new Client({ endpoints: cluster.endpoints });
    for (let i = 0; i < KEYS; i++) await client.put(`key-${i}`, randomBytes(VALUE_BYTES));
  });

  afterAll(async () => {
    await proxy.close();
    await s3.stop();
    await cluster.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Through the proxy, in parts of 5 MiB. */
  const urlOf = (prefix: string, more = ''): string =>
    `s3://${BUCKET}/${prefix}?endpoint=http://127.0.0.1:${proxy.port}&partSizeMiB=5${more}`;

  const backup = (
    args: readonly string[],
    environment: Readonly<Record<string, string>> = {},
    signal?: AbortSignal,
  ): Promise<Outcome> =>
    runBinnacle(
      ['backup', ...args, '--endpoints', cluster.endpoints.join(',')],
      { ...CREDENTIALS, ...environment },
      TIMEOUT_MS,
      signal,
    );

  const list = async (url: string): Promise<Listed[]> => {
    const { stdout } = await backup(['list', url, '-w', 'json']);
    return JSON.parse(stdout) as Listed[]; // the command's own output
  };

  test('a run saves in parts, encrypts, verifies and records', async () => {
    const key = join(folder, 'key');
    const status = join(folder, 'status.json');
    writeFileSync(key, randomBytes(32).toString('hex'));
    const url = urlOf('run');
    const outcome = await backup([
      ...['run', url, '--encryption-key-file', key, '--status-file', status],
    ]);
    expect(outcome).toMatchObject({ code: 0 });
    const [saved, ...others] = await list(url);
    expect(others).toEqual([]);
    expect(saved).toMatchObject({ failed: null, verified: { comparedWithSource: true } });
    expect(saved!.data.bytes).toBeGreaterThan(KEYS * VALUE_BYTES);
    expect(saved!.verified!.revision).toBe(KEYS + 1);
    const stored = readFileSync(join(s3.folder, 'run', saved!.data.object));
    expect(stored.subarray(0, 8).toString()).toBe('BNSEAL01');
    expect(stored.includes('key-1')).toBe(false);
    expect(JSON.parse(readFileSync(status, 'utf8'))).toMatchObject({
      lastError: '',
      lastVerified: { name: saved!.name, keys: KEYS },
    });
  });

  test('an upload and a download whose connections break are gone on with', async () => {
    const url = urlOf('cut');
    proxy.cutAfter('up', 7 * MIB);
    expect(await backup(['save', url])).toMatchObject({ code: 0 });
    expect(proxy.cuts).toBe(1);
    proxy.cutAfter('down', 3 * MIB);
    expect(await backup(['verify', url])).toMatchObject({ code: 0 });
    expect(proxy.cuts).toBe(2);
    expect(await list(url)).toMatchObject([{ failed: null, verified: { revision: KEYS + 1 } }]);
  });

  test('an upload that dies with its process leaves nothing that counts', async () => {
    const url = urlOf('dies');
    const kill = new AbortController();
    const stalled = proxy.stallAfter('up', 7 * MIB);
    const outcome = backup(['save', url], {}, kill.signal);
    await stalled;
    kill.abort();
    expect((await outcome).code).toBeUndefined();
    proxy.reset();
    expect(await list(url)).toEqual([]);
    const none = await backup(['verify', url]);
    expect(none.stderr).toContain('there is no good backup');
    expect((await backup(['prune', url])).stdout).toContain('0 backups are kept');
  });

  test('what is wrong with the destination is said in words', async () => {
    const url = urlOf('wrong');
    const errorOf = async (at: string, environment = {}): Promise<string> =>
      (await backup(['save', at], environment)).stderr;
    expect(await errorOf(url, { AWS_SECRET_ACCESS_KEY: 'wrong' })).toContain(
      'the credentials are wrong (SignatureDoesNotMatch): look at AWS_ACCESS_KEY_ID',
    );
    expect(await errorOf(url, { AWS_ACCESS_KEY_ID: 'nobody' })).toContain('the credentials are');
    expect(await errorOf(url.replace(BUCKET, 'none'))).toContain('there is no such bucket');
    expect(await errorOf('s3://b/p?endpoint=http://127.0.0.1:1')).toContain(
      "it can't be reached (ECONNREFUSED)",
    );
  });

  test('a failed run is recorded, and keeps what was known', async () => {
    const status = join(folder, 'failed-status.json');
    writeFileSync(status, JSON.stringify({ lastVerifiedAt: '2026-01-01T00:00:00Z', backups: 3 }));
    const url = urlOf('wrong').replace(BUCKET, 'none');
    expect((await backup(['run', url, '--status-file', status])).code).toBe(1);
    expect(JSON.parse(readFileSync(status, 'utf8'))).toMatchObject({
      lastError: expect.stringContaining('there is no such bucket'),
      lastVerifiedAt: '2026-01-01T00:00:00Z',
      backups: 3,
    });
  });

  test('an object that was tampered with is found out, and not restored from', async () => {
    const url = urlOf('tampered');
    expect(await backup(['save', url])).toMatchObject({ code: 0 });
    const [saved] = await list(url);
    flip(join(s3.folder, 'tampered', saved!.data.object), 5 * MIB);
    const outcome = await backup(['verify', url]);
    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toContain('is no good');
    expect(await list(url)).toMatchObject([
      { verified: null, failed: { reason: expect.stringContaining('SHA-256') } },
    ]);
    const restored = await runBinnacle(
      ['restore', '--from', url, '--allow-unverified', '--data-dir', join(folder, 'never')],
      CREDENTIALS,
    );
    expect(restored.stderr).toContain('there is no good backup');
  });

  test('a changed value is found out even where every checksum was made to fit', async () => {
    const destination = join(folder, 'forged');
    expect(await backup(['save', destination])).toMatchObject({ code: 0 });
    const names = readdirSync(destination);
    const data = join(
      destination,
      names.find((name) => name.endsWith('.snapshot'))!,
    );
    const manifestFile = join(
      destination,
      names.find((name) => name.endsWith('.json'))!,
    );
    const bytes = readFileSync(data);
    // Deep in a value: no page of the database looks any different.
    const at = bytes.indexOf('key-7') + 5_000;
    bytes[at] = bytes[at]! ^ 1;
    const database = bytes.subarray(0, -32);
    createHash('sha256').update(database).digest().copy(bytes, database.length);
    writeFileSync(data, bytes);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const manifest = JSON.parse(readFileSync(manifestFile, 'utf8')) as Listed; // as it was saved
    writeFileSync(
      manifestFile,
      JSON.stringify({
        ...manifest,
        data: { ...manifest.data, sha256 },
        snapshot: { bytes: bytes.length, sha256 },
      }),
    );
    const outcome = await backup(['verify', destination]);
    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toContain(`at revision ${KEYS + 1} the hash is`);
  });
});

function flip(path: string, position: number): void {
  const bytes = readFileSync(path);
  bytes[position] = bytes[position]! ^ 1;
  writeFileSync(path, bytes);
}
