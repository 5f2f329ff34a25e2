// What the planner sees and what it answers.
import type { X509Certificate } from 'node:crypto';
import { certificatesOf, fingerprintOf, type Pair } from '../pki/index.ts';
import type { AuthorityState } from './authority-state.ts';
import type { Gate } from './gates.ts';
import type { Role } from './names.ts';
import type { Policy } from './policy.ts';

/** One of the Secrets that members and clients mount. */
export interface StoredLeaf {
  readonly pair: Pair;
  /** ca.crt: all CAs that whoever mounts it trusts. */
  readonly bundle: string;
  /** When the job wrote it last. */
  readonly writtenAt?: Date;
}

/** The cluster as its Secrets and ConfigMaps show it. */
export interface Observed {
  /** Undefined before the first installation has got that far. */
  readonly policy: Policy | undefined;
  /** When the job wrote the policy last. */
  readonly policyWrittenAt?: Date;
  /** Whether a cluster was founded: ConfigMap R-cluster. */
  readonly hasRecord: boolean;
  /** spec.replicas; 0 while there is no StatefulSet. */
  readonly replicas: number;
  readonly authority: AuthorityState | undefined;
  readonly leaves: Readonly<Record<Role, StoredLeaf | undefined>>;
}

/** One write, or none. Each may be done again after a crash: the next look then finds what is left to do. */
export type Action =
  | { readonly kind: 'create-authority'; readonly generation: number }
  /** `adopted`: PEM of CAs that are trusted already and whose key nobody has. */
  | {
      readonly kind: 'begin-rotation';
      readonly generation: number;
      readonly reason: string;
      readonly adopted?: string;
    }
  | { readonly kind: 'switch-authority' }
  | { readonly kind: 'end-rotation' }
  | {
      readonly kind: 'write-leaf';
      readonly role: Role;
      readonly reason: string;
      readonly signer: Pair;
      readonly bundle: string;
    }
  | {
      readonly kind: 'write-bundle';
      readonly role: Role;
      readonly leaf: StoredLeaf;
      readonly bundle: string;
    }
  | { readonly kind: 'set-policy'; readonly from: Policy | undefined; readonly policy: Policy }
  /** Somebody else has to do something that takes a while. */
  | { readonly kind: 'wait'; readonly message: string }
  /** Somebody has to put something right first. */
  | { readonly kind: 'fail'; readonly message: string }
  | { readonly kind: 'done' };

export interface Step {
  /** Has to be open before the action; undefined when there is nothing to ask the members. */
  readonly gate?: Gate;
  /** Not before this time: clients get the Secrets from kubelets, and cannot be asked. */
  readonly notBefore?: Date;
  readonly action: Action;
}

/** The certificates of a text, none when it is not readable. */
export function readableCertificates(pem: string): X509Certificate[] {
  try {
    return certificatesOf(pem);
  } catch {
    return [];
  }
}

export function leafFingerprint(leaf: StoredLeaf | undefined): string {
  const [first] = readableCertificates(leaf?.pair.certificate ?? '');
  return first === undefined ? '' : fingerprintOf(first);
}
