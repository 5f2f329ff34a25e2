// Which path of the API a kind of object has.
import type {
  ConfigMap,
  CoreEvent,
  KubernetesObject,
  PersistentVolumeClaim,
  Pod,
  Secret,
  StatefulSet,
} from './types.ts';

/** A kind of namespaced object. `T` is the shape that its JSON has. */
export interface Resource<T extends KubernetesObject> {
  /** '' for the core group. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  /** The plural, as in the path. */
  readonly plural: string;
  /** Only there to tie T to the resource; never set. */
  readonly shape?: T;
}

/** Any other kind: `resource<Certificate>('cert-manager.io', 'v1', 'Certificate', 'certificates')`. */
export function resource<T extends KubernetesObject>(
  group: string,
  version: string,
  kind: string,
  plural: string,
): Resource<T> {
  return { group, version, kind, plural };
}

export const CONFIG_MAPS = resource<ConfigMap>('', 'v1', 'ConfigMap', 'configmaps');
export const SECRETS = resource<Secret>('', 'v1', 'Secret', 'secrets');
export const PODS = resource<Pod>('', 'v1', 'Pod', 'pods');
export const EVENTS = resource<CoreEvent>('', 'v1', 'Event', 'events');
export const PERSISTENT_VOLUME_CLAIMS = resource<PersistentVolumeClaim>(
  '',
  'v1',
  'PersistentVolumeClaim',
  'persistentvolumeclaims',
);
export const STATEFUL_SETS = resource<StatefulSet>('apps', 'v1', 'StatefulSet', 'statefulsets');

/** The path of a resource's collection in a namespace. */
export function collectionPath(
  { group, version, plural }: Resource<KubernetesObject>,
  namespace: string,
): string {
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  return `${root}/namespaces/${encodeURIComponent(namespace)}/${plural}`;
}
