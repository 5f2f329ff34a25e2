import * as fs from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { clusterSchema } from '../config.ts';
import { alertsOf, ruleOf } from './alerts.ts';
import { dashboard } from './dashboard.ts';
import type { Kit } from './types.ts';

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const text = (path: string): string => fs.readFileSync(at(path), 'utf8');

const kit: Kit = {
  config: clusterSchema.parse({ backup: { enabled: true } }),
  namespace: 'shop',
  managedBy: 'Pulumi',
};
const alerts = alertsOf(kit);

/** What members show, and what comes from Prometheus and the kubelets. */
const shown = new Set(
  fs
    .readdirSync(at('../../node/src/server'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts'))
    .flatMap(
      (path) => text(`../../node/src/server/${path}`).match(/'(etcd|binnacle|grpc)_\w+'/g) ?? [],
    )
    .map((name) => name.slice(1, -1)),
);
const OTHERS = ['up', 'process_resident_memory_bytes'];
const metricsIn = (expr: string): string[] =>
  [...expr.matchAll(/([a-z_]+)\{/g)].map((match) => match[1]!.replace(/_bucket$/, ''));
const isKnown = (name: string): boolean =>
  shown.has(name) || OTHERS.includes(name) || name.startsWith('kubelet_volume_stats_');

describe('alerts', () => {
  it.each(alerts.map((alert) => [alert.alert, alert] as const))(
    '%s has its page',
    (name, alert) => {
      expect(text(`../runbooks/${alert.runbook}.md`)).toMatch(new RegExp(`^# ${name}\\n`));
      expect(text('../runbooks/README.md')).toContain(`[${name}](${alert.runbook}.md)`);
      const { annotations } = ruleOf(alert, 'https://example.com/') as { annotations: object };
      expect(annotations).toMatchObject({ runbook_url: `https://example.com/${alert.runbook}.md` });
    },
  );

  it('ask for metrics that members show', () => {
    const unknown = alerts.flatMap(({ expr }) => metricsIn(expr)).filter((name) => !isKnown(name));
    expect(unknown).toEqual([]);
    expect(alerts.every(({ expr }) => metricsIn(expr).length > 0)).toBe(true);
  });

  it('are about this cluster alone', () => {
    for (const { expr } of alerts)
      for (const selector of expr.match(/\{[^}]*\}/g) ?? []) {
        expect(selector).toContain('namespace="shop"');
        expect(selector).toContain('binnacle');
      }
  });

  it('leave out what is not there', () => {
    const config = clusterSchema.parse({ tls: { mode: 'plain' } });
    const names = alertsOf({ ...kit, config }).map(({ runbook }) => runbook);
    expect(names).not.toContain('certificate-near-expiry');
    expect(names).not.toContain('backup-not-verified');
  });

  it('warn before the quorum is gone, whatever the size', () => {
    const threshold = (members: number) => {
      const config = clusterSchema.parse({ members });
      const found = alertsOf({ ...kit, config }).find(
        ({ runbook }) => runbook === 'quorum-at-risk',
      )!;
      return Number(found.expr.split(' < ')[1]);
    };
    expect([1, 3, 5, 7].map(threshold)).toEqual([1, 3, 4, 5]);
  });
});

describe('the dashboard', () => {
  const panels = dashboard()['panels'] as { title: string; targets: { expr: string }[] }[];

  it('asks for metrics that members show', () => {
    const unknown = panels
      .flatMap(({ targets }) => targets.flatMap(({ expr }) => metricsIn(expr)))
      .filter((name) => !isKnown(name));
    expect(unknown).toEqual([]);
  });

  it('has no two panels of one title', () => {
    expect(new Set(panels.map(({ title }) => title)).size).toBe(panels.length);
  });
});
