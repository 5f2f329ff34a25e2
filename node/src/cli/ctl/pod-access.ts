// In a member's container, `binnacle ctl` finds scheme and certificates in the folder that the member itself follows.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TlsOptions } from '../../client/index.ts';
import { POLICY_FILE, parseTlsPolicy, type TlsPolicy } from '../../platform/index.ts';
import { UsageError } from '../command-line/errors.ts';

/** Names the folder: see --tls-dir of the member. */
export const TLS_DIR_VARIABLE = 'BINNACLE_TLS_DIR';
const ENDPOINT = 'localhost:2379';

export interface PodAccess {
  /** Of the member beside which the program runs. */
  readonly endpoint: string;
  /** The member's own certificate, which is good for a client, too; undefined where nothing speaks TLS. */
  readonly tls: TlsOptions | undefined;
}

/** Undefined outside of such a container. @throws UsageError when the folder holds no policy that can be used */
export function podAccess(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): PodAccess | undefined {
  const folder = environment[TLS_DIR_VARIABLE] ?? '';
  if (folder === '') return undefined;
  const policy = policyIn(folder);
  if (policy.accept === 'plain') return { endpoint: `http://${ENDPOINT}`, tls: undefined };
  const scheme = policy.accept === 'both' ? policy.advertise : 'https';
  const file = (name: string): string => join(folder, 'server', name);
  return {
    endpoint: `${scheme}://${ENDPOINT}`,
    tls: { caFile: file('ca.crt'), certFile: file('tls.crt'), keyFile: file('tls.key') },
  };
}

/** @throws UsageError when there is none that can be used */
export function policyIn(folder: string): TlsPolicy {
  const path = join(folder, POLICY_FILE);
  try {
    return parseTlsPolicy(readFileSync(path, 'utf8'));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(
      `${TLS_DIR_VARIABLE} names ${folder}, where no TLS policy can be read: ${reason}. Give --endpoints and certificates, or unset it`,
    );
  }
}
