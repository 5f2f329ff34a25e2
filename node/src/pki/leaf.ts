// Certificates of members and clients.
import { isIP } from 'node:net';
import type { Extension } from '@peculiar/x509';
import type { Authority } from './authority.ts';
import type { Pair } from './pem.ts';
import {
  BACKDATE_MS,
  MS_PER_DAY,
  authorityKeyId,
  keyPem,
  loadX509,
  newKeys,
  sign,
} from './signing.ts';

/** What the certificate may be shown as (extended key usage). Members are each other's clients: both. */
export type LeafUsage = 'server' | 'client';

export interface WantedLeaf {
  readonly commonName: string;
  /** DNS names (also `*.example.com`) and IP addresses; none for a client. */
  readonly subjectNames: readonly string[];
  readonly usages: readonly LeafUsage[];
  /** It never outlives the authority. */
  readonly lifetimeDays: number;
}

/** Issues with a new key. */
export async function issueLeaf(
  authority: Authority,
  wanted: WantedLeaf,
  now: Date,
): Promise<Pair> {
  const x509 = await loadX509();
  const { serverAuth, clientAuth } = x509.ExtendedKeyUsage;
  const keys = await newKeys();
  const extensions: Extension[] = [
    new x509.BasicConstraintsExtension(false, undefined, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
    new x509.ExtendedKeyUsageExtension(
      wanted.usages.map((usage) => (usage === 'server' ? serverAuth : clientAuth)),
    ),
    await authorityKeyId(x509, authority.keys.publicKey),
  ];
  if (wanted.subjectNames.length > 0) {
    const names = wanted.subjectNames.map((value) => ({
      type: isIP(value) === 0 ? ('dns' as const) : ('ip' as const),
      value,
    }));
    extensions.push(new x509.SubjectAlternativeNameExtension(names));
  }
  const notAfter = Math.min(
    now.getTime() + wanted.lifetimeDays * MS_PER_DAY,
    authority.certificate.validToDate.getTime(),
  );
  const certificate = await sign(
    x509,
    {
      subject: `CN=${wanted.commonName}`,
      issuer: authority.subject,
      notBefore: new Date(now.getTime() - BACKDATE_MS),
      notAfter: new Date(notAfter),
      extensions,
    },
    keys.publicKey,
    authority.keys.privateKey,
  );
  return { certificate, key: await keyPem(x509, keys.privateKey) };
}
