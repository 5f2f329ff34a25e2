// policy.json: what a cluster accepts on its ports and how its members call themselves. It is written by whoever drives
// the change (the kit's reconcile job) and followed live by the members.

/**
 * What clients may speak. `plain`: no TLS. `both`: TLS, and plain on the same port; a client certificate is checked when
 * one is shown. `server`: TLS only. `mutual`: TLS with a client certificate. Peers under `server` and `mutual` speak
 * mutual TLS, under `both` either.
 */
export type TlsAccept = (typeof ACCEPTED)[number];

export interface TlsPolicy {
  readonly accept: TlsAccept;
  /** The scheme of the members' own peer and client URLs. */
  readonly advertise: 'http' | 'https';
}

/** The name of the file in the folder of `--tls-dir`. */
export const POLICY_FILE = 'policy.json';

const ACCEPTED = ['plain', 'both', 'server', 'mutual'] as const;
const ADVERTISED = ['http', 'https'] as const;

/** Fields that it does not know are left to newer members. @throws Error that says what the text should hold */
export function parseTlsPolicy(text: string): TlsPolicy {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`the TLS policy is not valid JSON: ${reason}`, { cause: error });
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new Error(
      'the TLS policy must be an object such as {"accept":"both","advertise":"http"}',
    );
  }
  const fields = parsed as Record<string, unknown>; // an object that is no array
  const accept = oneOf('accept', fields['accept'], ACCEPTED);
  const advertise = oneOf('advertise', fields['advertise'], ADVERTISED);
  const reachable = accept === 'both' || (accept === 'plain') === (advertise === 'http');
  if (!reachable) {
    throw new Error(
      `the TLS policy accepts ${JSON.stringify(accept)} and advertises ${advertise}: nobody could connect to the URLs that members advertise. Go through "both"`,
    );
  }
  return { accept, advertise };
}

function oneOf<const Choice extends string>(
  field: string,
  value: unknown,
  choices: readonly Choice[],
): Choice {
  const found = choices.find((choice) => choice === value);
  if (found !== undefined) return found;
  const list = choices.map((choice) => JSON.stringify(choice)).join(', ');
  const given = value === undefined ? 'it is missing' : `it is ${JSON.stringify(value)}`;
  throw new Error(`the TLS policy's field "${field}" must be one of ${list}; ${given}`);
}

/** `url` with the scheme that a policy advertises. */
export function withScheme(url: string, scheme: TlsPolicy['advertise']): string {
  return url.replace(/^https?:/, `${scheme}:`);
}
