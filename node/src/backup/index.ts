// The backup room: verified backups of a running cluster, and restores.
export type { ClusterAccess, ClusterTls } from './access.ts';
export { choose, loadCatalog, type Catalog, type Choice } from './catalog.ts';
export { openDestination, type Destination } from './destination.ts';
export { readKeyFile, type SealingKey } from './encryption.ts';
export { BackupError, isBackupError } from './errors.ts';
export { exportLines } from './export.ts';
export { kitCluster, kitDestination } from './kit-cluster.ts';
export { localCluster } from './local-cluster.ts';
export type { Manifest } from './manifest.ts';
export { prune } from './prune.ts';
export { readSnapshot } from './read-backup.ts';
export type { Retention } from './retention.ts';
export { run } from './run.ts';
export { save } from './save.ts';
export { openClient } from './source.ts';
export { kubernetesStatus, statusFile } from './status.ts';
export { withThrowaway } from './throwaway.ts';
export { verify } from './verify.ts';
