// The pki room: certificate authorities and the certificates they issue, in memory. Files and Secrets are the callers'.
export { createAuthority, readAuthority, renewAuthority } from './authority.ts';
export type { Authority, AuthorityTerms } from './authority.ts';
export { isDue, missingNames, missingUsages, reasonToIssue } from './due.ts';
export { issueLeaf } from './leaf.ts';
export type { LeafUsage, WantedLeaf } from './leaf.ts';
export { bundleOf, certificatesOf, fingerprintOf, reasonOf } from './pem.ts';
export type { Pair } from './pem.ts';
