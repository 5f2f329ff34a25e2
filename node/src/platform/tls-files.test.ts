import { X509Certificate } from 'node:crypto';
import * as fs from 'node:fs';
import * as net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tls from 'node:tls';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { LogFields } from '../base/logger.ts';
import { SILENT_LOGGER } from '../base/logger.ts';
import { ensureSelfSigned } from './self-signed.ts';
import { TlsFiles } from './tls-files.ts';
import { parseTlsSettings } from './tls-settings.ts';

let folder = '';
let warnings: { message: string; fields: LogFields | undefined }[] = [];
const closers: (() => void)[] = [];
const logger = {
  ...SILENT_LOGGER,
  warn: (message: string, fields?: LogFields) => void warnings.push({ message, fields }),
};

beforeEach(() => {
  folder = fs.mkdtempSync(join(tmpdir(), 'binnacle-tls-'));
  warnings = [];
});
afterEach(() => {
  for (const close of closers.splice(0)) close();
  fs.rmSync(folder, { recursive: true, force: true });
});

async function issue(name: string): Promise<{ certFile: string; keyFile: string }> {
  const options = { hosts: ['127.0.0.1:2379', 'localhost:1'], validityYears: 1, forClients: true };
  return ensureSelfSigned(join(folder, name), options, SILENT_LOGGER);
}

function watch(certFile: string, keyFile: string): TlsFiles {
  const files = new TlsFiles(
    { certFile, keyFile, trustedCaFile: certFile, pollIntervalMs: 10 },
    logger,
  );
  closers.push(() => files.close());
  return files;
}

/** Serial number of the certificate that a server with `files` shows. */
async function servedSerial(files: TlsFiles): Promise<string> {
  const plain = net.createServer((socket) => {
    const secured = new tls.TLSSocket(socket, {
      isServer: true,
      secureContext: files.secureContext(),
    });
    secured.on('error', () => {});
  });
  await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve));
  const address = plain.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const client = tls.connect({
    host: '127.0.0.1',
    port: address.port,
    secureContext: files.clientContext(),
  });
  await new Promise((resolve, reject) => {
    client.once('secureConnect', resolve);
    client.once('error', reject);
  });
  expect(client.authorized).toBe(true);
  const serial = client.getPeerCertificate().serialNumber;
  client.destroy();
  plain.close();
  return serial;
}

const serialOf = (certFile: string): string =>
  new X509Certificate(fs.readFileSync(certFile)).serialNumber;

async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 400 && !condition(); i++) await new Promise((r) => setTimeout(r, 5));
  expect(condition()).toBe(true);
}

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 80));

test('a self-signed pair is made once, names its hosts, and serves', async () => {
  const made = await issue('own');
  expect(await issue('own')).toEqual(made);
  const certificate = new X509Certificate(fs.readFileSync(made.certFile));
  expect(certificate.subjectAltName).toContain('IP Address:127.0.0.1');
  expect(certificate.subjectAltName).toContain('DNS:localhost');
  expect(certificate.ca).toBe(true);
  expect(certificate.subject).toBe('O=etcd');
  expect(fs.statSync(made.keyFile).mode & 0o777).toBe(0o600);
  expect(await servedSerial(watch(made.certFile, made.keyFile))).toBe(serialOf(made.certFile));
  await expect(
    ensureSelfSigned(folder, { hosts: [], validityYears: 0, forClients: false }, logger),
  ).rejects.toThrow('selfSignedCertValidity is invalid');
});

test('a replaced pair is used for new connections, and listeners hear of it', async () => {
  const first = await issue('1');
  const second = await issue('2');
  const files = watch(first.certFile, first.keyFile);
  let reloads = 0;
  files.onReload(() => reloads++);
  fs.copyFileSync(second.certFile, first.certFile);
  fs.copyFileSync(second.keyFile, first.keyFile);
  await until(() => reloads === 1);
  expect(await servedSerial(files)).toBe(serialOf(second.certFile));
  expect(files.clientPem().cert?.equals(fs.readFileSync(second.certFile))).toBe(true);
  await pause();
  expect(reloads).toBe(1);
  expect(warnings).toEqual([]);
});

