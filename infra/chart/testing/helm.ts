// Runs helm on the chart, for tests.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { vi, type TestContext } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { KubernetesObject } from '../../objects/index.ts';

const cache =
  process.env['BINNACLE_CACHE'] ??
  join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'binnacle');
const HELM = join(cache, 'bin/helm');

export const CHART = fileURLToPath(new URL('../../../helm/binnacle', import.meta.url));
export const NAMESPACE = 'shop';
export const RELEASE = 'binnacle';

/** Skips a test where there is no helm; CI always has it. */
export function needsHelm(test: TestContext): void {
  if (existsSync(HELM)) return;
  test.skip(`not rendered: ${HELM} does not exist (test/conformance/build-oracles.sh helm)`);
}

// Other processes may want the processors, too.
vi.setConfig({ testTimeout: 60_000 });

export type Values = Readonly<Record<string, unknown>>;

/** @throws Error with what helm said */
export function helm(
  args: readonly string[],
  values?: Values,
  environment?: NodeJS.ProcessEnv,
): Promise<string> {
  const env = { ...process.env, KUBECONFIG: '/dev/null', ...environment };
  return new Promise((resolve, reject) => {
    const all = [...args, ...(values === undefined ? [] : ['-f', '-'])];
    const child = execFile(HELM, all, { env }, (error, output, problems) =>
      error === null ? resolve(output) : reject(new Error(problems, { cause: error })),
    );
    child.stdin?.end(JSON.stringify(values ?? {}));
  });
}

const OPTIONS = ['-n', NAMESPACE];

const rendered = new Map<string, Promise<string>>();

/** What `helm install` would send. */
export async function template(values: Values, release = RELEASE): Promise<KubernetesObject[]> {
  const key = JSON.stringify([release, values]);
  const output = rendered.get(key) ?? helm(['template', release, CHART, ...OPTIONS], values);
  rendered.set(key, output);
  return objectsIn(await output);
}

export function objectsIn(text: string): KubernetesObject[] {
  return [...parseAllDocuments(text)]
    .map((document) => document.toJS() as KubernetesObject | null) // what the chart renders are objects
    .filter((object) => object !== null);
}

/** What helm says is wrong with the values; undefined when nothing is. */
export async function refusal(values: Values): Promise<string | undefined> {
  try {
    await template(values);
    return undefined;
  } catch (error) {
    return (error as Error).message; // helm() throws nothing else
  }
}

const NOTES = `apiVersion: v1
kind: ConfigMap
metadata:
  name: notes
data:
  text: {{ include "binnacle.notes" . | toJson }}
`;

/** What `helm install` says at its end; without a cluster helm itself does not say it. */
export async function notes(values: Values): Promise<string> {
  const objects = await template({ ...values, extraDeploy: [NOTES] });
  const found = objects.find(({ metadata }) => metadata.name === 'notes');
  return (found as unknown as { data: { text: string } }).data.text; // the object above
}
