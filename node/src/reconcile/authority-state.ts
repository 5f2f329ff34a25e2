// Secret R-ca: the CA that issues, and how far a rotation has come. What step a rotation is at follows from what is there.
import type { X509Certificate } from 'node:crypto';
import { certificatesOf, type Pair } from '../pki/index.ts';

export interface AuthorityState {
  /** CAs that were ever made, this one included: it keeps their names apart. */
  readonly number: number;
  /** The newest caGeneration that was honoured. */
  readonly generation: number;
  /** What issues. The key is '' when it was lost: then nothing can be issued until the next CA has taken over. */
  readonly current: Pair;
  /** From the beginning of a rotation on, until everybody trusts it. */
  readonly next?: { readonly pair: Pair; readonly generation: number };
  /** PEM of what issued before, until everybody shows certificates of the current one. */
  readonly previous?: string;
}

/**
 * stable → widening (next is made; everybody has to trust it before it issues) → reissuing (it is the current one and
 * issues; the previous one is trusted until its certificates are gone) → stable.
 */
export type Phase = 'stable' | 'widening' | 'reissuing';

export function phaseOf(state: AuthorityState): Phase {
  if (state.next !== undefined) return 'widening';
  return state.previous === undefined ? 'stable' : 'reissuing';
}

/** All that has to be trusted in this phase, the issuer first. */
export function trustedBy(state: AuthorityState): X509Certificate[] {
  const { current, next, previous } = state;
  const texts = [current.certificate, next?.pair.certificate ?? '', previous ?? ''];
  return certificatesOf(texts.join('\n'));
}

export type SecretData = Readonly<Record<string, string>>;

/** The contents of the Secret. What cannot be read any more is left out, as if it was not there. */
export function parseAuthority(data: SecretData): AuthorityState | undefined {
  const certificate = data['tls.crt'] ?? '';
  if (!isCertificate(certificate)) return undefined;
  const counts = parseCounts(data['state'] ?? '');
  const next = { certificate: data['next.crt'] ?? '', key: data['next.key'] ?? '' };
  const previous = data['previous.crt'] ?? '';
  return {
    number: counts.number,
    generation: counts.generation,
    current: { certificate, key: data['tls.key'] ?? '' },
    ...(isCertificate(next.certificate) &&
      next.key !== '' && { next: { pair: next, generation: counts.nextGeneration } }),
    ...(isCertificate(previous) && { previous }),
  };
}

export function writeAuthority(state: AuthorityState): SecretData {
  const { number, generation, current, next, previous } = state;
  const counts = { number, generation, nextGeneration: next?.generation ?? generation };
  return {
    'tls.crt': current.certificate,
    'tls.key': current.key,
    state: `${JSON.stringify(counts)}\n`,
    ...(next !== undefined && { 'next.crt': next.pair.certificate, 'next.key': next.pair.key }),
    ...(previous !== undefined && { 'previous.crt': previous }),
  };
}

interface Counts {
  readonly number: number;
  readonly generation: number;
  readonly nextGeneration: number;
}

function parseCounts(text: string): Counts {
  const count = (value: unknown, fallback: number): number =>
    typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : fallback;
  let json: Partial<Record<keyof Counts, unknown>> = {};
  try {
    json = { ...(JSON.parse(text) as object) }; // each field is checked
  } catch {
    // as if all were 1
  }
  const generation = count(json.generation, 1);
  return {
    number: count(json.number, 1),
    generation,
    nextGeneration: count(json.nextGeneration, generation),
  };
}

function isCertificate(pem: string): boolean {
  try {
    return certificatesOf(pem).length > 0;
  } catch {
    return false;
  }
}
