// The policy that members follow live (ConfigMap R-tls), and the way from one TLS mode to another.
import type { KitTls } from '../kubernetes/index.ts';

/** Whom a member lets in. `both`: TLS and plain on one port, told apart by the first byte. */
export const ACCEPTS = ['plain', 'both', 'server', 'mutual'] as const;
/** The scheme of the URLs that members give out, and dial each other by. */
export const SCHEMES = ['http', 'https'] as const;

export interface Policy {
  readonly accept: (typeof ACCEPTS)[number];
  readonly advertise: (typeof SCHEMES)[number];
}

/** The policy that a mode ends in. */
export function targetPolicy(mode: KitTls['mode']): Policy {
  return { accept: mode, advertise: mode === 'plain' ? 'http' : 'https' };
}

/**
 * The next policy on the way, or undefined when it is reached. Any two neighbours understand each other: a member that
 * has loaded the one can dial, and be dialled by, a member that has loaded the other.
 */
export function nextPolicy(from: Policy, to: Policy): Policy | undefined {
  if (samePolicy(from, to)) return undefined;
  if (from.advertise === to.advertise) {
    // Between server and mutual only what is asked of clients changes.
    const direct = from.accept === 'both' || usesOnlyTls(from) === usesOnlyTls(to);
    return direct ? to : { accept: 'both', advertise: from.advertise };
  }
  // URLs change only while everybody lets both in.
  if (from.accept !== 'both') return { accept: 'both', advertise: from.advertise };
  return { accept: 'both', advertise: to.advertise };
}

export function samePolicy(one: Policy, other: Policy): boolean {
  return one.accept === other.accept && one.advertise === other.advertise;
}

export function policyText({ accept, advertise }: Policy): string {
  return `accept ${accept}, advertise ${advertise}`;
}

/** The policy of a policy.json, or undefined when it is none. */
export function parsePolicy(text: string): Policy | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  return policyFrom(json);
}

export function policyFrom(json: unknown): Policy | undefined {
  if (typeof json !== 'object' || json === null) return undefined;
  const { accept, advertise } = json as { accept?: unknown; advertise?: unknown }; // checked below
  const known = {
    accept: ACCEPTS.find((one) => one === accept),
    advertise: SCHEMES.find((one) => one === advertise),
  };
  if (known.accept === undefined || known.advertise === undefined) return undefined;
  return { accept: known.accept, advertise: known.advertise };
}

export function writePolicy({ accept, advertise }: Policy): string {
  return `${JSON.stringify({ accept, advertise })}\n`;
}

function usesOnlyTls({ accept }: Policy): boolean {
  return accept === 'server' || accept === 'mutual';
}
