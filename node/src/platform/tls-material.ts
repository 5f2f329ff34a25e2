// Reads and checks a set of certificate files: nothing half-written or mismatched becomes a context.
import { createPrivateKey, X509Certificate } from 'node:crypto';
import * as fs from 'node:fs';
import { createSecureContext, type SecureContext } from 'node:tls';
import type { TlsSettings } from './tls-settings.ts';

/** Where the certificates of one endpoint lie; etcd's flags of the same names. Empty or absent: not used. */
export interface TlsPaths {
  readonly certFile: string;
  readonly keyFile: string;
  /** --client-cert-file: shown to servers instead of certFile. */
  readonly clientCertFile?: string | undefined;
  readonly clientKeyFile?: string | undefined;
  readonly trustedCaFile?: string | undefined;
  /** --client-crl-file, DER or PEM. */
  readonly crlFile?: string | undefined;
}

/** The contents of the files, in the order of pathsOf. */
export type TlsContents = ReadonlyMap<string, Buffer>;

export interface TlsContexts {
  readonly server: SecureContext;
  readonly client: SecureContext;
}

/** What a server's context is made of, in a form that other threads can be given. */
export interface TlsMaterial {
  readonly paths: TlsPaths;
  readonly contents: TlsContents;
  readonly settings: TlsSettings;
}

/** Certificates by their SHA-256, in hex. */
export interface TlsSummary {
  readonly leaf: string;
  readonly trust: readonly string[];
  /** When the leaf ends, ISO 8601. */
  readonly notAfter: string;
}

const PEM_CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

export function pathsOf(paths: TlsPaths): string[] {
  const all = [
    paths.certFile,
    paths.keyFile,
    paths.clientCertFile,
    paths.clientKeyFile,
    paths.trustedCaFile,
    paths.crlFile,
  ];
  return all.filter((path) => path !== undefined && path !== '') as string[]; // filtered just here
}

/** Changes when a file is written, replaced, or reached through another symbolic link (Kubernetes Secrets). */
export async function signatureOf(paths: readonly string[]): Promise<string> {
  const parts: string[] = [];
  for (const path of paths) {
    const found = await fs.promises.stat(path);
    parts.push(`${found.dev}:${found.ino}:${found.size}:${found.mtimeMs}`);
  }
  return parts.join(' ');
}

/**
 * Checks the contents and builds the contexts.
 * @throws Error that names the file and what is wrong with it
 */
export function contextsFrom(
  paths: TlsPaths,
  contents: TlsContents,
  settings: TlsSettings,
): TlsContexts {
  const server = readPair(paths.certFile, paths.keyFile, contents);
  const own = paths.clientCertFile ?? '';
  const client = own === '' ? server : readPair(own, paths.clientKeyFile ?? '', contents);
  const common = {
    ...(isGiven(paths.trustedCaFile) && { ca: readBundle(paths.trustedCaFile, contents) }),
    minVersion: settings.minVersion,
    maxVersion: settings.maxVersion,
    ...(settings.ciphers !== undefined && { ciphers: settings.ciphers }),
  };
  const revocation = isGiven(paths.crlFile) && { crl: pemList(contentOf(contents, paths.crlFile)) };
  const serverContext = createSecureContext({
    ...common,
    ...revocation,
    ...server,
    honorCipherOrder: true,
  });
  return { server: serverContext, client: createSecureContext({ ...common, ...client }) };
}

/**
 * The context of connections that are accepted, from what TlsFiles.material gave, which may have come from another thread.
 * @throws Error that names the file and what is wrong with it
 */
export function serverContextFrom({ paths, contents, settings }: TlsMaterial): SecureContext {
  const copied = [...contents].map(([path, bytes]) => [path, Buffer.from(bytes)] as const);
  return contextsFrom(paths, new Map(copied), settings).server;
}

/** @throws Error when `contents` never passed contextsFrom */
export function summaryOf(paths: TlsPaths, contents: TlsContents): TlsSummary {
  const [leaf] = parseCertificates(paths.certFile, contentOf(contents, paths.certFile));
  const trust = isGiven(paths.trustedCaFile)
    ? parseCertificates(paths.trustedCaFile, contentOf(contents, paths.trustedCaFile))
    : [];
  return {
    leaf: leaf === undefined ? '' : fingerprintOf(leaf),
    trust: trust.map(fingerprintOf),
    notAfter: leaf === undefined ? '' : new Date(leaf.validTo).toISOString(),
  };
}

function fingerprintOf(certificate: X509Certificate): string {
  return certificate.fingerprint256.replaceAll(':', '').toLowerCase();
}

function isGiven(path: string | undefined): path is string {
  return path !== undefined && path !== '';
}

function contentOf(contents: TlsContents, path: string): Buffer {
  const content = contents.get(path);
  if (content === undefined) throw new Error(`no certificate file is configured for "${path}"`);
  return content;
}

function readPair(
  certFile: string,
  keyFile: string,
  contents: TlsContents,
): { cert: Buffer; key: Buffer } {
  const cert = contentOf(contents, certFile);
  const key = contentOf(contents, keyFile);
  const leaf = parseCertificates(certFile, cert)[0];
  let privateKey;
  try {
    privateKey = createPrivateKey(key);
  } catch (error) {
    throw new Error(`${keyFile} holds no readable private key: ${textOf(error)}`, { cause: error });
  }
  if (leaf?.checkPrivateKey(privateKey) !== true)
    throw new Error(`the key in ${keyFile} does not belong to the certificate in ${certFile}`);
  return { cert, key };
}

function readBundle(path: string, contents: TlsContents): string[] {
  const content = contentOf(contents, path);
  return parseCertificates(path, content).map((certificate) => certificate.toString());
}

/** All certificates of a PEM file. One that was cut off in writing is an error, not a shorter chain. */
function parseCertificates(path: string, content: Buffer): X509Certificate[] {
  const text = content.toString('latin1');
  const begun = text.split('-----BEGIN CERTIFICATE-----').length - 1;
  const whole = text.match(PEM_CERTIFICATE) ?? [];
  if (begun === 0) throw new Error(`${path} holds no certificate`);
  if (whole.length !== begun) throw new Error(`${path} ends within a certificate`);
  return whole.map((pem) => {
    try {
      return new X509Certificate(pem);
    } catch (error) {
      const reason = textOf(error);
      throw new Error(`${path} holds a damaged certificate: ${reason}`, { cause: error });
    }
  });
}

/** OpenSSL takes PEM only; etcd's CRL files are DER. */
function pemList(content: Buffer): Buffer | string {
  if (content.includes('-----BEGIN')) return content;
  const lines = content.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN X509 CRL-----\n${lines.join('\n')}\n-----END X509 CRL-----\n`;
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
