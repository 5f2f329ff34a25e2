// Carries a plan out on a real API server, through kubectl, as the provider would: server-side apply, one resource after
// the other, in the order of dependencies.
import { spawnSync } from 'node:child_process';
import { describeChange, type Change, type Plan } from './diff.ts';
import type { Registration } from './capture.ts';

/** As the provider signs. */
const FIELD_MANAGER = 'pulumi-kubernetes';

export interface ApplyOptions {
  readonly log: (line: string) => void;
  /** Tests stand in for the program. */
  readonly kubectl?: Kubectl;
}

/** @throws Error with kubectl's own words */
export type Kubectl = (args: readonly string[], input?: string) => string;

export function applyPlan({ changes }: Plan, { log, kubectl = runKubectl }: ApplyOptions): void {
  const late: Registration[] = [];
  for (const change of changes) {
    if (!isObject(change.resource) || change.kind === 'same') continue;
    log(describeChange(change));
    const removed = applyChange(change, kubectl);
    if (removed !== undefined) late.push(removed);
  }
  for (const resource of late) remove(resource, kubectl);
}

/** @returns what is to be deleted once all else is done */
function applyChange(
  { kind, resource, previous }: Change,
  kubectl: Kubectl,
): Registration | undefined {
  switch (kind) {
    case 'create':
      create(resource, kubectl);
      return undefined;
    case 'update':
      apply(resource, kubectl);
      return undefined;
    case 'replace':
      if (previous === undefined) throw new Error('what is replaced was there before');
      // Two objects cannot have one name.
      if (idOf(previous) === idOf(resource)) remove(previous, kubectl);
      create(resource, kubectl);
      return idOf(previous) === idOf(resource) ? undefined : previous;
    case 'delete':
      return resource;
    default:
      return undefined;
  }
}

/** Components, providers and images are not the API server's. */
function isObject({ isCustom, type }: Registration): boolean {
  return (
    isCustom && type.startsWith('kubernetes:') && !type.startsWith('kubernetes:core/v1:Provider')
  );
}

interface Metadata {
  readonly name: string;
  readonly namespace: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** Every object of the kit has both names. */
const metadataOf = ({ inputs }: Registration): Metadata => inputs['metadata'] as Metadata;

function idOf(resource: Registration): string {
  const { namespace, name } = metadataOf(resource);
  return `${namespace}/${name}`;
}

/** The provider refuses to take over what somebody else has made. */
function create(resource: Registration, kubectl: Kubectl): void {
  const { namespace, name } = metadataOf(resource);
  const kind = kindOf(resource);
  const found = kubectl(['get', kind, name, '-n', namespace, '--ignore-not-found', '-o', 'name']);
  if (found.trim() !== '') throw new Error(`${kind} ${namespace}/${name} already exists`);
  apply(resource, kubectl);
}

function apply(resource: Registration, kubectl: Kubectl): void {
  const { annotations } = metadataOf(resource);
  const force = annotations?.['pulumi.com/patchForce'] === 'true' ? ['--force-conflicts'] : [];
  const args = ['apply', '--server-side', `--field-manager=${FIELD_MANAGER}`, ...force, '-f', '-'];
  kubectl(args, JSON.stringify(manifestOf(resource)));
}

function remove(resource: Registration, kubectl: Kubectl): void {
  const { namespace, name } = metadataOf(resource);
  kubectl(['delete', kindOf(resource), name, '-n', namespace, '--ignore-not-found', '--wait=true']);
}

export function manifestOf({ type, inputs }: Registration): Record<string, unknown> {
  const [, apiVersion = '', kind = ''] = type.split(':');
  return { apiVersion: apiVersion.replace(/^core\//, ''), kind, ...inputs };
}

/** As kubectl tells kinds of one name apart: kind.version.group. */
function kindOf(resource: Registration): string {
  const { apiVersion, kind } = manifestOf(resource) as { apiVersion: string; kind: string }; // made there
  const [group, version] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion];
  return group === '' ? kind : `${kind}.${version}.${group}`;
}

function runKubectl(args: readonly string[], input?: string): string {
  const { error, status, stdout, stderr } = spawnSync('kubectl', args, {
    encoding: 'utf8',
    input: input ?? '',
    maxBuffer: 2 ** 26,
  });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr.trim()}`);
  return stdout;
}
