// Words that arguments choose from, in the shape that Pulumi makes enums of in every language.

/** Who shows whom a certificate. */
export const TlsMode = {
  /** No TLS at all. */
  plain: 'plain',
  /** Members show a certificate to clients. */
  server: 'server',
  /** Clients show one too. */
  mutual: 'mutual',
} as const;
export type TlsMode = (typeof TlsMode)[keyof typeof TlsMode];

/** Where certificates come from. */
export const TlsIssuer = {
  /** A CA of the kit's own, kept in Secrets. */
  self: 'self',
  certManager: 'cert-manager',
  /** Secrets that exist. */
  provided: 'provided',
} as const;
export type TlsIssuer = (typeof TlsIssuer)[keyof typeof TlsIssuer];

/** Kinds of issuers of cert-manager. */
export const IssuerKind = { issuer: 'Issuer', clusterIssuer: 'ClusterIssuer' } as const;
export type IssuerKind = (typeof IssuerKind)[keyof typeof IssuerKind];

/** When nodes pull the image. */
export const PullPolicy = {
  always: 'Always',
  ifNotPresent: 'IfNotPresent',
  never: 'Never',
} as const;
export type PullPolicy = (typeof PullPolicy)[keyof typeof PullPolicy];

/** Types of the Service for clients. */
export const ServiceType = {
  clusterIP: 'ClusterIP',
  nodePort: 'NodePort',
  loadBalancer: 'LoadBalancer',
} as const;
export type ServiceType = (typeof ServiceType)[keyof typeof ServiceType];

/** What to do with a member that has no node of its own. */
export const WhenUnsatisfiable = {
  scheduleAnyway: 'ScheduleAnyway',
  doNotSchedule: 'DoNotSchedule',
} as const;
export type WhenUnsatisfiable = (typeof WhenUnsatisfiable)[keyof typeof WhenUnsatisfiable];

/** How a toleration compares. */
export const TolerationOperator = {
  exists: 'Exists',
  equal: 'Equal',
  lessThan: 'Lt',
  greaterThan: 'Gt',
} as const;
export type TolerationOperator = (typeof TolerationOperator)[keyof typeof TolerationOperator];

/** What a taint does. */
export const TaintEffect = {
  noSchedule: 'NoSchedule',
  preferNoSchedule: 'PreferNoSchedule',
  noExecute: 'NoExecute',
} as const;
export type TaintEffect = (typeof TaintEffect)[keyof typeof TaintEffect];

/** Kinds of places for backups. */
export const DestinationKind = { volume: 'volume', s3: 's3' } as const;
export type DestinationKind = (typeof DestinationKind)[keyof typeof DestinationKind];

/** Encryption that an S3-compatible store does. */
export const ServerSideEncryption = { none: 'none', aes256: 'AES256', kms: 'aws:kms' } as const;
export type ServerSideEncryption = (typeof ServerSideEncryption)[keyof typeof ServerSideEncryption];

/** What history is dropped by itself. */
export const CompactionMode = { none: 'none', periodic: 'periodic', revision: 'revision' } as const;
export type CompactionMode = (typeof CompactionMode)[keyof typeof CompactionMode];
