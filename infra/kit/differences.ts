// What is different between two states of an object, field by field. Pure.
import type { Json, JsonObject, KubernetesObject } from '../objects/index.ts';

export interface FieldChange {
  /** As `spec.template.spec.containers[binnacle].image`; inside of JSON in a ConfigMap, `data.kit.json › members`. */
  readonly path: string;
  /** Undefined: it was not there. */
  readonly from: Json | undefined;
  /** Undefined: it goes away. */
  readonly to: Json | undefined;
}

/** Kept by the API server, or words of one tool to itself. */
const NOISE = new Set([
  'metadata.creationTimestamp',
  'metadata.generation',
  'metadata.managedFields',
  'metadata.resourceVersion',
  'metadata.uid',
  'metadata.annotations.kubectl\\.kubernetes\\.io/last-applied-configuration',
  'status',
]);

export function differences(from: KubernetesObject, to: KubernetesObject): FieldChange[] {
  const found: FieldChange[] = [];
  compare(from as unknown as Json, to as unknown as Json, '', found); // objects of the API are JSON
  return found;
}

function compare(
  from: Json | undefined,
  to: Json | undefined,
  path: string,
  found: FieldChange[],
): void {
  if (NOISE.has(path)) return;
  if (isObject(from) && isObject(to)) {
    for (const key of new Set([...Object.keys(from), ...Object.keys(to)]))
      compare(from[key], to[key], joined(path, key), found);
    return;
  }
  if (isList(from) && isList(to)) return compareLists(from, to, path, found);
  if (from === to || JSON.stringify(from) === JSON.stringify(to)) return;
  const [inner, other] = [jsonIn(from), jsonIn(to)];
  if (inner !== undefined && other !== undefined) {
    const changes: FieldChange[] = [];
    compare(inner, other, '', changes);
    found.push(
      ...changes.map((change) => ({ ...change, path: `${unescaped(path)} › ${change.path}` })),
    );
    return;
  }
  found.push({ path: unescaped(path), from, to });
}

/** Entries with names are told apart by them, others by their place. */
function compareLists(
  from: readonly Json[],
  to: readonly Json[],
  path: string,
  found: FieldChange[],
): void {
  const [before, after] = [keyed(from), keyed(to)];
  for (const key of new Set([...before.keys(), ...after.keys()]))
    compare(before.get(key), after.get(key), `${path}[${key}]`, found);
}

function keyed(list: readonly Json[]): Map<string, Json> {
  const names = list.map((entry) => (isObject(entry) ? entry['name'] : undefined));
  const hasNames =
    names.every((name) => typeof name === 'string') && new Set(names).size === names.length;
  return new Map(list.map((entry, i) => [hasNames ? String(names[i]) : String(i), entry]));
}

/** `over` wins; what only `base` has stays, as the API server's defaults do. Lists are replaced, entry by entry alike. */
export function merged(base: Json | undefined, over: Json): Json {
  if (isObject(base) && isObject(over))
    return {
      ...base,
      ...Object.fromEntries(
        Object.entries(over).map(([key, value]) => [key, merged(base[key], value)]),
      ),
    };
  if (isList(base) && isList(over)) {
    const before = keyed(base);
    return [...keyed(over)].map(([key, value]) => merged(before.get(key), value));
  }
  return over;
}

const joined = (path: string, key: string): string => {
  const escaped = key.replaceAll('.', '\\.');
  return path === '' ? escaped : `${path}.${escaped}`;
};

const unescaped = (path: string): string => path.replaceAll('\\.', '.');

const isList = (value: Json | undefined): value is readonly Json[] => Array.isArray(value);

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What text holds that is an object in JSON. */
function jsonIn(value: Json | undefined): Json | undefined {
  if (typeof value !== 'string' || !value.startsWith('{')) return undefined;
  try {
    return JSON.parse(value) as Json;
  } catch {
    return undefined;
  }
}