test('half a pair keeps the old one, with one warning, until the other half comes', async () => {
  const first = await issue('1');
  const second = await issue('2');
  const before = serialOf(first.certFile);
  const files = watch(first.certFile, first.keyFile);
  fs.copyFileSync(second.certFile, first.certFile);
  await until(() => warnings.length > 0);
  await pause();
  expect(warnings).toHaveLength(1);
  expect(String(warnings[0]?.fields?.['error'])).toContain('does not belong to the certificate');
  const shown = new X509Certificate(files.clientPem().cert ?? '').serialNumber;
  expect(shown).toBe(before);
  fs.copyFileSync(second.keyFile, first.keyFile);
  await until(() => files.clientPem().key?.equals(fs.readFileSync(second.keyFile)) === true);
  expect(await servedSerial(files)).toBe(serialOf(second.certFile));
});

test('a truncated, emptied, damaged or missing file keeps the old set', async () => {
  const first = await issue('1');
  const files = watch(first.certFile, first.keyFile);
  const pem = fs.readFileSync(first.certFile, 'utf8');
  const damaged = pem.replace(/MII[A-Za-z0-9+/]{20}/, 'MII' + 'A'.repeat(20));
  for (const content of [pem.slice(0, -40), '', damaged, pem + pem.slice(0, 100)]) {
    warnings = [];
    fs.writeFileSync(first.certFile, content);
    await until(() => warnings.length > 0);
    expect(String(warnings[0]?.fields?.['error'])).toContain(first.certFile);
  }
  warnings = [];
  fs.rmSync(first.certFile);
  await until(() => warnings.length > 0);
  await pause();
  expect(warnings).toHaveLength(1);
  fs.writeFileSync(first.certFile, pem);
  expect(await servedSerial(files)).toBe(serialOf(first.certFile));
});

test('a swapped symbolic link, as Kubernetes mounts Secrets, is followed', async () => {
  await issue('..1');
  const second = await issue('..2');
  fs.symlinkSync('..1', join(folder, '..data'));
  for (const name of ['cert.pem', 'key.pem'])
    fs.symlinkSync(join('..data', name), join(folder, name));
  const files = watch(join(folder, 'cert.pem'), join(folder, 'key.pem'));
  fs.symlinkSync('..2', join(folder, '..data_tmp'));
  fs.renameSync(join(folder, '..data_tmp'), join(folder, '..data'));
  await until(() => files.clientPem().key?.equals(fs.readFileSync(second.keyFile)) === true);
  expect(warnings).toEqual([]);
});

test('the first set must be right', async () => {
  const first = await issue('1');
  const second = await issue('2');
  expect(() => watch(first.certFile, second.keyFile)).toThrow('does not belong');
  expect(() => watch(join(folder, 'none'), first.keyFile)).toThrow('ENOENT');
  expect(() => watch(first.certFile, first.certFile)).toThrow('no readable private key');
});

test('versions and cipher suites are translated, and refused in the words of etcd', () => {
  expect(parseTlsSettings('', '', [])).toEqual({
    minVersion: 'TLSv1.2',
    maxVersion: 'TLSv1.3',
    ciphers: undefined,
  });
  const chosen = parseTlsSettings('TLS1.2', 'TLS1.2', [
    'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
    'TLS_AES_128_GCM_SHA256',
  ]);
  expect(chosen.ciphers).toBe('ECDHE-RSA-AES128-GCM-SHA256');
  const both = parseTlsSettings('', '', ['TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384']);
  expect(both.ciphers).toMatch(/^ECDHE-ECDSA-AES256-GCM-SHA384:TLS_AES_/);
  expect(() => parseTlsSettings('TLS1.1', '', [])).toThrow(
    'unexpected TLS version "TLS1.1" (must be one of: TLS1.2, TLS1.3)',
  );
  expect(() => parseTlsSettings('TLS1.3', 'TLS1.2', [])).toThrow(
    'min version (TLS1.3) is greater than max version (TLS1.2)',
  );
  expect(() => parseTlsSettings('TLS1.3', '', ['TLS_AES_128_GCM_SHA256'])).toThrow(
    'cipher suites cannot be configured when only TLS1.3 is enabled',
  );
  expect(() => parseTlsSettings('', '', ['NULL'])).toThrow('unexpected TLS cipher suite "NULL"');
});
