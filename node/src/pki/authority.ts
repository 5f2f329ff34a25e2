// Certificate authorities: made, made again under a new date, and read back.
import { createPrivateKey, X509Certificate, type webcrypto } from 'node:crypto';
import { reasonOf, type Pair } from './pem.ts';
import {
  BACKDATE_MS,
  MS_PER_DAY,
  keyPem,
  keysOf,
  loadX509,
  newKeys,
  sign,
  subjectKeyId,
} from './signing.ts';

export interface AuthorityTerms {
  readonly lifetimeDays: number;
  readonly now: Date;
}

/** One that can issue: its certificate and key were read and belong together. */
export interface Authority {
  /** On one line, as in the certificate. */
  readonly subject: string;
  readonly certificate: X509Certificate;
  readonly keys: webcrypto.CryptoKeyPair;
}

/** A self-signed authority with a key of its own. `subject` is a distinguished name: `CN=binnacle CA, O=Binnacle`. */
export async function createAuthority(subject: string, terms: AuthorityTerms): Promise<Pair> {
  const x509 = await loadX509();
  const keys = await newKeys();
  return {
    certificate: await selfSign(subject, keys, terms),
    key: await keyPem(x509, keys.privateKey),
  };
}

/**
 * The same key and name under a new date: what was issued before stays valid under either certificate.
 * @returns the PEM certificate
 */
export function renewAuthority(authority: Authority, terms: AuthorityTerms): Promise<string> {
  return selfSign(authority.subject, authority.keys, terms);
}

/** @throws Error that says which half is unreadable, or that they do not belong together */
export async function readAuthority(pair: Pair): Promise<Authority> {
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(pair.certificate);
  } catch (error) {
    throw new Error(`the certificate's text holds no certificate (${reasonOf(error)})`, {
      cause: error,
    });
  }
  let keys: webcrypto.CryptoKeyPair;
  try {
    keys = await keysOf(pair.key);
  } catch (error) {
    throw new Error(`the key's text holds no key that can be used (${reasonOf(error)})`, {
      cause: error,
    });
  }
  if (!certificate.checkPrivateKey(createPrivateKey(pair.key)))
    throw new Error('the key does not belong to the certificate');
  // Node prints a subject a line an attribute, the generator wants them on one, as they are in the certificate.
  return { subject: certificate.subject.split('\n').join(', '), certificate, keys };
}

async function selfSign(
  subject: string,
  keys: webcrypto.CryptoKeyPair,
  { lifetimeDays, now }: AuthorityTerms,
): Promise<string> {
  const x509 = await loadX509();
  const { keyCertSign, cRLSign, digitalSignature } = x509.KeyUsageFlags;
  return sign(
    x509,
    {
      subject,
      issuer: subject,
      notBefore: new Date(now.getTime() - BACKDATE_MS),
      notAfter: new Date(now.getTime() + lifetimeDays * MS_PER_DAY),
      extensions: [
        new x509.BasicConstraintsExtension(true, undefined, true),
        new x509.KeyUsagesExtension(keyCertSign | cRLSign | digitalSignature, true),
        await subjectKeyId(x509, keys.publicKey),
      ],
    },
    keys.publicKey,
    keys.privateKey,
  );
}
