// The cluster's own certificate authority: one CA, a certificate a member (for clients and peers), one for clients.
import { createPrivateKey, randomBytes, webcrypto, X509Certificate } from 'node:crypto';
import * as fs from 'node:fs';
import { isIP } from 'node:net';
import '../../node/src/platform/reflect-metadata.ts';
import type { Extension, X509CertificateGenerator } from '@peculiar/x509';
import type { ClusterConfig } from '../config.ts';
import { PRIVATE_MODE, PUBLIC_MODE, readIfThere, writeAtomically } from './files.ts';
import type { Paths } from './paths.ts';
import { Problem, reasonOf } from './problem.ts';

const MS_PER_DAY = 24 * 3600 * 1000;
const KEY_ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
/** Clocks of other machines may be behind. */
const BACKDATE_MS = 5 * 60 * 1000;
/** With authentication on, a client certificate's common name is its user: this is the administrator's. */
const CLIENT_NAME = 'root';
export const CLIENT = 'client';

type X509 = typeof import('@peculiar/x509');

interface Authority {
  readonly subject: string;
  readonly keys: webcrypto.CryptoKeyPair;
  readonly certificate: X509Certificate;
}

interface Wanted {
  /** Stem of the file names. */
  readonly file: string;
  readonly commonName: string;
  /** Empty for a client. */
  readonly subjectNames: readonly string[];
}

export interface PkiOptions {
  readonly paths: Paths;
  readonly config: ClusterConfig;
  readonly members: readonly string[];
  /** False while there is nothing yet that a new CA would lock out. */
  readonly exists: boolean;
  readonly now: Date;
}

/**
 * Issues what is missing, what is due for renewal (a third of its life is left) and what no longer fits the
 * configuration. Members take the new files over by themselves.
 * @returns a line for each thing issued; none when all was in order
 * @throws Problem when files are missing or damaged that only the user can bring back
 */
export async function ensureCertificates(options: PkiOptions): Promise<string[]> {
  const { paths, config, members, now } = options;
  fs.mkdirSync(paths.pki, { recursive: true, mode: 0o700 });
  const x509 = await import('@peculiar/x509');
  const report: string[] = [];
  const authority = await ensureAuthority(x509, options, report);
  const { host } = config.local;
  const subjectNames = [
    ...new Set(['localhost', '127.0.0.1', '::1', host, ...config.tls.extraSans]),
  ];
  const wanted: Wanted[] = members.map((file) => ({ file, commonName: file, subjectNames }));
  wanted.push({ file: CLIENT, commonName: CLIENT_NAME, subjectNames: [] });
  for (const each of wanted) {
    const reason = reasonToIssue(paths, authority.certificate, each, now);
    if (reason === undefined) continue;
    await issue(x509, paths, authority, each, config.tls.certificateLifetimeDays, now);
    report.push(`certificate of ${each.file} issued (${reason})`);
  }
  return report;
}

async function ensureAuthority(
  x509: X509,
  options: PkiOptions,
  report: string[],
): Promise<Authority> {
  const { paths, config, now } = options;
  const pem = readIfThere(paths.caFile);
  const keyPem = readIfThere(paths.caKeyFile);
  const isEmpty = pem === undefined && keyPem === undefined;
  const subject = `CN=${config.name} CA, O=Binnacle`;
  const lifetimeMs = config.tls.caLifetimeDays * MS_PER_DAY;
  if (isEmpty || (!options.exists && (pem === undefined || keyPem === undefined))) {
    const keys = await webcrypto.subtle.generateKey(KEY_ALGORITHM, true, ['sign', 'verify']);
    await writeKey(x509, keys, paths.caKeyFile);
    const certificate = await writeAuthority(x509, paths, subject, keys, lifetimeMs, now);
    report.push('CA created');
    return { subject, keys, certificate };
  }
  if (pem === undefined || keyPem === undefined) {
    const missing = pem === undefined ? paths.caFile : paths.caKeyFile;
    throw new Problem(
      `${missing} is missing, and new certificates cannot be issued without it. Put it back, or delete the folder ` +
        `${paths.pki} to have a new CA made (clients then need the new ca.crt and client certificate).`,
    );
  }
  const keys = await readKeys(paths.caKeyFile, keyPem);
  let certificate = readCertificate(paths.caFile, pem);
  if (certificate.checkPrivateKey(createPrivateKey(keyPem)) !== true)
    throw new Problem(
      `${paths.caKeyFile} does not belong to ${paths.caFile}. Put back the files that belong together.`,
    );
  if (isDue(certificate, now)) {
    // The same key under a new date: what the old certificate vouched for stays valid.
    certificate = await writeAuthority(x509, paths, subjectOf(certificate), keys, lifetimeMs, now);
    report.push('CA renewed, with its key');
  }
  return { subject: subjectOf(certificate), keys, certificate };
}

function reasonToIssue(
  paths: Paths,
  authority: X509Certificate,
  wanted: Wanted,
  now: Date,
): string | undefined {
  const pem = readIfThere(paths.certFile(wanted.file));
  const key = readIfThere(paths.keyFile(wanted.file));
  if (pem === undefined || key === undefined) return 'new';
  try {
    const certificate = new X509Certificate(pem);
    if (!certificate.checkPrivateKey(createPrivateKey(key))) return 'its key did not belong to it';
    if (!certificate.verify(authority.publicKey)) return 'the CA is another';
    if (isDue(certificate, now)) return 'renewal';
    const covers = (name: string) =>
      isIP(name) === 0 ? certificate.checkHost(name) : certificate.checkIP(name);
    // A wildcard is no host name that checkHost would take.
    const missing = wanted.subjectNames.filter((name) => !name.startsWith('*.') && !covers(name));
    const wildcards = wanted.subjectNames.filter((name) => name.startsWith('*.'));
    const names = certificate.subjectAltName ?? '';
    if (missing.length > 0 || wildcards.some((name) => !names.includes(`DNS:${name}`)))
      return 'for more names';
    return undefined;
  } catch (error) {
    return `the old one was unreadable: ${reasonOf(error)}`;
  }
}

