// What `binnacle doctor` has seen of a cluster: plain data, so that a diagnosis can be made of it without a cluster.
import type { Alarm, HashResult, Member, StatusResult } from '../../client/index.ts';

/** One client URL that was asked. */
export interface EndpointObservation {
  readonly endpoint: string;
  /** Undefined when it did not answer; then `error` says why. */
  readonly status: StatusResult | undefined;
  readonly error: string | undefined;
  /** How long the status took. */
  readonly tookMs: number;
  /** The hash at the revision that all members were asked for. */
  readonly hash: HashResult | undefined;
  readonly certificate: CertificateObservation | undefined;
}

export interface CertificateObservation {
  readonly subject: string;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

/** The newest backup that was restored for a try and compared, as the backup job wrote it down. */
export interface BackupObservation {
  readonly file: string;
  /** Undefined when no backup was ever verified. */
  readonly lastVerifiedMs: number | undefined;
  readonly lastError: string | undefined;
}

export interface Observation {
  readonly nowMs: number;
  readonly endpoints: readonly EndpointObservation[];
  /** As the members tell it; empty when none answered. */
  readonly members: readonly Member[];
  /** True when the list came from a quorum, false when from one member's memory. */
  readonly hasQuorum: boolean;
  readonly alarms: readonly Alarm[];
  /** Undefined where no backup job writes a status. */
  readonly backup: BackupObservation | undefined;
}
