// Which certificates are accepted beyond a valid chain (etcd: client/pkg/transport/listener.go, listener_tls.go).
import dns from 'node:dns/promises';
import net from 'node:net';
import tls from 'node:tls';
import { X509Certificate } from 'node:crypto';
import type { PeerTls } from './options.ts';

export interface CertificateNames {
  readonly dnsNames: readonly string[];
  readonly ipAddresses: readonly string[];
}

/** The subject alternative names that the checks look at. */
export function namesOf(certificate: X509Certificate): CertificateNames {
  const dnsNames: string[] = [];
  const ipAddresses: string[] = [];
  // Values with commas or quotes are JSON strings in this list; no host name or address has them.
  for (const part of (certificate.subjectAltName ?? '').split(', ')) {
    if (part.startsWith('DNS:')) dnsNames.push(part.slice(4));
    else if (part.startsWith('IP Address:')) ipAddresses.push(canonicalIp(part.slice(11)));
  }
  return { dnsNames, ipAddresses };
}

/** True when the allow lists of the options (common names or hosts) let this certificate pass. */
export function isAllowed(certificate: X509Certificate, options: PeerTls): boolean {
  const hosts = listOf(options.allowedHostname);
  if (hosts.length > 0) {
    return hosts.some((host) =>
      net.isIP(host) === 0
        ? certificate.checkHost(host, { subject: 'never' }) !== undefined
        : certificate.checkIP(host) !== undefined,
    );
  }
  const commonNames = listOf(options.allowedCommonName);
  if (commonNames.length === 0) return true;
  const commonName = /^CN=(.*)$/m.exec(certificate.subject ?? '')?.[1];
  return commonName !== undefined && commonNames.includes(commonName);
}

/**
 * Why a client at `address` may not use this certificate, or undefined. A certificate that names addresses or hosts
 * is good only from there.
 */
export async function addressProblem(
  certificate: X509Certificate,
  address: string,
): Promise<string | undefined> {
  const { dnsNames, ipAddresses } = namesOf(certificate);
  const ip = canonicalIp(address);
  if (dnsNames.length === 0 && ipAddresses.length === 0) return undefined;
  if (ipAddresses.includes(ip)) return undefined;
  if (dnsNames.length === 0) {
    return `x509: certificate is valid for ${ipAddresses.join(', ')}, not ${ip}`;
  }
  if (await isHostNamed(ip, dnsNames)) return undefined;
  return `tls: "${ip}" does not match any of DNSNames [${dnsNames.map((name) => `"${name}"`).join(' ')}]`;
}

async function isHostNamed(ip: string, dnsNames: readonly string[]): Promise<boolean> {
  const reverse = await dns.lookupService(ip, 0).then(
    ({ hostname }) => hostname.replace(/\.$/, ''),
    () => '',
  );
  for (const name of dnsNames) {
    if (name.startsWith('*.') ? reverse.endsWith(name.slice(1)) : reverse === name) return true;
  }
  for (const name of dnsNames) {
    if (name.startsWith('*.')) continue;
    const addresses = await dns.lookup(name, { all: true }).catch(() => []);
    if (addresses.some((entry) => canonicalIp(entry.address) === ip)) return true;
  }
  return false;
}

/** For tls.connect: the usual check of the server's name, and the allow lists on top of it. */
export function checkServer(options: PeerTls): typeof tls.checkServerIdentity {
  return (host, peer) => {
    const error = tls.checkServerIdentity(host, peer);
    if (error !== undefined) return error;
    if (listOf(options.allowedCommonName).length + listOf(options.allowedHostname).length === 0) {
      return undefined;
    }
    return isAllowed(new X509Certificate(peer.raw), options)
      ? undefined
      : new Error('client certificate authentication failed');
  };
}

function listOf(value: string | readonly string[] | undefined): readonly string[] {
  if (value === undefined || value === '') return [];
  return typeof value === 'string' ? [value] : value;
}

/** Node writes 0:0:0:0:0:0:0:1 and ::ffff:127.0.0.1 where others write ::1 and 127.0.0.1. */
function canonicalIp(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (net.isIPv6(address)) return new URL(`http://[${address}]`).hostname.slice(1, -1);
  return address;
}
