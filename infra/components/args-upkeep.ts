// Arguments for what runs beside the members: backups and monitoring.
import type { Input } from '@pulumi/pulumi';
import type { DestinationKind, ServerSideEncryption } from './choices.ts';

/** When backups are made, where they go, and how long they stay. */
export interface BackupArgs {
  /** Whether backups are made. Default: false. */
  enabled?: boolean;
  /** When (UTC). Default: every six hours. */
  schedule?: Input<string>;
  /** Where backups go. */
  destination?: DestinationArgs;
  /** How long they stay. */
  retention?: RetentionArgs;
  /** The kit's own encryption. */
  encryption?: EncryptionArgs;
  /** Restore each backup into a throwaway process, and compare, before it counts. Default: true. */
  verify?: boolean;
  /** Hours without a verified backup after which an alert fires. Default: 26. */
  maxAgeHours?: Input<number>;
}

/** Where backups go. */
export interface DestinationArgs {
  /** A PersistentVolumeClaim, or an S3-compatible store. Default: volume. */
  kind?: DestinationKind;
  /** For kind volume. */
  volume?: VolumeArgs;
  /** For kind s3. */
  s3?: S3Args;
}

/** A volume for backups. */
export interface VolumeArgs {
  /** Size of the volume that is made. Default: 10Gi. */
  size?: Input<string>;
  /** StorageClass of it. */
  class?: Input<string>;
  /** A claim of yours to use in its place. */
  existingClaim?: string;
}

/** An S3-compatible store. */
export interface S3Args {
  /** Bucket. */
  bucket?: Input<string>;
  /** Beginning of the objects' names. Default: the name of the cluster. */
  prefix?: Input<string>;
  /** URL of the store; Amazon's without it. */
  endpoint?: Input<string>;
  /** Region. */
  region?: Input<string>;
  /** The bucket goes into the path of the URL, not into the host name. Default: true. */
  forcePathStyle?: Input<boolean>;
  /** Secret with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; without it, what the pod gets from its platform. */
  credentialsSecret?: Input<string>;
  /** Encryption that the store does. */
  serverSideEncryption?: Input<ServerSideEncryption>;
  /** Key for aws:kms. */
  kmsKeyId?: Input<string>;
}

/** How long backups stay. */
export interface RetentionArgs {
  /** Backups that are kept however old they are. */
  count?: Input<number>;
  /** Days that every backup is kept. */
  days?: Input<number>;
}

/** The kit's own encryption of backups. */
export interface EncryptionArgs {
  /** Secret whose entry `key` encrypts backups before they leave. */
  secret?: Input<string>;
}

/** What the Prometheus operator and Grafana get. */
export interface MonitoringArgs {
  /** Scraping; alerts and dashboard come with it. */
  serviceMonitor?: ServiceMonitorArgs;
  /** Alerts. */
  prometheusRule?: PrometheusRuleArgs;
  /** Dashboard. */
  dashboard?: DashboardArgs;
}

/** Scraping. */
export interface ServiceMonitorArgs {
  /** Scrape the members (needs the Prometheus operator). Default: false. */
  enabled?: boolean;
  /** Time between two scrapes. */
  interval?: Input<string>;
  /** Labels that your Prometheus selects by. */
  labels?: Input<{ [key: string]: Input<string> }>;
}

/** Alerts. */
export interface PrometheusRuleArgs {
  /** Alerts, each with a runbook. Default: true, once the members are scraped. */
  enabled?: boolean;
  /** Beginning of the runbooks' URLs. */
  runbookBase?: Input<string>;
  /** Labels that your Prometheus selects by. */
  labels?: Input<{ [key: string]: Input<string> }>;
}

/** Dashboard. */
export interface DashboardArgs {
  /** A dashboard in a ConfigMap. Default: true, once the members are scraped. */
  enabled?: boolean;
  /** Labels that Grafana's sidecar selects by. */
  labels?: Input<{ [key: string]: Input<string> }>;
}
