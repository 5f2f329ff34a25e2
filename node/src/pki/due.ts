// Why a certificate has to be issued again.
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import type { LeafUsage, WantedLeaf } from './leaf.ts';
import { reasonOf, type Pair } from './pem.ts';

/** Object ids of extended key usages (RFC 5280, 4.2.1.12). */
const USAGE_IDS: Readonly<Record<LeafUsage, string>> = {
  server: '1.3.6.1.5.5.7.3.1',
  client: '1.3.6.1.5.5.7.3.2',
};

/**
 * @param leaf what there is; undefined when a half is missing
 * @param authorities any of them may have issued it
 * @returns undefined when the leaf is in order
 */
export function reasonToIssue(
  leaf: Pair | undefined,
  authorities: readonly X509Certificate[],
  wanted: WantedLeaf,
  now: Date,
): string | undefined {
  if (leaf === undefined) return 'new';
  try {
    const certificate = new X509Certificate(leaf.certificate);
    if (!certificate.checkPrivateKey(createPrivateKey(leaf.key)))
      return 'its key did not belong to it';
    const isIssuer = (one: X509Certificate) => certificate.verify(one.publicKey);
    if (!authorities.some(isIssuer)) return 'the CA is another';
    if (isDue(certificate, now)) return 'renewal';
    if (certificate.subject !== `CN=${wanted.commonName}`) return 'for another common name';
    if (missingNames(certificate, wanted.subjectNames).length > 0) return 'for more names';
    if (missingUsages(certificate, wanted.usages).length > 0) return 'for another use';
    return undefined;
  } catch (error) {
    return `the old one was unreadable: ${reasonOf(error)}`;
  }
}

/** True in the last third of its life. */
export function isDue(certificate: X509Certificate, now: Date): boolean {
  const lo = certificate.validFromDate.getTime();
  const hi = certificate.validToDate.getTime();
  return now.getTime() > hi - (hi - lo) / 3;
}

/** The names (wildcards as such) and addresses that the certificate does not cover. */
export function missingNames(certificate: X509Certificate, names: readonly string[]): string[] {
  const written = certificate.subjectAltName ?? '';
  return names.filter((name) => {
    // A wildcard is no host name that checkHost would take.
    if (name.startsWith('*.')) return !written.split(', ').includes(`DNS:${name}`);
    const found = isIP(name) === 0 ? certificate.checkHost(name) : certificate.checkIP(name);
    return found === undefined;
  });
}

/** A certificate without the extension may be used for everything. */
export function missingUsages(
  certificate: X509Certificate,
  usages: readonly LeafUsage[],
): LeafUsage[] {
  // Node calls the extended key usages `keyUsage`; the declaration forgets that it may be undefined.
  const written = certificate.keyUsage as readonly string[] | undefined;
  if (written === undefined) return [];
  return usages.filter((usage) => !written.includes(USAGE_IDS[usage]));
}
