// The package: what other Pulumi programs import.
export * from './args.ts';
export * from './args-upkeep.ts';
export { Backup, type ClusterBackupArgs } from './backup.ts';
export { BinnacleCluster, type BinnacleClusterArgs } from './binnacle-cluster.ts';
export { CertificateAuthority, type CertificateAuthorityArgs } from './certificate-authority.ts';
export * from './choices.ts';
export { readClientCredentials, type ClientCredentials } from './client-credentials.ts';
export { Monitoring, type ClusterMonitoringArgs } from './monitoring.ts';
