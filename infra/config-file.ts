// cluster.yaml: read, checked, and explained when something is wrong with it.
import { isMap, isScalar, LineCounter, parseDocument, type Document } from 'yaml';
import type { z } from 'zod';
import { checkConfig, clusterSchema, type ClusterConfig } from './config.ts';

/** What a new user finds: everything that means something on one machine, with its default. */
export const CLUSTER_TEMPLATE = `# The cluster that \`npm start\` runs. Edit it while the cluster runs: it is read again when you save.

# Names the cluster in its certificates. Fixed once the cluster exists.
name: binnacle

# 3 members survive the loss of one, 5 of two. Change the number at any time: members join as learners and are promoted
# when they have caught up, or are removed from the cluster before they stop.
members: 3

tls:
  mode: mutual # every client and member shows a certificate; "plain" is HTTP without. Fixed once the cluster exists.
  caLifetimeDays: 3650
  certificateLifetimeDays: 365 # renewed without a restart when a third of it is left
  extraSans: [] # more names and addresses for the members' certificates, such as [etcd.example.com, 10.0.0.5]

storage:
  quota: 2GiB # a member takes no more writes when its database is this large

autoCompaction:
  mode: none # "periodic" keeps the history of a time, "revision" that of a number of revisions
  # retention: 1h # with revision: a number, such as 1000

# Where the members listen on this machine. Fixed once the cluster exists.
local:
  host: 127.0.0.1
  clientPort: 2379 # m1 takes 2379, m2 2389, m3 2399, …
  peerPort: 2380 # m1 takes 2380, m2 2390, m3 2400, …
`;

/** cluster.yaml is wrong. The message names file, line, path, what is wrong and what to write instead. */
export class ConfigFileError extends Error {
  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.name = 'ConfigFileError';
  }
}

/** Keys of the file that only Kubernetes gives a meaning to. */
const KUBERNETES_KEYS: readonly string[][] = [
  ...['image', 'resources', 'placement', 'disruptionBudget', 'service', 'backup', 'monitoring'],
  ...['networkPolicy', 'storage.size', 'storage.templateSize', 'storage.class', 'tls.issuer'],
  ...['tls.caGeneration', 'tls.renewal', 'tls.clusterDomain', 'tls.certManager', 'tls.provided'],
].map((path) => path.split('.'));

/** Those keys of a valid file that a cluster on one machine takes no notice of. */
export function keysForKubernetes(text: string): string[] {
  const document = parseDocument(text, { logLevel: 'error' });
  return KUBERNETES_KEYS.filter((path) => (document.getIn(path) ?? null) !== null).map((path) =>
    path.join('.'),
  );
}

/**
 * @param path the file, as the messages should name it
 * @throws ConfigFileError when the text does not describe a cluster
 */
export function parseClusterConfig(text: string, path: string): ClusterConfig {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    logLevel: 'error',
  });
  if (document.errors.length > 0) {
    throw new ConfigFileError(
      document.errors.map((error) => {
        const { line, col } = lines.linePos(error.pos[0]);
        return `${path}:${line}:${col}: is not valid YAML: ${error.message}`;
      }),
    );
  }
  const parsed = checkConfig(valueOf(document, path));
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.flatMap((issue) => explain(issue, document, lines, path));
  throw new ConfigFileError(problems);
}

/** @throws ConfigFileError for aliases that lead nowhere, or that blow a small file up */
function valueOf(document: Document, path: string): unknown {
  try {
    return document.toJS();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConfigFileError([`${path}: is not valid YAML: ${reason}`]);
  }
}

function explain(
  issue: z.core.$ZodIssue,
  document: Document,
  lines: LineCounter,
  path: string,
): string[] {
  const at = issue.path as (string | number)[]; // YAML has no symbols
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const where = positionOf(document, lines, [...at, key]);
      return `${path}${where}: ${[...at, key].join('.')}: is not a key that anything reads; ${suggestion(key, at)}`;
    });
  }
  const value: unknown = document.getIn(at);
  const shown = value === undefined || isMap(value) ? '' : ` (it is ${JSON.stringify(value)})`;
  const name = at.length === 0 ? 'the file' : at.join('.');
  return [`${path}${positionOf(document, lines, at)}: ${name}: ${issue.message}${shown}`];
}

/** `:line:column` of a key's value, or of the nearest thing above it that is in the file. */
export function positionOf(
  document: Document,
  lines: LineCounter,
  at: readonly (string | number)[],
): string {
  for (let depth = at.length; depth > 0; depth--) {
    const parent: unknown =
      depth === 1 ? document.contents : document.getIn(at.slice(0, depth - 1), true);
    const key = at[depth - 1];
    const pair = isMap(parent)
      ? parent.items.find((item) => isScalar(item.key) && item.key.value === key)
      : undefined;
    const node: unknown = pair?.key ?? document.getIn(at.slice(0, depth), true);
    const range = rangeOf(node);
    if (range === undefined) continue;
    const { line, col } = lines.linePos(range);
    return `:${line}:${col}`;
  }
  return '';
}

function rangeOf(node: unknown): number | undefined {
  if (typeof node !== 'object' || node === null || !('range' in node)) return undefined;
  return Array.isArray(node.range) ? Number(node.range[0]) : undefined;
}

/** The line of a key in a file that is valid, for messages about its meaning; 0 when it is left to its default. */
export function lineOfKey(text: string, at: readonly string[]): number {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const range = rangeOf(document.getIn(at, true));
  return range === undefined ? 0 : lines.linePos(range).line;
}

function suggestion(key: string, parent: readonly (string | number)[]): string {
  const known = knownKeys(parent);
  const closest = known.find((each) => distance(each.toLowerCase(), key.toLowerCase()) <= 2);
  if (closest !== undefined) return `write ${closest} if you mean that`;
  return `remove it, or use one of ${known.join(', ')}`;
}

function knownKeys(parent: readonly (string | number)[]): string[] {
  let at: z.core.$ZodType | undefined = clusterSchema;
  for (const key of parent) at = shapeOf(at)[key];
  return Object.keys(shapeOf(at));
}

/** The keys of a section; those of a list's entries for a list. */
function shapeOf(schema: z.core.$ZodType | undefined): Readonly<Record<string, z.core.$ZodType>> {
  const definition = (schema as z.core.$ZodTypes | undefined)?._zod.def; // every schema is one of them
  switch (definition?.type) {
    case 'object':
      return definition.shape;
    case 'default':
    case 'prefault':
    case 'optional':
      return shapeOf(definition.innerType);
    case 'array':
      return { ...shapeOf(definition.element), 0: definition.element };
    default:
      return {};
  }
}

/** Levenshtein's distance. */
function distance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      current.push(Math.min(replaced, previous[j]! + 1, current[j - 1]! + 1));
    }
    previous = current;
  }
  return previous[b.length]!;
}
