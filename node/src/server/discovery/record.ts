// The record: which cluster this StatefulSet holds, kept outside the volumes in ConfigMap R-cluster, so that an empty disk
// never founds a second one. Making it is atomic: of several founders one succeeds.
import { formatId, parseId, type ClusterId } from '../../base/index.ts';
import {
  CONFIG_MAPS,
  isKubernetesError,
  type ConfigMap,
  type KubernetesApi,
  type ObjectName,
} from '../../kubernetes/index.ts';
import type { Pods } from './pods.ts';

export interface ClusterRecord {
  readonly version: 1;
  /** `founding` until the first member has its log: nothing was acknowledged before. */
  readonly state: 'founding' | 'founded';
  readonly clusterId: ClusterId;
  /** Of --initial-cluster-token, for the founder that died and goes on. */
  readonly token: string;
  /** Name of the first member. */
  readonly founder: string;
  /** Counted up by each restore and each recovery: data of an older one is out of date. */
  readonly generation: number;
  readonly foundedAt: string;
  /** What made the newest generation; null for the first. */
  readonly recovery: Recovery | null;
}

export interface Recovery {
  /** `recover`: the pod `survivor` goes on alone, and the others join it. */
  readonly kind: string;
  readonly survivor?: string | undefined;
  readonly [field: string]: unknown;
}

const KEY = 'record';

export class RecordStore {
  private readonly api: KubernetesApi;
  private readonly name: ObjectName;
  private readonly labels: Readonly<Record<string, string>>;

  constructor(api: KubernetesApi, pods: Pods) {
    this.api = api;
    this.name = { namespace: pods.namespace, name: `${pods.statefulSet}-cluster` };
    this.labels = {
      'app.kubernetes.io/name': 'binnacle',
      'app.kubernetes.io/instance': pods.statefulSet,
      'app.kubernetes.io/managed-by': 'binnacle',
    };
  }

  /** For messages: `ConfigMap binnacle-cluster`. */
  get title(): string {
    return `ConfigMap ${this.name.name}`;
  }

  /** Undefined when there is none. @throws KubernetesError; Error when it can't be understood */
  async read(): Promise<ClusterRecord | undefined> {
    const found = await this.api.find(CONFIG_MAPS, this.name);
    return found === undefined ? undefined : parseRecord(found, this.title);
  }

  /** Returns false when there is one already. @throws KubernetesError */
  async create(record: ClusterRecord): Promise<boolean> {
    try {
      await this.api.create(CONFIG_MAPS, {
        metadata: { ...this.name, labels: this.labels },
        data: { [KEY]: textOf(record) },
      });
      return true;
    } catch (error) {
      if (isKubernetesError(error, 'AlreadyExists')) return false;
      throw error;
    }
  }

  /** Changes the newest one; `change` returns undefined to leave it. @throws KubernetesError */
  async update(change: (record: ClusterRecord) => ClusterRecord | undefined): Promise<void> {
    await this.api.modify(CONFIG_MAPS, this.name, (found) => {
      const changed = change(parseRecord(found, this.title));
      if (changed === undefined) return undefined;
      return { ...found, data: { ...found.data, [KEY]: textOf(changed) } };
    });
  }
}

function textOf(record: ClusterRecord): string {
  return JSON.stringify({ ...record, clusterId: formatId(record.clusterId) });
}

/** @throws Error that names what is wrong: nothing may be founded beside a record that can't be read */
export function parseRecord(object: ConfigMap, title: string): ClusterRecord {
  const wrong = (problem: string): Error =>
    new Error(
      `${title}: ${problem}. It says which cluster the volumes belong to: put its old content back, or delete it when the data is to be given up`,
    );
  let value: unknown;
  try {
    value = JSON.parse(object.data?.[KEY] ?? '');
  } catch (error) {
    throw wrong(`data.${KEY} is not JSON (${String(error)})`);
  }
  if (typeof value !== 'object' || value === null) throw wrong(`data.${KEY} is no JSON object`);
  const parsed = value as Record<string, unknown>; // checked field by field
  if (parsed['version'] !== 1)
    throw wrong(`version is ${JSON.stringify(parsed['version'])}, not 1`);
  const { state, token, founder, generation, foundedAt } = parsed;
  const clusterId = parseId(textIn(parsed['clusterId']));
  if (state !== 'founding' && state !== 'founded') throw wrong('state is unknown');
  if (clusterId === undefined) throw wrong('clusterId is not an id');
  if (typeof token !== 'string' || typeof founder !== 'string')
    throw wrong('token or founder is missing');
  if (typeof generation !== 'number' || !Number.isSafeInteger(generation) || generation < 1) {
    throw wrong('generation is not a number from 1 on');
  }
  return {
    version: 1,
    state,
    clusterId,
    token,
    founder,
    generation,
    foundedAt: textIn(foundedAt),
    recovery: recoveryFrom(parsed['recovery']),
  };
}

function recoveryFrom(value: unknown): Recovery | null {
  if (typeof value !== 'object' || value === null || !('kind' in value)) return null;
  const survivor = 'survivor' in value ? textIn(value.survivor) : undefined;
  return { ...value, kind: textIn(value.kind), survivor };
}

/** Newer members may write what is no text where this one expects some. */
function textIn(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? null);
}
