// Certificates and keys as PEM text: the form that files and Secrets hold.
import { X509Certificate } from 'node:crypto';

/** A certificate and its private key, both PEM. `certificate` may go on with intermediate certificates. */
export interface Pair {
  readonly certificate: string;
  /** PKCS #8. */
  readonly key: string;
}

const PEM_CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/**
 * All certificates of a PEM text, in its order.
 * @throws Error when there is none, one is damaged, or the text ends within one
 */
export function certificatesOf(pem: string): X509Certificate[] {
  const begun = pem.split('-----BEGIN CERTIFICATE-----').length - 1;
  const whole = pem.match(PEM_CERTIFICATE) ?? [];
  if (begun === 0) throw new Error('there is no certificate in it');
  if (whole.length !== begun) throw new Error('it ends within a certificate');
  return whole.map((each) => new X509Certificate(each));
}

/** One text of all of them, each once, in this order: what a ca.crt holds that trusts several authorities. */
export function bundleOf(certificates: readonly X509Certificate[]): string {
  const texts = certificates.map((certificate) => certificate.toString().trim());
  return [...new Set(texts)].map((text) => `${text}\n`).join('');
}

/** SHA-256 of the certificate's DER form, in lower-case hex. */
export function fingerprintOf(certificate: X509Certificate): string {
  return certificate.fingerprint256.replaceAll(':', '').toLowerCase();
}

export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
