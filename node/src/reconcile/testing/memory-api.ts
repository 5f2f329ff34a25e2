// The objects of a namespace in memory, with versions and conflicts as the API server has them. A write may be made to
// be the job's last: the process dies just before it, or just after.
import {
  KubernetesError,
  type KubernetesObject,
  type ObjectName,
  type PatchKind,
  type Resource,
} from '../../kubernetes/index.ts';
import type { Api } from '../objects.ts';

export class Crash extends Error {}

export interface Asked {
  readonly verb: 'get' | 'create' | 'update' | 'patch';
  readonly group: string;
  readonly plural: string;
  readonly name: string;
}

export class MemoryApi implements Api {
  readonly asked: Asked[] = [];
  /** Called after each write. */
  onWrite: () => void = () => {};
  /** Writes until the crash; undefined: none. */
  crash: { writesLeft: number; isAfterwards: boolean } | undefined;
  private readonly objects = new Map<string, KubernetesObject>();
  private version = 0;

  find<T extends KubernetesObject>(of: Resource<T>, { name }: ObjectName): Promise<T | undefined> {
    this.note('get', of, name);
    return Promise.resolve(this.peek(of, name));
  }

  create<T extends KubernetesObject>(of: Resource<T>, object: T): Promise<T> {
    const name = object.metadata.name ?? '';
    this.note('create', of, name);
    return this.write(() => {
      if (this.objects.has(keyOf(of, name)))
        throw new KubernetesError(409, 'AlreadyExists', name, 'create');
      return this.put(of, object);
    });
  }

  replace<T extends KubernetesObject>(of: Resource<T>, object: T): Promise<T> {
    const name = object.metadata.name ?? '';
    this.note('update', of, name);
    return this.write(() => {
      const before = this.peek(of, name);
      if (before === undefined) throw new KubernetesError(404, 'NotFound', name, 'replace');
      if (before.metadata.resourceVersion !== object.metadata.resourceVersion)
        throw new KubernetesError(409, 'Conflict', name, 'replace');
      return this.put(of, object);
    });
  }

  patch<T extends KubernetesObject>(
    of: Resource<T>,
    { name }: ObjectName,
    _kind: PatchKind,
    body: object,
  ): Promise<T> {
    this.note('patch', of, name);
    return this.write(() => {
      const before = this.peek(of, name);
      if (before === undefined) throw new KubernetesError(404, 'NotFound', name, 'patch');
      return this.put(of, merged(before, body) as T); // an object stays an object
    });
  }

  peek<T extends KubernetesObject>(of: Resource<T>, name: string): T | undefined {
    return this.objects.get(keyOf(of, name)) as T | undefined; // put stored it under its resource
  }

  put<T extends KubernetesObject>(of: Resource<T>, object: T): T {
    const resourceVersion = `${++this.version}`;
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion } };
    this.objects.set(keyOf(of, object.metadata.name ?? ''), stored);
    return stored;
  }

  remove(of: Resource<KubernetesObject>, name: string): void {
    this.objects.delete(keyOf(of, name));
  }

  private note(verb: Asked['verb'], { group, plural }: Resource<KubernetesObject>, name: string) {
    this.asked.push({ verb, group, plural, name });
  }

  private write<T>(change: () => T): Promise<T> {
    const dies = this.crash !== undefined && this.crash.writesLeft-- <= 0 ? this.crash : undefined;
    if (dies !== undefined) this.crash = undefined;
    if (dies?.isAfterwards === false) return Promise.reject(new Crash());
    try {
      const result = change();
      this.onWrite();
      return dies === undefined ? Promise.resolve(result) : Promise.reject(new Crash());
    } catch (error) {
      return Promise.reject(error as Error); // only Errors are thrown above
    }
  }
}

function keyOf({ plural }: Resource<KubernetesObject>, name: string): string {
  return `${plural}/${name}`;
}

/** RFC 7396, without lists. */
function merged(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null) return patch;
  const result: Record<string, unknown> =
    typeof target === 'object' && target !== null ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) result[key] = merged(result[key], value);
  return result;
}