/** True in the last third of its life. */
function isDue(certificate: X509Certificate, now: Date): boolean {
  const lo = certificate.validFromDate.getTime();
  const hi = certificate.validToDate.getTime();
  return now.getTime() > hi - (hi - lo) / 3;
}

async function issue(
  x509: X509,
  paths: Paths,
  authority: Authority,
  wanted: Wanted,
  lifetimeDays: number,
  now: Date,
): Promise<void> {
  const { serverAuth, clientAuth } = x509.ExtendedKeyUsage;
  const keys = await webcrypto.subtle.generateKey(KEY_ALGORITHM, true, ['sign', 'verify']);
  const extensions: Extension[] = [
    new x509.BasicConstraintsExtension(false, undefined, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
    // Members are each other's clients.
    new x509.ExtendedKeyUsageExtension(
      wanted.subjectNames.length > 0 ? [serverAuth, clientAuth] : [clientAuth],
    ),
  ];
  if (wanted.subjectNames.length > 0) {
    const names = wanted.subjectNames.map((value) => ({
      type: isIP(value) === 0 ? ('dns' as const) : ('ip' as const),
      value,
    }));
    extensions.push(new x509.SubjectAlternativeNameExtension(names));
  }
  const notAfter = Math.min(
    now.getTime() + lifetimeDays * MS_PER_DAY,
    authority.certificate.validToDate.getTime(),
  );
  const pem = await sign(x509.X509CertificateGenerator, {
    serialNumber: positiveSerial(),
    subject: `CN=${wanted.commonName}`,
    issuer: authority.subject,
    notBefore: new Date(now.getTime() - BACKDATE_MS),
    notAfter: new Date(notAfter),
    signingAlgorithm: KEY_ALGORITHM,
    publicKey: keys.publicKey,
    signingKey: authority.keys.privateKey,
    extensions,
  });
  await writeKey(x509, keys, paths.keyFile(wanted.file));
  writeAtomically(paths.certFile(wanted.file), pem, PUBLIC_MODE);
}

async function writeAuthority(
  x509: X509,
  paths: Paths,
  subject: string,
  keys: webcrypto.CryptoKeyPair,
  lifetimeMs: number,
  now: Date,
): Promise<X509Certificate> {
  const { keyCertSign, cRLSign, digitalSignature } = x509.KeyUsageFlags;
  const pem = await sign(x509.X509CertificateGenerator, {
    serialNumber: positiveSerial(),
    subject,
    issuer: subject,
    notBefore: new Date(now.getTime() - BACKDATE_MS),
    notAfter: new Date(now.getTime() + lifetimeMs),
    signingAlgorithm: KEY_ALGORITHM,
    publicKey: keys.publicKey,
    signingKey: keys.privateKey,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(keyCertSign | cRLSign | digitalSignature, true),
    ],
  });
  writeAtomically(paths.caFile, pem, PUBLIC_MODE);
  return new X509Certificate(pem);
}

type CreateParams = Parameters<typeof X509CertificateGenerator.create>[0];

async function sign(
  generator: typeof X509CertificateGenerator,
  params: CreateParams,
): Promise<string> {
  // Node's and the DOM's declarations of the same interface.
  const certificate = await generator.create(params, webcrypto as unknown as Crypto);
  return `${certificate.toString('pem')}\n`;
}

async function writeKey(x509: X509, keys: webcrypto.CryptoKeyPair, path: string): Promise<void> {
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
  writeAtomically(path, `${x509.PemConverter.encode(pkcs8, 'PRIVATE KEY')}\n`, PRIVATE_MODE);
}

async function readKeys(path: string, pem: string): Promise<webcrypto.CryptoKeyPair> {
  try {
    const key = createPrivateKey(pem);
    const privateKey = key.toCryptoKey(KEY_ALGORITHM, true, ['sign']);
    const jwk = key.export({ format: 'jwk' });
    const publicJwk = { kty: jwk.kty!, crv: jwk.crv!, x: jwk.x!, y: jwk.y! };
    const publicKey = await webcrypto.subtle.importKey('jwk', publicJwk, KEY_ALGORITHM, true, [
      'verify',
    ]);
    return { privateKey, publicKey };
  } catch (error) {
    throw new Problem(
      `${path} holds no key that can be used (${reasonOf(error)}). Put the right file back.`,
    );
  }
}

function readCertificate(path: string, pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (error) {
    throw new Problem(
      `${path} holds no certificate (${reasonOf(error)}). Put the right file back.`,
    );
  }
}

/** Node prints a subject a line an attribute, the generator wants them on one, as they are in the certificate. */
function subjectOf(certificate: X509Certificate): string {
  return certificate.subject.split('\n').join(', ');
}

/** 127 random bits: X.509 wants a positive number. */
function positiveSerial(): string {
  const bytes = randomBytes(16);
  bytes[0] = (bytes[0]! & 0x7f) | 0x40;
  return bytes.toString('hex');
}
