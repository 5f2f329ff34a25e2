// Objects of cert-manager, for issuer cert-manager: it then keeps the three Secrets that the kit's own job would.
import { MAX_MEMBERS } from '../config.ts';
import { metadataOf, namesOf } from './names.ts';
import type { JsonObject, Kit, KubernetesObject } from './types.ts';
import { isIP } from 'node:net';

const API_VERSION = 'cert-manager.io/v1';
const HOURS_PER_DAY = 24;

/** Names in the server certificate: the Services', each pod's under them, and those that the configuration adds. */
export function serverNames({ config, namespace }: Kit): string[] {
  const { name, tls } = config;
  const headless = `${name}-headless`;
  const domain = `${namespace}.svc.${tls.clusterDomain}`;
  return [
    ...['localhost', '127.0.0.1', '::1'],
    ...[name, `${name}.${namespace}`, `${name}.${namespace}.svc`, `${name}.${domain}`],
    `${headless}.${domain}`,
    ...podWildcards(headless, namespace, domain),
    ...tls.extraSans,
  ];
}

function podWildcards(headless: string, namespace: string, domain: string): string[] {
  const parents = [headless, `${headless}.${namespace}`, `${headless}.${namespace}.svc`];
  return [...parents, `${headless}.${domain}`].map((parent) => `*.${parent}`);
}

/** Names in the peer certificate. Members look at its common name, not at these; other tools may. */
export function peerNames({ config, namespace }: Kit): string[] {
  const { name, tls } = config;
  const headless = `${name}-headless`;
  const domain = `${namespace}.svc.${tls.clusterDomain}`;
  const pods = Array.from({ length: MAX_MEMBERS }, (_, i) => `${name}-${i}.${headless}.${domain}`);
  return ['localhost', ...podWildcards(headless, namespace, domain), ...pods];
}

export function certManagerObjects(kit: Kit): KubernetesObject[] {
  const { name, tls } = kit.config;
  const { ca, serverTls, peerTls, clientTls } = namesOf(kit);
  const { issuerName, issuerKind, issuerGroup } = tls.certManager;
  const isOwn = issuerName === '';
  const issuerRef: JsonObject = isOwn
    ? { name: ca, kind: 'Issuer', group: 'cert-manager.io' }
    : { name: issuerName, kind: issuerKind, group: issuerGroup };
  const leaf = (secret: string, commonName: string, names: string[], usages: string[]) =>
    certificate(kit, secret, {
      ...lifetime(tls.certificateLifetimeDays),
      commonName,
      ...subjectNames(names),
      usages: ['digital signature', ...usages],
      issuerRef,
    });
  const both = ['server auth', 'client auth'];
  return [
    ...(isOwn ? ownIssuer(kit) : []),
    leaf(serverTls, `${name}-server`, serverNames(kit), both),
    leaf(peerTls, `${name}-peer`, peerNames(kit), both),
    leaf(clientTls, 'root', [], ['client auth']),
  ];
}

/** A CA that signs itself, and the Issuer that signs with it. */
function ownIssuer(kit: Kit): KubernetesObject[] {
  const { ca } = namesOf(kit);
  const selfSigned = `${ca}-selfsigned`;
  return [
    issuer(kit, selfSigned, { selfSigned: {} }),
    certificate(kit, ca, {
      ...lifetime(kit.config.tls.caLifetimeDays),
      commonName: `${kit.config.name} CA`,
      isCA: true,
      usages: ['cert sign', 'crl sign', 'digital signature'],
      issuerRef: { name: selfSigned, kind: 'Issuer', group: 'cert-manager.io' },
    }),
    issuer(kit, ca, { ca: { secretName: ca } }),
  ];
}

function issuer(kit: Kit, name: string, spec: JsonObject): KubernetesObject {
  return { apiVersion: API_VERSION, kind: 'Issuer', metadata: metadataOf(kit, name), spec };
}

/** Renewed when a third of its life is left, as the kit's own are. */
function lifetime(days: number): JsonObject {
  const hours = days * HOURS_PER_DAY;
  return { duration: `${hours}h`, renewBefore: `${Math.floor(hours / 3)}h` };
}

function subjectNames(names: readonly string[]): JsonObject {
  if (names.length === 0) return {};
  const ipAddresses = names.filter((name) => isIP(name) !== 0);
  return {
    dnsNames: names.filter((name) => isIP(name) === 0),
    ...(ipAddresses.length === 0 ? {} : { ipAddresses }),
  };
}

function certificate(kit: Kit, secretName: string, spec: JsonObject): KubernetesObject {
  return {
    apiVersion: API_VERSION,
    kind: 'Certificate',
    metadata: metadataOf(kit, secretName),
    spec: {
      secretName,
      ...spec,
      privateKey: { algorithm: 'ECDSA', size: 256, rotationPolicy: 'Always' },
    },
  };
}
