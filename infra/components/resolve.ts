// From arguments, parts of which may be outputs of other resources, to objects. Which objects there are follows from what
// is plain; what is in them may have to wait.
import * as pulumi from '@pulumi/pulumi';
import { checkConfig, clusterShape, type ClusterConfig } from '../config.ts';
import {
  keyOf,
  makersOf,
  type Groups,
  type Kit,
  type KubernetesObject,
  type Maker,
} from '../objects/index.ts';
import type { ClusterArgs } from './args.ts';

/** An object whose contents may not be known yet. */
export interface PendingObject {
  readonly key: string;
  /** What is certain of it: kind, name, and which sections it has. */
  readonly outline: KubernetesObject;
  readonly object: pulumi.Input<KubernetesObject>;
}

export interface ResolvedCluster {
  /** Right in all that decides which objects there are; defaults stand where an output will be. */
  readonly structure: ClusterConfig;
  readonly kit: pulumi.Output<Kit>;
  readonly groups: Groups<PendingObject>;
}

/** The namespace that every Kubernetes cluster has. */
export const DEFAULT_NAMESPACE = 'default';

/**
 * @throws pulumi.InputPropertiesError with all that is wrong, as far as it is known before anything is deployed; what is
 * wrong in an output fails the deployment when it is known
 */
export function resolveCluster(
  args: ClusterArgs,
  namespace: pulumi.Input<string> = DEFAULT_NAMESPACE,
): ResolvedCluster {
  if (!hasOutput(args) && !hasOutput(namespace)) {
    const kit = kitOf(parse(args), namespace as string); // no output, so it is text
    const groups = mapMakers(kit, (make) => pendingOf(kit, make(kit)));
    return { structure: kit.config, kit: pulumi.output(kit), groups };
  }
  const structure = parseShape(withoutOutputs(args));
  const kit = pulumi
    .all([pulumi.output(args), namespace])
    .apply(([plain, where]) => kitOf(parse(plain), where));
  const outline = kitOf(structure, DEFAULT_NAMESPACE);
  const groups = mapMakers(outline, (make) => waitingOf(outline, make, args, namespace));
  return { structure, kit, groups };
}

function pendingOf({ config }: Kit, objects: readonly KubernetesObject[]): PendingObject[] {
  return objects.map((object) => ({ key: keyOf(object, config.name), outline: object, object }));
}

/**
 * Objects that wait for the sections of the configuration that they are made from, and for no others: the members must
 * not depend on a bucket that only backups use, or be replaced with it.
 */
function waitingOf(
  outline: Kit,
  make: Maker,
  args: ClusterArgs,
  namespace: pulumi.Input<string>,
): PendingObject[] {
  const used = new Set<string>();
  const watched = new Proxy(outline.config, {
    get: (config, section: keyof ClusterConfig) => {
      used.add(section);
      return config[section];
    },
  });
  const objects = make({ ...outline, config: watched });
  const part = Object.fromEntries(Object.entries(args).filter(([section]) => used.has(section)));
  const made = pulumi
    .all([pulumi.output(part), namespace])
    .apply(([plain, where]) => make(kitOf(parseShape(plain), where)));
  return pendingOf(outline, objects).map((pending, index) => ({
    ...pending,
    object: made.apply((each) => each[index]!),
  }));
}

function kitOf(config: ClusterConfig, namespace: string): Kit {
  return { config, namespace, managedBy: 'Pulumi' };
}

function mapMakers(
  { config }: Kit,
  map: (make: Maker) => readonly PendingObject[],
): Groups<PendingObject> {
  const { cluster, certificates, backup, monitoring } = makersOf(config);
  return {
    cluster: cluster.flatMap(map),
    certificates: certificates.flatMap(map),
    backup: backup.flatMap(map),
    monitoring: monitoring.flatMap(map),
  };
}

function parse(args: unknown): ClusterConfig {
  const result = checkConfig(args);
  if (result.success) return result.data;
  throw refusal(result.error.issues);
}

/** Without the checks of keys against each other, some of which may be outputs. */
function parseShape(args: unknown): ClusterConfig {
  const result = clusterShape.safeParse(args);
  if (result.success) return result.data;
  throw refusal(result.error.issues);
}

function refusal(
  issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[],
): Error {
  const errors = issues.map(({ path, message }) => ({
    propertyPath: path.map(String).join('.'),
    reason: message,
  }));
  const lines = errors.map(({ propertyPath, reason }) => `  ${propertyPath}: ${reason}`);
  return new pulumi.InputPropertiesError({
    message: `The cluster cannot be deployed like this:\n${lines.join('\n')}`,
    errors,
  });
}

const isOutput = (value: unknown): boolean =>
  pulumi.Output.isInstance(value) || value instanceof Promise;

/** Whether anything in it is an output or a promise. */
function hasOutput(value: unknown): boolean {
  if (isOutput(value)) return true;
  if (typeof value !== 'object' || value === null) return false;
  return Object.values(value).some(hasOutput);
}

/** What is plain of it: keys are left out whose values wait, and lists in which one does. */
function withoutOutputs(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value).filter(([, each]) => {
    const isLeaf = isOutput(each) || Array.isArray(each);
    return (each ?? null) !== null && !(isLeaf && hasOutput(each));
  });
  return Object.fromEntries(entries.map(([key, each]) => [key, withoutOutputs(each)]));
}
