// Certificates that somebody else makes: cert-manager from the kit's Certificate objects, or the user.
import type { KitFile } from '../kubernetes/index.ts';
import { fingerprintOf, type WantedLeaf } from '../pki/index.ts';
import { problemOf } from './checks.ts';
import { ROLES, podName, secretNames, wantedLeaves, type Role } from './names.ts';
import type { PlanInput } from './plan.ts';
import { readableCertificates, type Action, type Step, type StoredLeaf } from './step.ts';

/** Waits for cert-manager's Secrets, complains about the user's; undefined when all three serve. */
export function planForeign({ kit, observed, now }: PlanInput): Step | undefined {
  const isWaiting = kit.tls.issuer === 'cert-manager';
  const problems: string[] = [];
  for (const role of ROLES) {
    const leaf = observed.leaves[role];
    const name = secretNames(kit)[role];
    const problem =
      leaf === undefined ? 'does not exist' : problemOf(leaf, neededLeaf(kit, role), now);
    if (problem !== undefined) problems.push(`Secret ${name} ${problem}`);
  }
  if (problems.length === 0) problems.push(...strangers(kit, observed.leaves));
  if (problems.length === 0) return undefined;
  const message = problems.join('; ');
  const action: Action = isWaiting
    ? { kind: 'wait', message: `${message}. ${hint(kit)}` }
    : { kind: 'fail', message: `tls.issuer is provided, but ${message}` };
  return { action };
}

/**
 * What a certificate from elsewhere has to be at least: any name for servers and users, as long as clients find the
 * addresses that they dial; for peers the common name that members ask of each other.
 */
function neededLeaf(kit: KitFile, role: Role): WantedLeaf {
  const wanted = wantedLeaves(kit)[role];
  if (role === 'peer') return { ...wanted, subjectNames: [] };
  if (role === 'client') return { ...wanted, commonName: '' };
  const { name, namespace, clusterDomain, members } = kit;
  const pods = Array.from(
    { length: members },
    (_, i) => `${podName(kit, i)}.${name}-headless.${namespace}.svc.${clusterDomain}`,
  );
  return {
    ...wanted,
    commonName: '',
    usages: ['server'],
    subjectNames: ['localhost', `${name}.${namespace}.svc`, ...pods, ...kit.tls.extraSans],
  };
}

/** Clients and servers have to trust each other's issuer. */
function strangers(kit: KitFile, leaves: Readonly<Record<Role, StoredLeaf | undefined>>): string[] {
  const names = secretNames(kit);
  const trustOf = (role: Role) =>
    readableCertificates(leaves[role]?.bundle ?? '').map(fingerprintOf);
  const server = trustOf('server');
  const client = trustOf('client');
  if (server.some((one) => client.includes(one))) return [];
  return [
    `the ca.crt of Secret ${names.server} and that of Secret ${names.client} have no CA in common, so that clients ` +
      'and servers would refuse each other',
  ];
}

function hint({ namespace }: KitFile): string {
  return (
    `"kubectl -n ${namespace} describe certificates" shows what cert-manager makes of it; if kubectl does not know ` +
    'certificates, cert-manager is not installed: install it, or set tls.issuer to self'
  );
}
