// What the Prometheus operator and Grafana's sidecar read.
import { alertsOf, ruleOf } from './alerts.ts';
import { dashboard } from './dashboard.ts';
import { canonicalJson } from './kit-json.ts';
import { metadataOf, namesOf } from './names.ts';
import type { Kit, KubernetesObject } from './types.ts';

const API_VERSION = 'monitoring.coreos.com/v1';

function labelled(
  kit: Kit,
  name: string,
  labels: Readonly<Record<string, string>>,
): KubernetesObject['metadata'] {
  const metadata = metadataOf(kit, name);
  return { ...metadata, labels: { ...metadata.labels, ...labels } };
}

/** Scrapes through the headless Service, which also has the members that are not ready. */
export function serviceMonitor(kit: Kit): KubernetesObject {
  const { interval, labels } = kit.config.monitoring.serviceMonitor;
  return {
    apiVersion: API_VERSION,
    kind: 'ServiceMonitor',
    metadata: labelled(kit, namesOf(kit).members, labels),
    spec: {
      jobLabel: 'app.kubernetes.io/instance',
      selector: {
        matchLabels: {
          'app.kubernetes.io/name': 'binnacle',
          'app.kubernetes.io/instance': kit.config.name,
        },
      },
      endpoints: [{ port: 'metrics', path: '/metrics', interval }],
    },
  };
}

export function prometheusRule(kit: Kit): KubernetesObject {
  const { labels, runbookBase } = kit.config.monitoring.prometheusRule;
  return {
    apiVersion: API_VERSION,
    kind: 'PrometheusRule',
    metadata: labelled(kit, namesOf(kit).members, labels),
    spec: {
      groups: [
        {
          name: `${kit.namespace}-${kit.config.name}`,
          rules: alertsOf(kit).map((alert) => ruleOf(alert, runbookBase)),
        },
      ],
    },
  };
}

/** What Grafana's sidecar selects by unless it is told otherwise. */
const SIDECAR_LABEL = { grafana_dashboard: '1' };

export function dashboardConfigMap(kit: Kit): KubernetesObject {
  const { labels } = kit.config.monitoring.dashboard;
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: labelled(kit, namesOf(kit).dashboard, { ...SIDECAR_LABEL, ...labels }),
    data: { 'binnacle.json': canonicalJson(dashboard()) },
  };
}
