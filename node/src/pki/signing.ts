// What authorities and leaves have in common: keys, serial numbers, the extensions that link them, the signature.
import { createPrivateKey, randomBytes, webcrypto } from 'node:crypto';
import '../platform/reflect-metadata.ts';
import type { Extension, X509CertificateGenerator } from '@peculiar/x509';

/** The library, loaded when the first certificate is issued: the rest of a program starts without it. */
export type X509 = typeof import('@peculiar/x509');

type CreateParams = Parameters<typeof X509CertificateGenerator.create>[0];

export const MS_PER_DAY = 24 * 3600 * 1000;
/** Clocks of other machines may be behind. */
export const BACKDATE_MS = 5 * 60 * 1000;

const KEY_ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
// Node's and the DOM's declarations of the same interface.
const CRYPTO = webcrypto as unknown as Crypto;

export function loadX509(): Promise<X509> {
  return import('@peculiar/x509');
}

export function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(KEY_ALGORITHM, true, ['sign', 'verify']);
}

/** The pair of a PEM private key. @throws Error unless it is a P-256 key */
export async function keysOf(pem: string): Promise<webcrypto.CryptoKeyPair> {
  const key = createPrivateKey(pem);
  const privateKey = key.toCryptoKey(KEY_ALGORITHM, true, ['sign']);
  const jwk = key.export({ format: 'jwk' });
  const publicJwk = { kty: jwk.kty!, crv: jwk.crv!, x: jwk.x!, y: jwk.y! };
  const publicKey = await webcrypto.subtle.importKey('jwk', publicJwk, KEY_ALGORITHM, true, [
    'verify',
  ]);
  return { privateKey, publicKey };
}

export async function keyPem(x509: X509, key: webcrypto.CryptoKey): Promise<string> {
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key));
  return `${x509.PemConverter.encode(pkcs8, 'PRIVATE KEY')}\n`;
}

/** Signs, and returns PEM. */
export async function sign(
  x509: X509,
  params: Pick<CreateParams, 'subject' | 'issuer' | 'notBefore' | 'notAfter' | 'extensions'>,
  publicKey: webcrypto.CryptoKey,
  signingKey: webcrypto.CryptoKey,
): Promise<string> {
  const all = {
    ...params,
    serialNumber: positiveSerial(),
    signingAlgorithm: KEY_ALGORITHM,
    publicKey,
    signingKey,
  };
  const certificate = await x509.X509CertificateGenerator.create(all, CRYPTO);
  return `${certificate.toString('pem')}\n`;
}

/** Names the key: of two authorities with one subject, verifiers pick the right one by it (RFC 5280, 4.2.1.2). */
export function subjectKeyId(x509: X509, key: webcrypto.CryptoKey): Promise<Extension> {
  return x509.SubjectKeyIdentifierExtension.create(key, false, CRYPTO);
}

/** Names the issuer's key (RFC 5280, 4.2.1.1). */
export function authorityKeyId(x509: X509, key: webcrypto.CryptoKey): Promise<Extension> {
  return x509.AuthorityKeyIdentifierExtension.create(key, false, CRYPTO);
}

/** 127 random bits: X.509 wants a positive number. */
function positiveSerial(): string {
  const bytes = randomBytes(16);
  bytes[0] = (bytes[0]! & 0x7f) | 0x40;
  return bytes.toString('hex');
}
