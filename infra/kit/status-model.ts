// What the table of a cluster on Kubernetes shows.

/** Names of the objects that status is read from, and what selects a cluster's. */
export interface KitNames {
  readonly statefulSet: string;
  readonly policy: string;
  readonly serverTls: string;
  readonly backupStatus: string;
  readonly selector: string;
}

export interface MemberRow {
  readonly name: string;
  readonly node: string;
  /** `ready`, `starting`, `ending`, or Kubernetes' reason for waiting, such as ErrImagePull. */
  readonly state: string;
  /** Undefined: it does not answer. */
  readonly role: 'leader' | 'follower' | 'learner' | 'no leader' | undefined;
  readonly revision: number | undefined;
  readonly dbSize: number | undefined;
  readonly restarts: number;
}

/** The fields of ConfigMap R-backup-status that are shown. */
export interface BackupStatus {
  readonly lastRunAt: string;
  readonly lastVerifiedAt: string | null;
  readonly lastVerified: null | {
    readonly name: string;
    readonly revision: number;
    readonly keys: number;
    readonly bytes: number;
  };
  readonly lastError: string;
  readonly verifiedBackups: number;
  readonly destination: string;
}

export interface StatusModel {
  readonly name: string;
  readonly image: string;
  readonly desired: number;
  readonly members: readonly MemberRow[];
  readonly alarms: readonly string[];
  readonly policy: { readonly accept: string; readonly advertise: string } | undefined;
  readonly certificateNotAfter: Date | undefined;
  readonly reconcile:
    | {
        readonly job: string;
        readonly state: 'running' | 'done' | 'failed';
        readonly message: string;
      }
    | undefined;
  readonly backup: BackupStatus | undefined;
}
