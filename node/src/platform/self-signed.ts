// --auto-tls and --peer-auto-tls: a self-signed certificate made once and kept in the data directory
// (SelfCert in etcd client/pkg/transport/listener.go).
import { randomBytes, webcrypto } from 'node:crypto';
import * as fs from 'node:fs';
import { isIP } from 'node:net';
import { join, resolve } from 'node:path';
import './reflect-metadata.ts';
import type { JsonGeneralNames } from '@peculiar/x509';
import type { Logger } from '../base/logger.ts';

const MS_PER_YEAR = 365 * 24 * 3600 * 1000;
const KEY_ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

export interface SelfSignedOptions {
  /** `host:port` of each listen URL. */
  readonly hosts: readonly string[];
  /** --self-signed-cert-validity; at least 1. */
  readonly validityYears: number;
  /** Peers also show the certificate as clients. */
  readonly forClients: boolean;
}

/**
 * Makes `cert.pem` and `key.pem` in the folder, unless both are there already.
 * @throws Error when the validity is not positive or the files cannot be written
 */
export async function ensureSelfSigned(
  folder: string,
  options: SelfSignedOptions,
  logger: Logger,
): Promise<{ certFile: string; keyFile: string }> {
  if (options.validityYears <= 0)
    throw new Error('selfSignedCertValidity is invalid,it should be greater than 0');
  const certFile = resolve(join(folder, 'cert.pem'));
  const keyFile = resolve(join(folder, 'key.pem'));
  if (fs.existsSync(certFile) && fs.existsSync(keyFile)) return { certFile, keyFile };
  fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
  const notAfter = new Date(Date.now() + options.validityYears * MS_PER_YEAR);
  logger.warn('automatically generate certificates', {
    'certificate-validity-bound-not-after': notAfter.toISOString(),
  });
  const { certificate, key } = await selfSign(options, notAfter);
  fs.writeFileSync(certFile, certificate, { mode: 0o644 });
  logger.info('created cert file', { path: certFile });
  fs.writeFileSync(keyFile, key, { mode: 0o600 });
  logger.info('created key file', { path: keyFile });
  return { certFile, keyFile };
}

async function selfSign(
  options: SelfSignedOptions,
  notAfter: Date,
): Promise<{ certificate: string; key: string }> {
  // Loaded here: members with certificates of their own start a tenth of a second sooner without it.
  const x509 = await import('@peculiar/x509');
  const keys = await webcrypto.subtle.generateKey(KEY_ALGORITHM, true, ['sign', 'verify']);
  const usages: string[] = [x509.ExtendedKeyUsage.serverAuth];
  if (options.forClients) usages.push(x509.ExtendedKeyUsage.clientAuth);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned(
    {
      serialNumber: positiveSerial(),
      name: 'O=etcd',
      notBefore: new Date(),
      notAfter,
      signingAlgorithm: KEY_ALGORITHM,
      keys,
      extensions: [
        new x509.BasicConstraintsExtension(true, undefined, true),
        new x509.KeyUsagesExtension(
          x509.KeyUsageFlags.keyEncipherment |
            x509.KeyUsageFlags.digitalSignature |
            x509.KeyUsageFlags.keyCertSign |
            x509.KeyUsageFlags.cRLSign,
          true,
        ),
        new x509.ExtendedKeyUsageExtension(usages),
        new x509.SubjectAlternativeNameExtension(subjectNames(options.hosts)),
      ],
    },
    webcrypto as unknown as Crypto, // Node's and the DOM's declarations of the same interface
  );
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
  return {
    certificate: `${certificate.toString('pem')}\n`,
    key: x509.PemConverter.encode(pkcs8, 'PRIVATE KEY') + '\n',
  };
}

/** 127 random bits: X.509 wants a positive number. */
function positiveSerial(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes.toString('hex');
}

function subjectNames(hosts: readonly string[]): JsonGeneralNames {
  const names = new Set(hosts.map(hostOf).filter((host) => host !== ''));
  return [...names].map((value) => ({ type: isIP(value) === 0 ? 'dns' : 'ip', value }));
}

/** Go's SplitHostPort: the part before the last colon, without the brackets of an IPv6 address. */
function hostOf(hostAndPort: string): string {
  const colon = hostAndPort.lastIndexOf(':');
  const host = colon === -1 ? hostAndPort : hostAndPort.slice(0, colon);
  return host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host;
}
