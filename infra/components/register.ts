// Objects become resources of Pulumi, with what its Kubernetes provider has to know about each kind.
import kubernetes from '@pulumi/kubernetes';
import * as pulumi from '@pulumi/pulumi';
import type { KubernetesObject } from '../objects/index.ts';
import { aliasesOf } from './aliases.ts';
import type { PendingObject } from './resolve.ts';

/** The constructors differ in the types of their arguments alone, and those the API server checks. */
type ObjectClass = new (
  name: string,
  args: pulumi.Inputs,
  options: pulumi.CustomResourceOptions,
) => pulumi.CustomResource;

const { core, apps, batch, policy, networking, rbac } = kubernetes;

/** Lazily: the SDK loads a module for each class that is named. */
const CLASSES: Readonly<Record<string, () => unknown>> = {
  ServiceAccount: () => core.v1.ServiceAccount,
  Role: () => rbac.v1.Role,
  RoleBinding: () => rbac.v1.RoleBinding,
  ConfigMap: () => core.v1.ConfigMap,
  Service: () => core.v1.Service,
  PersistentVolumeClaim: () => core.v1.PersistentVolumeClaim,
  StatefulSet: () => apps.v1.StatefulSet,
  Job: () => batch.v1.Job,
  CronJob: () => batch.v1.CronJob,
  PodDisruptionBudget: () => policy.v1.PodDisruptionBudget,
  NetworkPolicy: () => networking.v1.NetworkPolicy,
};

interface KindOptions {
  readonly options?: pulumi.CustomResourceOptions;
  /** Words to the provider. */
  readonly annotations?: Readonly<Record<string, string>>;
}

const KINDS: Readonly<Record<string, KindOptions>> = {
  StatefulSet: {
    options: {
      // Kubernetes never lets it change, and the provider would replace the StatefulSet, which stops every member.
      // Volumes grow through the reconcile job.
      ignoreChanges: ['spec.volumeClaimTemplates'],
      // A rolling update takes members one by one, and each catches up before the next.
      customTimeouts: { create: '20m', update: '40m' },
    },
    // The configuration has the last word on what others have set meanwhile, such as replicas with `kubectl scale`.
    annotations: { 'pulumi.com/patchForce': 'true' },
  },
  Job: {
    options: { customTimeouts: { create: '20m' } },
    // One that has failed for good is made again by the next deployment.
    annotations: { 'pulumi.com/replaceUnready': 'true' },
  },
  PersistentVolumeClaim: {
    // Backups outlive the cluster; and a claim is never replaced by an empty one.
    options: {
      retainOnDelete: true,
      ignoreChanges: ['spec.storageClassName', 'spec.accessModes', 'spec.volumeName'],
    },
    // Many classes bind a volume only to the first pod, which is that of the first backup.
    annotations: { 'pulumi.com/skipAwait': 'true' },
  },
};

export interface RegisterOptions {
  readonly parent: pulumi.ComponentResource;
  /** Of the component, and so of the resources' names. */
  readonly name: string;
  readonly dependsOn?: readonly pulumi.Resource[];
}

/** @returns the resource, under a name that follows from the object's key alone */
export function register(
  pending: PendingObject,
  { parent, name, dependsOn = [] }: RegisterOptions,
): pulumi.CustomResource {
  const { key, outline } = pending;
  const { kind, apiVersion } = outline;
  const special = KINDS[kind] ?? {};
  const body = pulumi.output(pending.object).apply((object) => annotated(object, special));
  const args = sectionsOf(pending, body);
  const options: pulumi.CustomResourceOptions = {
    parent,
    dependsOn: [...dependsOn],
    aliases: aliasesOf(key, name),
    ...special.options,
  };
  const known = CLASSES[kind];
  const resourceName = `${name}-${key}`;
  if (known === undefined)
    return new kubernetes.apiextensions.CustomResource(
      resourceName,
      { ...args, apiVersion, kind },
      options,
    );
  const Class = known() as ObjectClass; // see there
  return new Class(resourceName, args, options);
}

/** What runs comes after what it runs with: accounts, rights, volumes. */
export function registerInOrder(
  objects: readonly PendingObject[],
  options: RegisterOptions,
): { readonly kind: string; readonly resource: pulumi.CustomResource }[] {
  const isJob = ({ outline: { kind } }: PendingObject): boolean =>
    kind === 'Job' || kind === 'CronJob';
  const make = (pending: PendingObject, dependsOn: readonly pulumi.Resource[]) => ({
    kind: pending.outline.kind,
    resource: register(pending, { ...options, dependsOn }),
  });
  const before = objects.filter((each) => !isJob(each)).map((each) => make(each, []));
  const needed = before.map(({ resource }) => resource);
  return [...before, ...objects.filter(isJob).map((each) => make(each, needed))];
}

function annotated(object: KubernetesObject, { annotations }: KindOptions): KubernetesObject {
  if (annotations === undefined) return object;
  const { metadata } = object;
  return {
    ...object,
    metadata: { ...metadata, annotations: { ...metadata.annotations, ...annotations } },
  };
}

/** The arguments of the resource, one output each: metadata, spec, data, … */
function sectionsOf(
  { outline }: PendingObject,
  body: pulumi.Output<KubernetesObject>,
): Record<string, pulumi.Output<unknown>> {
  const sections = Object.keys(outline).filter((key) => key !== 'apiVersion' && key !== 'kind');
  return Object.fromEntries(
    sections.map((section) => [section, body.apply((each) => each[section])]),
  );
}
