// Runs helm on the chart, for tests.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';
import type { KubernetesObject } from '../../objects/index.ts';

const cache =
  process.env['BINNACLE_CACHE'] ??
  join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'binnacle');
const HELM = join(cache, 'bin/helm');

export const CHART = fileURLToPath(new URL('../../../helm/binnacle', import.meta.url));
export const NAMESPACE = 'shop';
export const RELEASE = 'binnacle';

/** Why the chart can't be rendered here; undefined when it can. */
export const helmMissing = existsSync(HELM)
  ? undefined
  : `the chart is not rendered: ${HELM} does not exist (test/conformance/build-oracles.sh helm)`;

export type Values = Readonly<Record<string, unknown>>;

/** @throws Error with what helm said */
export function helm(args: readonly string[], values?: Values, env?: NodeJS.ProcessEnv): string {
  try {
    return execFileSync(HELM, [...args, ...(values === undefined ? [] : ['-f', '-'])], {
      encoding: 'utf8',
      stdio: ['pipe', 'pipe', 'pipe'],
      input: JSON.stringify(values ?? {}),
      env: { ...process.env, KUBECONFIG: '/dev/null', ...env },
    });
  } catch (error) {
    throw new Error((error as { stderr?: string }).stderr ?? String(error), { cause: error });
  }
}

const OPTIONS = ['-n', NAMESPACE, '--kube-version', '1.36.0'];

/** What `helm install` would send. */
export function template(values: Values, release = RELEASE): KubernetesObject[] {
  return objectsIn(helm(['template', release, CHART, ...OPTIONS], values));
}

export function objectsIn(text: string): KubernetesObject[] {
  return [...parseAllDocuments(text)]
    .map((document) => document.toJS() as KubernetesObject | null) // what the chart renders are objects
    .filter((object) => object !== null);
}

/** What helm says is wrong with the values; undefined when nothing is. */
export function refusal(values: Values): string | undefined {
  try {
    template(values);
    return undefined;
  } catch (error) {
    return (error as Error).message; // helm() throws nothing else
  }
}

export function notes(values: Values): string {
  const args = ['install', RELEASE, CHART, ...OPTIONS, '--dry-run=client'];
  return helm(args, values).split('NOTES:\n')[1] ?? '';
}
