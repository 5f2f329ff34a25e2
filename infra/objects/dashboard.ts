// The Grafana dashboard. It depends on no configuration: namespace and cluster are chosen in it.
import type { JsonObject } from './types.ts';

const SELECTOR = '{namespace="$namespace",job="$cluster"}';
const COLUMNS = 3;
const PANEL_WIDTH = 24 / COLUMNS;
const PANEL_HEIGHT = 8;

interface Panel {
  readonly title: string;
  readonly unit: string;
  readonly expr: string;
  readonly legend: string;
}

const rate = (metric: string): string => `rate(${metric}${SELECTOR}[$__rate_interval])`;

const PANELS: readonly Panel[] = [
  { title: 'Members that answer', unit: 'short', expr: `sum(up${SELECTOR})`, legend: 'up' },
  {
    title: 'Has a leader',
    unit: 'short',
    expr: `etcd_server_has_leader${SELECTOR}`,
    legend: '{{pod}}',
  },
  {
    title: 'Changes of the leader',
    unit: 'short',
    expr: `changes(etcd_server_leader_changes_seen_total${SELECTOR}[1h])`,
    legend: '{{pod}}',
  },
  {
    title: 'Requests',
    unit: 'reqps',
    expr: `sum by (grpc_method) (${rate('grpc_server_handled_total')})`,
    legend: '{{grpc_method}}',
  },
  {
    title: 'Failed requests',
    unit: 'reqps',
    expr: `sum by (grpc_method, grpc_code) (rate(grpc_server_handled_total{namespace="$namespace",job="$cluster",grpc_code!="OK"}[$__rate_interval]))`,
    legend: '{{grpc_method}} {{grpc_code}}',
  },
  {
    title: 'Proposals that wait',
    unit: 'short',
    expr: `etcd_server_proposals_pending${SELECTOR}`,
    legend: '{{pod}}',
  },
  {
    title: 'WAL fsync, 99th percentile',
    unit: 's',
    expr: `histogram_quantile(0.99, ${rate('etcd_disk_wal_fsync_duration_seconds_bucket')})`,
    legend: '{{pod}}',
  },
  {
    title: 'Round trip to peers, 99th percentile',
    unit: 's',
    expr: `histogram_quantile(0.99, ${rate('etcd_network_peer_round_trip_time_seconds_bucket')})`,
    legend: '{{pod}} to {{To}}',
  },
  {
    title: 'Entries applied',
    unit: 'ops',
    expr: rate('etcd_server_proposals_applied_total'),
    legend: '{{pod}}',
  },
  {
    title: 'Database, of its quota',
    unit: 'percentunit',
    expr: `etcd_mvcc_db_total_size_in_bytes${SELECTOR} / etcd_server_quota_backend_bytes${SELECTOR}`,
    legend: '{{pod}}',
  },
  {
    title: 'Keys',
    unit: 'short',
    expr: `etcd_debugging_mvcc_keys_total${SELECTOR}`,
    legend: '{{pod}}',
  },
  {
    title: 'Watchers',
    unit: 'short',
    expr: `etcd_debugging_mvcc_watcher_total${SELECTOR}`,
    legend: '{{pod}}',
  },
  {
    title: 'Memory',
    unit: 'bytes',
    expr: `process_resident_memory_bytes${SELECTOR}`,
    legend: '{{pod}}',
  },
  {
    title: 'Since the last verified backup',
    unit: 's',
    expr: `time() - max(binnacle_backup_last_verified_timestamp_seconds${SELECTOR})`,
    legend: 'age',
  },
  {
    title: 'Until certificates end',
    unit: 's',
    expr: `binnacle_certificate_expiry_timestamp_seconds${SELECTOR} - time()`,
    legend: '{{pod}} {{certificate}}',
  },
];

function panel({ title, unit, expr, legend }: Panel, index: number): JsonObject {
  const datasource = { type: 'prometheus', uid: '$datasource' };
  return {
    id: index + 1,
    title,
    type: 'timeseries',
    datasource,
    gridPos: {
      x: (index % COLUMNS) * PANEL_WIDTH,
      y: Math.floor(index / COLUMNS) * PANEL_HEIGHT,
      w: PANEL_WIDTH,
      h: PANEL_HEIGHT,
    },
    fieldConfig: { defaults: { unit, min: 0 }, overrides: [] },
    options: { legend: { displayMode: 'list', placement: 'bottom' } },
    targets: [{ refId: 'A', datasource, expr, legendFormat: legend }],
  };
}

function variable(name: string, query: string): JsonObject {
  return {
    name,
    type: 'query',
    datasource: { type: 'prometheus', uid: '$datasource' },
    query: { query, refId: name },
    definition: query,
    refresh: 2,
    sort: 1,
  };
}

export function dashboard(): JsonObject {
  return {
    uid: 'binnacle',
    title: 'Binnacle',
    tags: ['binnacle', 'etcd'],
    schemaVersion: 39,
    refresh: '30s',
    time: { from: 'now-3h', to: 'now' },
    templating: {
      list: [
        { name: 'datasource', type: 'datasource', query: 'prometheus' },
        variable('namespace', 'label_values(binnacle_version, namespace)'),
        variable('cluster', 'label_values(binnacle_version{namespace="$namespace"}, job)'),
      ],
    },
    panels: PANELS.map(panel),
  };
}
