// A small client of the Kubernetes API: the seven verbs for any namespaced kind, as plain JSON
// (Kubernetes API conventions; decision 015 says why it is not the official client).
import { podAccess, type Access, type Credentials, type PodAccessOptions } from './access.ts';
import { KubernetesError, errorFromAnswer, isKubernetesError } from './errors.ts';
import { ApiConnection } from './http.ts';
import { collectionPath, type Resource } from './resources.ts';
import type { KubernetesObject } from './types.ts';

const DEFAULT_TIMEOUT_MS = 10_000;
const PAGE_SIZE = 500;
const CONFLICT_RETRIES = 5;

export interface ObjectName {
  readonly namespace: string;
  readonly name: string;
}

export interface ListOptions {
  readonly namespace: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

export interface DeleteOptions {
  readonly propagationPolicy?: 'Orphan' | 'Background' | 'Foreground';
  /** Deletes only this very object, and not one that has taken its name since. */
  readonly uid?: string;
}

/** How a patch is meant: RFC 7396, RFC 6902, or Kubernetes' own way of merging lists. */
export type PatchKind = 'merge' | 'json' | 'strategic';

const PATCH_TYPES: Readonly<Record<PatchKind, string>> = {
  merge: 'application/merge-patch+json',
  json: 'application/json-patch+json',
  strategic: 'application/strategic-merge-patch+json',
};

export interface ApiOptions extends Credentials {
  readonly server: string;
  readonly timeoutMs?: number;
}

/** All methods reject with KubernetesError. */
export class KubernetesApi {
  private readonly connection: ApiConnection;
  private readonly timeoutMs: number;

  constructor(access: Access, timeoutMs: number = DEFAULT_TIMEOUT_MS) {
    this.connection = new ApiConnection(access);
    this.timeoutMs = timeoutMs;
  }

  /** As the service account of the pod that this process runs in. @throws KubernetesError (NotInCluster) */
  static fromPod(options?: PodAccessOptions, timeoutMs?: number): KubernetesApi {
    return new KubernetesApi(podAccess(options), timeoutMs);
  }

  /** With credentials that stay as they are. */
  static fromOptions({ server, timeoutMs, ...credentials }: ApiOptions): KubernetesApi {
    return new KubernetesApi(
      { server, credentials: () => Promise.resolve(credentials) },
      timeoutMs,
    );
  }

  async get<T extends KubernetesObject>(of: Resource<T>, name: ObjectName): Promise<T> {
    return this.ask<T>('GET', of, name);
  }

  /** As get; undefined where there is no such object. */
  async find<T extends KubernetesObject>(
    of: Resource<T>,
    name: ObjectName,
  ): Promise<T | undefined> {
    try {
      return await this.get(of, name);
    } catch (error) {
      if (isKubernetesError(error) && error.status === 404) return undefined;
      throw error;
    }
  }

  /** All of them, page by page. */
  async list<T extends KubernetesObject>(of: Resource<T>, options: ListOptions): Promise<T[]> {
    const found: T[] = [];
    let next = '';
    do {
      const query = new URLSearchParams({ limit: `${PAGE_SIZE}` });
      if (options.labelSelector !== undefined) query.set('labelSelector', options.labelSelector);
      if (options.fieldSelector !== undefined) query.set('fieldSelector', options.fieldSelector);
      if (next !== '') query.set('continue', next);
      const page = await this.ask<Page<T>>('GET', of, options, { query });
      found.push(...(page.items ?? []));
      next = page.metadata?.continue ?? '';
    } while (next !== '');
    return found;
  }

  /** @throws KubernetesError (AlreadyExists): of several creators one succeeds */
  async create<T extends KubernetesObject>(of: Resource<T>, object: T): Promise<T> {
    const { namespace, name } = object.metadata;
    const where = { namespace: namespaceOf(namespace, of) };
    return this.ask<T>('POST', of, where, { body: typed(of, object), label: name ?? '' });
  }

