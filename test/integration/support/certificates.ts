// A certificate authority for tests, with one certificate for servers and peers and one for clients.
import '../../../node/src/platform/reflect-metadata.ts';
import { webcrypto } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as x509 from '@peculiar/x509';

/** Paths of PEM files. */
export interface CertificateFiles {
  readonly caFile: string;
  readonly serverCertFile: string;
  readonly serverKeyFile: string;
  readonly clientCertFile: string;
  readonly clientKeyFile: string;
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const DAY_MS = 24 * 60 * 60 * 1000;

interface Issued {
  readonly certificate: x509.X509Certificate;
  readonly keys: webcrypto.CryptoKeyPair;
}

/** A certificate with its key, as PEM. */
export interface PemPair {
  readonly certificate: string;
  readonly key: string;
}

/** Issues certificates. */
export class Authority {
  readonly #issued: Issued;

  private constructor(issued: Issued) {
    this.#issued = issued;
  }

  static async create(name: string): Promise<Authority> {
    const { keyCertSign, cRLSign } = x509.KeyUsageFlags;
    const extensions = [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(keyCertSign | cRLSign, true),
    ];
    return new Authority(await issue(name, undefined, extensions));
  }

  get pem(): string {
    return pemOf(this.#issued);
  }

  /** For servers and for peers, which are servers and clients. They are localhost, 127.0.0.1 and ::1. */
  issueServer(commonName = 'server'): Promise<PemPair> {
    const { serverAuth, clientAuth } = x509.ExtendedKeyUsage;
    return this.#issue(commonName, [
      new x509.ExtendedKeyUsageExtension([serverAuth, clientAuth]),
      new x509.SubjectAlternativeNameExtension([
        { type: 'dns', value: 'localhost' },
        { type: 'ip', value: '127.0.0.1' },
        { type: 'ip', value: '::1' },
      ]),
    ]);
  }

  issueClient(commonName = 'client'): Promise<PemPair> {
    const { clientAuth } = x509.ExtendedKeyUsage;
    return this.#issue(commonName, [new x509.ExtendedKeyUsageExtension([clientAuth])]);
  }

  async #issue(commonName: string, extensions: x509.Extension[]): Promise<PemPair> {
    const issued = await issue(commonName, this.#issued, extensions);
    return { certificate: pemOf(issued), key: await keyPem(issued) };
  }
}

/** Writes a new authority and its certificates into `folder`. Servers are localhost, 127.0.0.1 and ::1. */
export async function makeCertificates(
  folder: string,
  authorityName = 'test-ca',
): Promise<CertificateFiles> {
  mkdirSync(folder, { recursive: true });
  const authority = await Authority.create(authorityName);
  const server = await authority.issueServer();
  const client = await authority.issueClient();
  const write = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  };
  return {
    caFile: write('ca.crt', authority.pem),
    serverCertFile: write('server.crt', server.certificate),
    serverKeyFile: write('server.key', server.key),
    clientCertFile: write('client.crt', client.certificate),
    clientKeyFile: write('client.key', client.key),
  };
}

const pemOf = ({ certificate }: Issued): string => `${certificate.toString('pem')}\n`;

/** Self-signed without an `authority`. */
async function issue(
  commonName: string,
  authority: Issued | undefined,
  extensions: x509.Extension[],
): Promise<Issued> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  // By these OpenSSL tells authorities of the same name apart.
  const keyIds = [
    await x509.SubjectKeyIdentifierExtension.create(keys.publicKey, false, webcrypto as Crypto),
    await x509.AuthorityKeyIdentifierExtension.create(
      (authority ?? { keys }).keys.publicKey,
      false,
      webcrypto as Crypto,
    ),
  ];
  const certificate = await x509.X509CertificateGenerator.create(
    {
      subject: `CN=${commonName}`,
      issuer: authority?.certificate.subject ?? `CN=${commonName}`,
      notBefore: new Date(Date.now() - DAY_MS),
      notAfter: new Date(Date.now() + 30 * DAY_MS),
      publicKey: keys.publicKey,
      signingKey: (authority ?? { keys }).keys.privateKey,
      signingAlgorithm: ALGORITHM,
      extensions: [...extensions, ...keyIds],
    },
    webcrypto as Crypto,
  );
  return { certificate, keys };
}

async function keyPem({ keys }: Issued): Promise<string> {
  const bytes = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  const base64 = Buffer.from(bytes)
    .toString('base64')
    .replace(/(.{64})/g, '$1\n');
  return `-----BEGIN PRIVATE KEY-----\n${base64}\n-----END PRIVATE KEY-----\n`;
}
