// What a second deployment would do, as the engine and the Kubernetes provider would decide it.
import { isDeepStrictEqual } from 'node:util';
import type { Registration } from './capture.ts';
import { replacingPaths } from './replacement.ts';

export interface Change {
  /** `retain`: it is forgotten, and stays in the cluster. */
  readonly kind: 'create' | 'update' | 'replace' | 'delete' | 'retain' | 'same';
  readonly resource: Registration;
  /** As it was deployed before; undefined for `create`. */
  readonly previous: Registration | undefined;
  /** Paths of inputs that differ. */
  readonly paths: readonly string[];
  /** Those of them because of which it is replaced. */
  readonly replacing: readonly string[];
}

export interface Plan {
  /** In the order of the program, then what is deleted, the last first. */
  readonly changes: readonly Change[];
  /** What is deployed afterwards: ignored changes are undone. */
  readonly state: readonly Registration[];
}

export function planOf(previous: readonly Registration[], next: readonly Registration[]): Plan {
  const claimed = new Set<string>();
  const changes: Change[] = [];
  const state: Registration[] = [];
  for (const wanted of next) {
    const before = find(previous, wanted);
    if (before !== undefined) claimed.add(before.urn);
    const resource = before === undefined ? wanted : withIgnored(before, wanted);
    state.push(resource);
    changes.push(changeOf(before, resource, next));
  }
  const gone = previous.filter(({ urn }) => !claimed.has(urn)).toReversed();
  for (const resource of gone)
    changes.push({
      kind: resource.retainOnDelete ? 'retain' : 'delete',
      resource,
      previous: resource,
      paths: [],
      replacing: [],
    });
  return { changes, state };
}

/** By its URN, or by that which one of its aliases gives. */
function find(previous: readonly Registration[], wanted: Registration): Registration | undefined {
  const urns = [wanted.name, ...wanted.aliases].map((name) => {
    const end = wanted.urn.length - wanted.name.length;
    return wanted.urn.slice(0, end) + name;
  });
  return previous.find(({ urn }) => urns.includes(urn));
}

function changeOf(
  before: Registration | undefined,
  resource: Registration,
  all: readonly Registration[],
): Change {
  if (before === undefined)
    return { kind: 'create', resource, previous: undefined, paths: [], replacing: [] };
  const paths = differences(before.inputs, resource.inputs);
  const provider = all.find(({ urn }) => urn === providerUrn(resource));
  const isReplacing = (path: string) =>
    replacingPaths(resource, provider).some((each) => isWithin(path, each));
  const replacing = paths.filter(isReplacing);
  if (providerUrn(before) !== providerUrn(resource)) replacing.push('provider');
  const kind = replacing.length > 0 ? 'replace' : paths.length > 0 ? 'update' : 'same';
  return { kind, resource, previous: before, paths, replacing };
}

/** `urn:…::name` of `urn:…::name::id`. */
function providerUrn({ provider }: Registration): string {
  return provider.split('::').slice(0, 4).join('::');
}

const isWithin = (path: string, parent: string): boolean =>
  path === parent || path.startsWith(`${parent}.`) || path.startsWith(`${parent}[`);

function withIgnored(before: Registration, wanted: Registration): Registration {
  let { inputs } = wanted;
  for (const path of wanted.ignoreChanges)
    inputs = replaced(inputs, path.split('.'), before.inputs) as typeof inputs; // an object stays one
  return { ...wanted, inputs };
}

/** The value with what `from` has at the path, or without it where that has nothing. */
function replaced(value: unknown, [key, ...rest]: readonly string[], from: unknown): unknown {
  if (key === undefined) return from;
  if (typeof value !== 'object' || value === null) return value;
  const source = (from as Record<string, unknown> | undefined)?.[key];
  const { [key]: own, ...others } = value as Record<string, unknown>; // an object, as its path says
  const result = rest.length === 0 ? source : replaced(own, rest, source);
  return result === undefined ? others : { ...others, [key]: result };
}

/** Paths of the leaves that differ; a whole list where its length does. */
export function differences(before: unknown, after: unknown, path = ''): string[] {
  if (isDeepStrictEqual(before, after)) return [];
  if (isObject(before) && isObject(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return keys.flatMap((key) =>
      differences(before[key], after[key], path === '' ? key : `${path}.${key}`),
    );
  }
  if (Array.isArray(before) && Array.isArray(after) && before.length === after.length)
    return before.flatMap((each, index) => differences(each, after[index], `${path}[${index}]`));
  return [path];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What must never happen to a cluster that holds data: one line each. */
export function dangersOf({ changes }: Plan): string[] {
  return changes
    .filter(({ resource, kind }) => {
      const holdsData = /:(StatefulSet|PersistentVolumeClaim)$/.test(resource.type);
      return holdsData && (kind === 'replace' || kind === 'delete');
    })
    .map(
      ({ resource, kind, replacing }) =>
        `${resource.name} would be ${kind === 'replace' ? `replaced because of ${replacing.join(', ')}` : 'deleted'}, which stops members or loses data`,
    );
}

/** For people: `~ update StatefulSet e/binnacle (spec.replicas)`. */
export function describeChange({ kind, resource, paths, replacing }: Change): string {
  const sign = { create: '+', update: '~', replace: '±', delete: '-', retain: '?', same: '=' }[
    kind
  ];
  const { metadata } = resource.inputs as { metadata?: { namespace?: string; name?: string } };
  const word = resource.type.split(':').at(-1);
  const where =
    metadata?.name === undefined ? resource.name : `${metadata.namespace}/${metadata.name}`;
  const why = kind === 'replace' ? replacing : paths;
  return `${sign} ${kind} ${word} ${where}${why.length === 0 ? '' : ` (${why.join(', ')})`}`;
}
