// Certificates for tests: one authority, and leaves signed by it.
import { createPrivateKey } from 'node:crypto';
import tls from 'node:tls';
import * as x509 from '@peculiar/x509';
import type { PeerTls } from '../options.ts';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const DAY_MS = 86_400_000;

export interface Authority {
  readonly pem: string;
  issue(commonName: string, names: x509.JsonGeneralNames): Promise<KeyPair>;
}
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

export async function makeAuthority(name: string): Promise<Authority> {
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: '01',
    name: `CN=${name}`,
    notBefore: new Date(Date.now() - DAY_MS),
    notAfter: new Date(Date.now() + DAY_MS),
    keys,
    signingAlgorithm: ALGORITHM,
    extensions: [new x509.BasicConstraintsExtension(true, undefined, true)],
  });
  let serial = 1;
  return {
    pem: root.toString('pem'),
    async issue(commonName, names) {
      const pair = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
      const leaf = await x509.X509CertificateGenerator.create({
        serialNumber: (++serial).toString(16).padStart(2, '0'),
        subject: `CN=${commonName}`,
        issuer: root.subject,
        notBefore: new Date(Date.now() - DAY_MS),
        notAfter: new Date(Date.now() + DAY_MS),
        publicKey: pair.publicKey,
        signingKey: keys.privateKey,
        signingAlgorithm: ALGORITHM,
        extensions: [
          new x509.BasicConstraintsExtension(false),
          new x509.SubjectAlternativeNameExtension(names),
        ],
      });
      const der = Buffer.from(await crypto.subtle.exportKey('pkcs8', pair.privateKey));
      const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
      return {
        cert: leaf.toString('pem'),
        key: key.export({ format: 'pem', type: 'pkcs8' }).toString(),
      };
    },
  };
}

/** Options for a member that shows `pair` and trusts `authority`; `current` may be exchanged while it runs. */
export function tlsOptions(
  current: { pair: KeyPair },
  authority: Authority,
  more: Partial<PeerTls> = {},
): PeerTls {
  const context = (): tls.SecureContext =>
    tls.createSecureContext({ ...current.pair, ca: authority.pem });
  return {
    clientOptions: () => ({ secureContext: context() }),
    serverContext: context,
    ...more,
  };
}
