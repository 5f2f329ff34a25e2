// Whether certificates that somebody made are good for what members need them for.
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { missingNames, missingUsages, reasonOf, type Pair, type WantedLeaf } from '../pki/index.ts';
import { readableCertificates, type StoredLeaf } from './step.ts';

const MAX_CHAIN_LENGTH = 8;

/** Whether the key is there and belongs to the (first) certificate. */
export function keyFits({ certificate, key }: Pair): boolean {
  try {
    return new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key));
  } catch {
    return false;
  }
}

/** Whether it can issue here: the key fits, and is of the one kind that the kit makes (another issuer may have made it). */
export function canIssue(pair: Pair): boolean {
  if (!keyFits(pair)) return false;
  const { asymmetricKeyType, asymmetricKeyDetails } = createPrivateKey(pair.key);
  return asymmetricKeyType === 'ec' && asymmetricKeyDetails?.namedCurve === 'prime256v1';
}

/** Whether a member could still show it: its key fits, it has not run out, and a trusted CA issued it. */
export function isUsable(
  leaf: StoredLeaf | undefined,
  trusted: readonly X509Certificate[],
  now: Date,
): boolean {
  if (leaf === undefined || !keyFits(leaf.pair)) return false;
  const [certificate] = readableCertificates(leaf.pair.certificate);
  if (certificate === undefined || certificate.validToDate < now) return false;
  return trusted.some((one) => certificate.verify(one.publicKey));
}

/** What is wrong with a Secret's three fields, in words that say what to change; undefined when it serves. */
export function problemOf(leaf: StoredLeaf, wanted: WantedLeaf, now: Date): string | undefined {
  for (const [field, text] of [
    ['tls.crt', leaf.pair.certificate],
    ['tls.key', leaf.pair.key],
    ['ca.crt', leaf.bundle],
  ] as const)
    if (text.trim() === '') return `has no ${field}`;
  const chain = readableCertificates(leaf.pair.certificate);
  const [certificate] = chain;
  if (certificate === undefined) return 'holds no readable certificate in tls.crt';
  const trusted = readableCertificates(leaf.bundle);
  if (trusted.length === 0) return 'holds no readable certificate in ca.crt';
  return (
    keyProblem(leaf.pair, certificate) ??
    timeProblem(certificate, now) ??
    chainProblem(chain, trusted) ??
    fitProblem(certificate, wanted)
  );
}

function keyProblem({ key }: Pair, certificate: X509Certificate): string | undefined {
  try {
    const fits = certificate.checkPrivateKey(createPrivateKey(key));
    return fits ? undefined : 'holds a tls.key that does not belong to its tls.crt';
  } catch (error) {
    return `holds no readable private key in tls.key (${reasonOf(error)})`;
  }
}

function timeProblem(certificate: X509Certificate, now: Date): string | undefined {
  const { validFromDate, validToDate } = certificate;
  if (validToDate < now)
    return `holds a certificate that ran out at ${validToDate.toISOString()}: renew it`;
  if (validFromDate > now)
    return `holds a certificate that is not valid before ${validFromDate.toISOString()}`;
  return undefined;
}

/** Follows issuers through tls.crt up to ca.crt. */
function chainProblem(
  chain: readonly X509Certificate[],
  trusted: readonly X509Certificate[],
): string | undefined {
  let at = chain[0];
  for (let depth = 0; at !== undefined && depth < MAX_CHAIN_LENGTH; depth++) {
    const below: X509Certificate = at;
    const issued = (one: X509Certificate) => below.checkIssued(one) && below.verify(one.publicKey);
    if (trusted.some(issued)) return undefined;
    at = chain.find((one) => one !== below && one.ca && issued(one));
  }
  return (
    'holds a certificate that no CA in its ca.crt issued: put the issuing CA into ca.crt, and intermediate ' +
    'certificates behind the first one in tls.crt'
  );
}

function fitProblem(certificate: X509Certificate, wanted: WantedLeaf): string | undefined {
  const names = missingNames(certificate, wanted.subjectNames);
  if (names.length > 0)
    return `holds a certificate without ${names.length === 1 ? 'the name' : 'the names'} ${names.join(', ')}`;
  const usages = missingUsages(certificate, wanted.usages);
  if (usages.length > 0)
    return `holds a certificate that may not be used as ${usages.join(' and ')} (extended key usage)`;
  const lines = certificate.subject.split('\n');
  if (wanted.commonName !== '' && !lines.includes(`CN=${wanted.commonName}`))
    return `holds a certificate with the subject "${lines.join(', ')}"; its CN has to be ${wanted.commonName}`;
  return undefined;
}
