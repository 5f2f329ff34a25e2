// What the Prometheus operator and Grafana get.
import { flag, labels, section, text } from './fields.ts';

const serviceMonitor = section({
  enabled: flag()
    .default(false)
    .describe(
      'Scrape the members (needs the Prometheus operator). Alerts and dashboard come with it.',
    ),
  interval: text('a time, such as 30s')
    .regex(/^\d+(s|m)$/, { error: 'must be a time in s or m, such as 30s' })
    .default('30s')
    .describe('Time between two scrapes.'),
  labels: labels().default({}).describe('Labels that your Prometheus selects by.'),
});

const prometheusRule = section({
  enabled: flag().default(true).describe('Alerts, each with a runbook.'),
  runbookBase: text('the beginning of a URL')
    .default('infra/runbooks/')
    .describe("Beginning of the runbooks' URLs; a copy of infra/runbooks lies there."),
  labels: labels().default({}).describe('Labels that your Prometheus selects by.'),
});

const dashboard = section({
  enabled: flag()
    .default(true)
    .describe('A dashboard in a ConfigMap, which Grafana’s sidecar finds.'),
  labels: labels()
    .default({})
    .describe("Labels that the sidecar selects by, besides grafana_dashboard: '1'."),
});

export const monitoring = section({
  serviceMonitor: serviceMonitor.prefault({}).describe('Scraping.'),
  prometheusRule: prometheusRule.prefault({}).describe('Alerts.'),
  dashboard: dashboard.prefault({}).describe('Dashboard.'),
});