  /** @throws KubernetesError (Conflict) when the object carries a resourceVersion that is not the newest */
  async replace<T extends KubernetesObject>(of: Resource<T>, object: T): Promise<T> {
    const { namespace, name = '' } = object.metadata;
    const where = { namespace: namespaceOf(namespace, of), name };
    return this.ask<T>('PUT', of, where, { body: typed(of, object) });
  }

  /** Reads, changes and replaces, again when somebody else was faster; `change` returns undefined to leave it as it is. */
  async modify<T extends KubernetesObject>(
    of: Resource<T>,
    name: ObjectName,
    change: (object: T) => T | undefined,
  ): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      const before = await this.get(of, name);
      const after = change(before);
      if (after === undefined) return before;
      try {
        return await this.replace(of, after);
      } catch (error) {
        if (!isKubernetesError(error, 'Conflict') || attempt === CONFLICT_RETRIES) throw error;
      }
    }
  }

  /** `body` is an object, or the list of operations of a JSON patch. */
  async patch<T extends KubernetesObject>(
    of: Resource<T>,
    name: ObjectName,
    kind: PatchKind,
    body: object,
  ): Promise<T> {
    return this.ask<T>('PATCH', of, name, { body, contentType: PATCH_TYPES[kind] });
  }

  /** Returns whether there was something to delete. */
  async delete<T extends KubernetesObject>(
    of: Resource<T>,
    name: ObjectName,
    { propagationPolicy, uid }: DeleteOptions = {},
  ): Promise<boolean> {
    const body = {
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      ...(propagationPolicy === undefined ? {} : { propagationPolicy }),
      ...(uid === undefined ? {} : { preconditions: { uid } }),
    };
    try {
      await this.ask('DELETE', of, name, { body });
      return true;
    } catch (error) {
      if (isKubernetesError(error) && error.status === 404) return false;
      throw error;
    }
  }

  /** Ends the connections that are kept. */
  close(): void {
    this.connection.close();
  }

  private async ask<R>(
    method: string,
    of: Resource<KubernetesObject>,
    where: { readonly namespace: string; readonly name?: string },
    more: RequestParts = {},
  ): Promise<R> {
    const { body, query, contentType = 'application/json', label = where.name ?? '' } = more;
    const asked = `${method.toLowerCase()} ${of.plural} ${where.namespace}/${label}`;
    if (where.name === '') throw new KubernetesError(0, 'Invalid', 'the name is empty', asked);
    const item = where.name === undefined ? '' : `/${encodeURIComponent(where.name)}`;
    const search = query === undefined ? '' : `?${query.toString()}`;
    const answer = await this.connection.exchange({
      method,
      path: `${collectionPath(of, where.namespace)}${item}${search}`,
      ...(body === undefined ? {} : { body: JSON.stringify(body), contentType }),
      asked,
      timeoutMs: this.timeoutMs,
    });
    if (answer.status < 200 || answer.status > 299) {
      throw errorFromAnswer(answer.status, answer.body, asked);
    }
    try {
      return JSON.parse(answer.body) as R; // the API server's schema is trusted
    } catch {
      throw new KubernetesError(answer.status, 'BadAnswer', 'the answer is not JSON', asked);
    }
  }
}

interface RequestParts {
  readonly body?: object;
  readonly query?: URLSearchParams;
  readonly contentType?: string;
  /** The name for messages, where the path has none. */
  readonly label?: string;
}

interface Page<T> {
  readonly items?: readonly T[];
  readonly metadata?: { readonly continue?: string };
}

function typed<T extends KubernetesObject>(of: Resource<T>, object: T): T {
  const apiVersion = of.group === '' ? of.version : `${of.group}/${of.version}`;
  return { ...object, apiVersion, kind: of.kind };
}

function namespaceOf(namespace: string | undefined, of: Resource<KubernetesObject>): string {
  if (namespace !== undefined && namespace !== '') return namespace;
  throw new KubernetesError(0, 'Invalid', 'metadata.namespace is missing', `write ${of.plural}`);
}
