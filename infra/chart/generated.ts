// The chart's files that are made from infra/'s sources.
import { VERSION } from '../config.ts';
import { OWN_FLAGS, OWN_PREFIXES } from '../config/checks.ts';
import { alertsIn } from '../objects/alerts.ts';
import { dashboard } from '../objects/dashboard.ts';
import { canonicalJson } from '../objects/kit-json.ts';
import { withValues } from './readme.ts';
import { valuesSchema } from './schema.ts';
import { valuesYaml } from './values.ts';

const CHART = `# Written by npm run generate, which has the version from infra/config/version.ts.
apiVersion: v2
name: binnacle
version: ${VERSION}
appVersion: "${VERSION}"
description: A distributed key-value store that speaks etcd's API, with TLS, backups and membership that look after themselves
type: application
kubeVersion: ">=1.27.0-0"
keywords: [etcd, key-value store, raft, kubernetes]
`;

/** What the chart puts words of its own in the place of. */
const ALERT_WORDS = {
  namespace: '%NAMESPACE%',
  name: '%NAME%',
  members: '%MEMBERS%',
  quorum: '%QUORUM%',
  safe: '%SAFE%',
  backupHours: '%BACKUP_HOURS%',
  backupSeconds: '%BACKUP_SECONDS%',
};

/** Path below helm/binnacle → text. */
export function generatedFiles(readme: string): Record<string, string> {
  return {
    'Chart.yaml': CHART,
    'values.yaml': valuesYaml(),
    'values.schema.json': `${JSON.stringify(valuesSchema(), null, 2)}\n`,
    'files/own-flags.txt': ownFlags(),
    'files/alerts.json': `${JSON.stringify(alertsIn(ALERT_WORDS), null, 2)}\n`,
    'files/dashboard.json': `${canonicalJson(dashboard())}\n`,
    'README.md': withValues(readme),
  };
}

/** Flags that extraFlags may not set, one a line; * stands for any end. */
function ownFlags(): string {
  return `${[...OWN_FLAGS, ...OWN_PREFIXES.map((prefix) => `${prefix}*`)].join('\n')}\n`;
}
