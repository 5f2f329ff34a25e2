// What the cluster has of the objects that a configuration asks for, and what applying them would make of it.
import { Problem } from '../local/problem.ts';
import type { JsonObject, KubernetesObject } from '../objects/index.ts';
import { merged } from './differences.ts';
import { Kubectl, listOf } from './kubectl.ts';
import type { Step } from './plan.ts';

/** Kinds that a change of the configuration may make superfluous. Claims are never among them: they hold data. */
const REMOVABLE = [
  ...['job', 'cronjob', 'service', 'configmap', 'serviceaccount', 'role', 'rolebinding'],
  ...['poddisruptionbudget', 'networkpolicy', 'statefulset'],
];
/** Of operators, which not every cluster has. */
const OPERATORS = ['servicemonitor', 'prometheusrule', 'certificate', 'issuer'];

export interface Look {
  readonly steps: readonly Step[];
  /** By `Kind/name`. */
  readonly live: ReadonlyMap<string, KubernetesObject>;
}

export const keyOfObject = ({ kind, metadata }: KubernetesObject): string =>
  `${kind}/${metadata.name}`;

/** What an object becomes when it is applied, by its key. */
export type Preview = (
  wanted: readonly KubernetesObject[],
  live: ReadonlyMap<string, KubernetesObject>,
) => Promise<ReadonlyMap<string, KubernetesObject>>;

/** The objects that are wanted, as they are now, and those of this cluster that are not wanted any more. */
export async function look(
  kubectl: Kubectl,
  wanted: readonly KubernetesObject[],
  cluster: string,
  preview: Preview = previewByMerging,
): Promise<Look> {
  const live = await present(kubectl, wanted);
  const known = wanted.filter((object) => live.has(keyOfObject(object)));
  const after = await preview(known, live);
  const steps = wanted.map((object): Step => {
    const key = keyOfObject(object);
    return { now: live.get(key), next: after.get(key) ?? object };
  });
  const superfluous = (await owned(kubectl, cluster)).filter(
    (object) => !wanted.some((each) => keyOfObject(each) === keyOfObject(object)),
  );
  return { live, steps: [...steps, ...superfluous.map((now) => ({ now, next: undefined }))] };
}

export async function present(
  kubectl: Kubectl,
  wanted: readonly KubernetesObject[],
): Promise<Map<string, KubernetesObject>> {
  const args = ['get', '--ignore-not-found', '-o', 'json', '-f', '-'];
  const { code, stdout, stderr } = await kubectl.try(args, listOf(wanted));
  if (code !== 0) {
    const kind = /no matches for kind "(?<kind>\w+)"/.exec(stderr)?.groups?.['kind'];
    if (kind !== undefined)
      throw new Problem(
        `The cluster does not know ${kind}: install the operator that brings it, or switch it off in the configuration.`,
      );
    throw new Problem(`kubectl get: ${stderr.trim()}`);
  }
  return objectsIn(stdout);
}

/** What `-o json` prints of none, one or several objects, by key. */
export function objectsIn(output: string): Map<string, KubernetesObject> {
  // Of several objects kubectl prints a List, or one JSON after the other.
  const documents = output.trim() === '' ? [] : output.split(/(?<=^\})\n(?=\{)/m);
  const objects = documents.flatMap((text) => {
    const found = JSON.parse(text) as KubernetesObject & { items?: KubernetesObject[] };
    return found.items ?? [found];
  });
  return new Map(objects.map((object) => [keyOfObject(object), object]));
}

/** Objects that this kit made for the cluster. */
export async function owned(kubectl: Kubectl, cluster: string): Promise<KubernetesObject[]> {
  const labels = `app.kubernetes.io/name=binnacle,app.kubernetes.io/instance=${cluster},app.kubernetes.io/managed-by=Pulumi`;
  const found = await kubectl.list<KubernetesObject>(REMOVABLE.join(','), labels);
  for (const kind of OPERATORS) found.push(...(await kubectl.list<KubernetesObject>(kind, labels)));
  // What a controller made of another object goes with that object.
  return found.filter(({ metadata }) => !('ownerReferences' in metadata));
}

/** Without asking: fields that are wanted are set, all others stay. What is left out from now on is not seen. */
const previewByMerging: Preview = (wanted, live) =>
  Promise.resolve(
    new Map(
      wanted.map((object) => {
        const now = live.get(keyOfObject(object))!;
        const next = merged(now as unknown as JsonObject, object as unknown as JsonObject); // JSON both
        return [keyOfObject(object), keepFixed(now, next as unknown as KubernetesObject)];
      }),
    ),
  );

/** Kubernetes never lets a StatefulSet's claims change; volumes grow through the reconcile job. */
export function keepFixed(
  now: KubernetesObject | undefined,
  wanted: KubernetesObject,
): KubernetesObject {
  if (now === undefined || wanted.kind !== 'StatefulSet') return wanted;
  const claims = (now['spec'] as JsonObject)['volumeClaimTemplates'];
  return { ...wanted, spec: { ...(wanted['spec'] as JsonObject), volumeClaimTemplates: claims } };
}
