// Certificates that the kit issues itself: what to issue, and the three steps of a CA rotation.
//
//   1 trust both   R-ca gets the next CA; the ca.crt of all Secrets names both     gate: every member trusts both
//   2 re-issue     the next CA becomes the current one and issues all leaves       gate: every member shows its new leaf
//   3 drop the old the ca.crt of all Secrets names the new CA alone                gate: nobody trusts the old one
//
// A CA in the last third of its life is rotated, too: renewing it under its old key would keep the key for ever.
import type { X509Certificate } from 'node:crypto';
import { bundleOf, fingerprintOf, isDue, reasonToIssue, type Pair } from '../pki/index.ts';
import { phaseOf, trustedBy, type AuthorityState } from './authority-state.ts';
import { canIssue, isUsable } from './checks.ts';
import type { Gate } from './gates.ts';
import { ROLES, wantedLeaves, type Role } from './names.ts';
import type { PlanInput } from './plan.ts';
import { leafFingerprint, readableCertificates, type Observed, type Step } from './step.ts';

/** @param isInUse whether members use their certificates, and so have to be asked between the steps */
export function planOwn(input: PlanInput, isInUse: boolean): Step | undefined {
  const { kit, observed } = input;
  const { authority } = observed;
  if (authority === undefined) return planFirstAuthority(input);
  const trusted = trustedBy(authority);
  const strangers = isInUse ? strangersTo(trusted, observed) : [];
  if (strangers.length > 0) {
    const generation = Math.max(kit.tls.caGeneration, authority.generation);
    const reason = 'the CA of the certificates in use is not the one that is kept';
    const adopted = bundleOf([...strangers, ...trusted]);
    return { action: { kind: 'begin-rotation', generation, reason, adopted } };
  }
  for (const role of ROLES) {
    const step = planLeaf(input, authority, trusted, role);
    if (step !== undefined) return step;
  }
  switch (phaseOf(authority)) {
    case 'widening': {
      const gate: Gate = {
        title: 'every member trusts the old CA and the new one',
        trusts: trusted.map(fingerprintOf),
      };
      const wait = isInUse ? { gate, ...afterGrace(input) } : {};
      return { ...wait, action: { kind: 'switch-authority' } };
    }
    case 'reissuing': {
      const gate: Gate = {
        title: 'every member shows certificates of the new CA',
        trusts: trusted.map(fingerprintOf),
        leaves: {
          server: leafFingerprint(observed.leaves.server),
          peer: leafFingerprint(observed.leaves.peer),
        },
      };
      const showsCertificates = observed.policy?.accept !== 'server';
      const wait = isInUse ? { gate, ...(showsCertificates && afterGrace(input)) } : {};
      return { ...wait, action: { kind: 'end-rotation' } };
    }
    case 'stable': {
      const reason = reasonToRotate(authority, kit.tls.caGeneration, input.now);
      if (reason === undefined) return undefined;
      const generation = Math.max(kit.tls.caGeneration, authority.generation);
      return { action: { kind: 'begin-rotation', generation, reason } };
    }
  }
}

/** Trust that is there already, from another issuer or from a lost R-ca, is led over as in any rotation. */
function planFirstAuthority({ kit, observed }: PlanInput): Step {
  const { caGeneration: generation } = kit.tls;
  const adopted = foreignTrust(observed);
  if (adopted.length === 0) return { action: { kind: 'create-authority', generation } };
  const reason = 'there is no key for the CA that is trusted now';
  return {
    action: { kind: 'begin-rotation', generation, reason, adopted: bundleOf(adopted) },
  };
}

function foreignTrust({ leaves }: Observed): X509Certificate[] {
  return ROLES.flatMap((role) => readableCertificates(leaves[role]?.bundle ?? ''));
}

/**
 * CAs that issued what is shown now, and that R-ca knows nothing of, as after an older R-ca was put back: to drop them
 * at once would lock everybody out.
 */
function strangersTo(trusted: readonly X509Certificate[], observed: Observed): X509Certificate[] {
  const known = new Set(trusted.map(fingerprintOf));
  const leaves = ROLES.flatMap((role) =>
    readableCertificates(observed.leaves[role]?.pair.certificate ?? '').slice(0, 1),
  );
  return foreignTrust(observed).filter(
    (one) =>
      !known.has(fingerprintOf(one)) &&
      leaves.some((leaf) => leaf.checkIssued(one) && leaf.verify(one.publicKey)),
  );
}

function reasonToRotate(
  authority: AuthorityState,
  caGeneration: number,
  now: Date,
): string | undefined {
  const { current, generation } = authority;
  if (caGeneration > generation)
    return `tls.caGeneration went from ${generation} to ${caGeneration}`;
  if (!canIssue(current)) return 'the key of the CA is lost, damaged or of another kind';
  const [certificate] = readableCertificates(current.certificate);
  if (certificate !== undefined && isDue(certificate, now))
    return 'the CA is in the last third of its life';
  return undefined;
}

function planLeaf(
  input: PlanInput,
  authority: AuthorityState,
  trusted: readonly X509Certificate[],
  role: Role,
): Step | undefined {
  const { kit, observed, now } = input;
  const leaf = observed.leaves[role];
  const bundle = bundleOf(trusted);
  const { signer, issuers } = signersOf(authority, now);
  const wanted = wantedLeaves(kit)[role];
  const reason = reasonToIssue(leaf?.pair, issuers, wanted, now);
  // Nobody may trust the next CA yet: it issues only in place of what could not be used anyway.
  const mayIssue =
    signer !== undefined && (signer === authority.current || !isUsable(leaf, trusted, now));
  if (reason !== undefined && mayIssue)
    return { action: { kind: 'write-leaf', role, reason, signer, bundle } };
  if (leaf !== undefined && leaf.bundle !== bundle)
    return { action: { kind: 'write-bundle', role, leaf, bundle } };
  return undefined;
}

function signersOf(
  { current, next }: AuthorityState,
  now: Date,
): { signer: Pair | undefined; issuers: X509Certificate[] } {
  const own = readableCertificates(current.certificate);
  const isAlive = own[0] !== undefined && own[0].validToDate > now;
  const coming = readableCertificates(next?.pair.certificate ?? '');
  const signer = isAlive && canIssue(current) ? current : next?.pair;
  return { signer, issuers: [...own, ...coming] };
}

/** Clients' kubelets load Secrets when they come round to it; nobody can ask them whether they have. */
function afterGrace({ observed, clientGraceMs }: PlanInput): Pick<Step, 'notBefore'> {
  const written = ROLES.map((role) => observed.leaves[role]?.writtenAt?.getTime() ?? 0);
  return { notBefore: new Date(Math.max(...written) + clientGraceMs) };
}
