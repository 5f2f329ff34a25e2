// Alerts, each with a runbook in infra/runbooks. Names and labels of metrics are etcd's.
import type { JsonObject, Kit } from './types.ts';

export interface Alert {
  readonly alert: string;
  /** Stem of its page in infra/runbooks. */
  readonly runbook: string;
  readonly severity: 'warning' | 'critical';
  readonly for: string;
  readonly expr: string;
  readonly summary: string;
  /** Only where this is on. */
  readonly needs?: 'tls' | 'backup';
}

/** What the texts say of one cluster: numbers too, for the chart fills them in by itself. */
export interface AlertWords {
  readonly namespace: string;
  readonly name: string;
  readonly members: string;
  readonly quorum: string;
  /** Members below which the next loss may stop the cluster. */
  readonly safe: string;
  readonly backupHours: string;
  readonly backupSeconds: string;
}

const NEAR_QUOTA = 0.8;
const SLOW_FSYNC_SECONDS = 0.5;
const LEADER_CHANGES = 4;
const CERTIFICATE_DAYS = 7;
const VOLUME_LEFT = 0.1;

/** What Prometheus calls the series of this cluster. */
function selector({ namespace, name }: AlertWords): string {
  return `{namespace="${namespace}",job="${name}"}`;
}

function leadership(words: AlertWords): Alert[] {
  const { members, quorum, safe } = words;
  const up = `(count(up${selector(words)} == 1) or vector(0))`;
  return [
    {
      alert: 'BinnacleNoLeader',
      runbook: 'no-leader',
      severity: 'critical',
      for: '1m',
      expr: `etcd_server_has_leader${selector(words)} == 0`,
      summary: '{{ $labels.pod }} knows no leader: it takes no writes.',
    },
    {
      alert: 'BinnacleMemberDown',
      runbook: 'member-down',
      severity: 'warning',
      for: '3m',
      expr: `${up} < ${members}`,
      summary: `Only {{ $value }} of ${members} members answer.`,
    },
    {
      alert: 'BinnacleQuorumAtRisk',
      runbook: 'quorum-at-risk',
      severity: 'critical',
      for: '5m',
      expr: `${up} < ${safe}`,
      summary: `{{ $value }} of ${members} members answer; ${quorum} are needed: the next loss stops the cluster.`,
    },
    {
      alert: 'BinnacleLeaderChanges',
      runbook: 'leader-changes',
      severity: 'warning',
      for: '5m',
      expr: `max(increase(etcd_server_leader_changes_seen_total${selector(words)}[15m])) >= ${LEADER_CHANGES}`,
      summary: 'The leader changed {{ $value }} times within 15 minutes.',
    },
  ];
}

function disk(words: AlertWords): Alert[] {
  const size = `etcd_mvcc_db_total_size_in_bytes${selector(words)}`;
  const quota = `etcd_server_quota_backend_bytes${selector(words)}`;
  const claims = `{namespace="${words.namespace}",persistentvolumeclaim=~"data-${words.name}-[0-9]"}`;
  return [
    {
      alert: 'BinnacleDatabaseNearQuota',
      runbook: 'database-near-quota',
      severity: 'warning',
      for: '10m',
      expr: `${size} / ${quota} > ${NEAR_QUOTA}`,
      summary:
        'The database of {{ $labels.pod }} takes {{ $value | humanizePercentage }} of its quota.',
    },
    {
      alert: 'BinnacleNoSpace',
      runbook: 'no-space',
      severity: 'critical',
      for: '1m',
      expr: `max(binnacle_nospace_alarm${selector(words)}) == 1`,
      summary: 'A database has reached its quota: the cluster takes no more writes.',
    },
    {
      alert: 'BinnacleDataCorrupt',
      runbook: 'data-corrupt',
      severity: 'critical',
      for: '1m',
      expr: `max(binnacle_corrupt_alarm${selector(words)}) == 1`,
      summary: 'Members hold different data: the cluster takes no more requests.',
    },
    {
      alert: 'BinnacleVolumeNearlyFull',
      runbook: 'volume-nearly-full',
      severity: 'warning',
      for: '10m',
      expr: `kubelet_volume_stats_available_bytes${claims} / kubelet_volume_stats_capacity_bytes${claims} < ${VOLUME_LEFT}`,
      summary:
        'Volume {{ $labels.persistentvolumeclaim }} has {{ $value | humanizePercentage }} left.',
    },
    {
      alert: 'BinnacleSlowFsync',
      runbook: 'slow-fsync',
      severity: 'warning',
      for: '10m',
      expr: `histogram_quantile(0.99, rate(etcd_disk_wal_fsync_duration_seconds_bucket${selector(words)}[5m])) > ${SLOW_FSYNC_SECONDS}`,
      summary:
        'One write in a hundred waits {{ $value | humanizeDuration }} for the disk of {{ $labels.pod }}.',
    },
  ];
}

function upkeep(words: AlertWords): Alert[] {
  return [
    {
      alert: 'BinnacleCertificateNearExpiry',
      needs: 'tls',
      runbook: 'certificate-near-expiry',
      severity: 'critical',
      for: '1h',
      expr: `binnacle_certificate_expiry_timestamp_seconds${selector(words)} - time() < ${CERTIFICATE_DAYS * 24 * 3600}`,
      summary:
        'The {{ $labels.certificate }} certificate of {{ $labels.pod }} ends in {{ $value | humanizeDuration }}.',
    },
    {
      alert: 'BinnacleBackupNotVerified',
      needs: 'backup',
      runbook: 'backup-not-verified',
      severity: 'critical',
      for: '15m',
      expr: `time() - (max(binnacle_backup_last_verified_timestamp_seconds${selector(words)}) or vector(0)) > ${words.backupSeconds}`,
      summary: `No backup has been verified for ${words.backupHours} hours.`,
    },
  ];
}

/** Every alert there is; the chart takes them from here with placeholders for words. */
export function alertsIn(words: AlertWords): Alert[] {
  return [...leadership(words), ...disk(words), ...upkeep(words)];
}

export function alertsOf({ config, namespace }: Kit): Alert[] {
  const { name, members, tls, backup } = config;
  const quorum = Math.floor(members / 2) + 1;
  const words: AlertWords = {
    ...{ namespace, name, members: String(members), quorum: String(quorum) },
    safe: String(Math.min(members, quorum + 1)),
    backupHours: String(backup.maxAgeHours),
    backupSeconds: String(backup.maxAgeHours * 3600),
  };
  const isOn = {
    tls: tls.mode !== 'plain',
    backup: backup.enabled && backup.verify,
  };
  return alertsIn(words).filter(({ needs }) => needs === undefined || isOn[needs]);
}

/** As a PrometheusRule has it. */
export function ruleOf(alert: Alert, runbookBase: string): JsonObject {
  return {
    alert: alert.alert,
    expr: alert.expr,
    for: alert.for,
    labels: { severity: alert.severity },
    annotations: { summary: alert.summary, runbook_url: `${runbookBase}${alert.runbook}.md` },
  };
}
