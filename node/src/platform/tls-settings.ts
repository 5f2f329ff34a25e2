// Go's names of TLS versions and cipher suites, which etcd's flags use, in OpenSSL's terms
// (etcd client/pkg/tlsutil/cipher_suites.go, versions.go).
import type { SecureVersion } from 'node:tls';

const VERSIONS: Readonly<Record<string, SecureVersion>> = {
  'TLS1.2': 'TLSv1.2',
  'TLS1.3': 'TLSv1.3',
};

const OPENSSL_NAMES: Readonly<Record<string, string>> = {
  TLS_RSA_WITH_RC4_128_SHA: 'RC4-SHA',
  TLS_RSA_WITH_3DES_EDE_CBC_SHA: 'DES-CBC3-SHA',
  TLS_RSA_WITH_AES_128_CBC_SHA: 'AES128-SHA',
  TLS_RSA_WITH_AES_256_CBC_SHA: 'AES256-SHA',
  TLS_RSA_WITH_AES_128_CBC_SHA256: 'AES128-SHA256',
  TLS_RSA_WITH_AES_128_GCM_SHA256: 'AES128-GCM-SHA256',
  TLS_RSA_WITH_AES_256_GCM_SHA384: 'AES256-GCM-SHA384',
  TLS_ECDHE_ECDSA_WITH_RC4_128_SHA: 'ECDHE-ECDSA-RC4-SHA',
  TLS_ECDHE_RSA_WITH_RC4_128_SHA: 'ECDHE-RSA-RC4-SHA',
  TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA: 'ECDHE-RSA-DES-CBC3-SHA',
  TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA: 'ECDHE-ECDSA-AES128-SHA',
  TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA: 'ECDHE-ECDSA-AES256-SHA',
  TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA: 'ECDHE-RSA-AES128-SHA',
  TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA: 'ECDHE-RSA-AES256-SHA',
  TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256: 'ECDHE-ECDSA-AES128-SHA256',
  TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256: 'ECDHE-RSA-AES128-SHA256',
  TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: 'ECDHE-ECDSA-AES128-GCM-SHA256',
  TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256: 'ECDHE-RSA-AES128-GCM-SHA256',
  TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384: 'ECDHE-ECDSA-AES256-GCM-SHA384',
  TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384: 'ECDHE-RSA-AES256-GCM-SHA384',
  TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256: 'ECDHE-RSA-CHACHA20-POLY1305',
  TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256: 'ECDHE-ECDSA-CHACHA20-POLY1305',
  TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305: 'ECDHE-RSA-CHACHA20-POLY1305',
  TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305: 'ECDHE-ECDSA-CHACHA20-POLY1305',
};

/** Go accepts them in the list but always offers all of them. */
const TLS13_SUITES = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
];

/** What --tls-min-version, --tls-max-version and --cipher-suites come to, for tls.createSecureContext. */
export interface TlsSettings {
  readonly minVersion: SecureVersion;
  readonly maxVersion: SecureVersion;
  /** OpenSSL's list; undefined for the runtime's default. */
  readonly ciphers: string | undefined;
}

/**
 * @param minVersion `TLS1.2`, `TLS1.3`, or empty for TLS1.2
 * @param maxVersion the same, or empty for TLS1.3
 * @param cipherSuites Go's names; empty for the default
 * @throws Error in etcd's words when a value is unknown or they contradict each other
 */
export function parseTlsSettings(
  minVersion: string,
  maxVersion: string,
  cipherSuites: readonly string[],
): TlsSettings {
  const min = minVersion === '' ? 'TLSv1.2' : versionOf(minVersion);
  const max = maxVersion === '' ? 'TLSv1.3' : versionOf(maxVersion);
  if (min > max)
    throw new Error(`min version (${minVersion}) is greater than max version (${maxVersion})`);
  if (min === 'TLSv1.3' && cipherSuites.length > 0)
    throw new Error('cipher suites cannot be configured when only TLS1.3 is enabled');
  return { minVersion: min, maxVersion: max, ciphers: cipherList(cipherSuites, max) };
}

function versionOf(name: string): SecureVersion {
  const version = VERSIONS[name];
  if (version === undefined)
    throw new Error(`unexpected TLS version "${name}" (must be one of: TLS1.2, TLS1.3)`);
  return version;
}

function cipherList(suites: readonly string[], max: SecureVersion): string | undefined {
  if (suites.length === 0) return undefined;
  const names: string[] = [];
  for (const suite of suites) {
    const name = OPENSSL_NAMES[suite];
    if (name !== undefined) names.push(name);
    else if (!TLS13_SUITES.includes(suite))
      throw new Error(`unexpected TLS cipher suite "${suite}"`);
  }
  // Node turns TLS 1.3 off when the list names none of its suites.
  if (max === 'TLSv1.3') names.push(...TLS13_SUITES);
  return names.join(':');
}
