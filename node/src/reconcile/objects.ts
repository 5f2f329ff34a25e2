// Reads what the planner needs from the API, and keeps the objects for the writes that follow.
import {
  CONFIG_MAPS,
  SECRETS,
  STATEFUL_SETS,
  parseKitFile,
  type ConfigMap,
  type KitFile,
  type KubernetesApi,
  type KubernetesObject,
  type Secret,
  type StatefulSet,
} from '../kubernetes/index.ts';
import { parseAuthority } from './authority-state.ts';
import {
  authoritySecret,
  kitConfigMap,
  policyConfigMap,
  recordConfigMap,
  secretNames,
  type Role,
} from './names.ts';
import { parsePolicy } from './policy.ts';
import type { Observed, StoredLeaf } from './step.ts';

/** What the job asks of the API. */
export type Api = Pick<KubernetesApi, 'find' | 'create' | 'replace' | 'patch'>;

export const WRITTEN_AT = 'binnacle.dev/written-at';
export const POLICY_KEY = 'policy.json';
const KIT_KEY = 'kit.json';

export interface Snapshot {
  readonly observed: Observed;
  readonly statefulSet: StatefulSet | undefined;
  readonly policyMap: ConfigMap | undefined;
  readonly authoritySecret: Secret | undefined;
  readonly secrets: Readonly<Record<Role, Secret | undefined>>;
}

/**
 * The newest configuration: a job may wait at a gate while the user changes it again, and two jobs must not pull in two
 * directions. `mounted` when the ConfigMap is not there.
 */
export async function newestKit(api: Api, mounted: KitFile): Promise<KitFile> {
  const { namespace } = mounted;
  const name = kitConfigMap(mounted);
  const text = (await api.find(CONFIG_MAPS, { namespace, name }))?.data?.[KIT_KEY];
  return text === undefined ? mounted : parseKitFile(text, `ConfigMap ${name}, ${KIT_KEY}`);
}

/**
 * R-ca is read after the Secrets that are written by it. So a plan never goes back behind the step that a Secret is at:
 * whoever wrote it meanwhile has changed its resourceVersion.
 */
export async function observe(api: Api, kit: KitFile): Promise<Snapshot> {
  const { namespace } = kit;
  const names = secretNames(kit);
  const secret = (name: string) => api.find(SECRETS, { namespace, name });
  const [server, peer, client, policyMap, record, statefulSet] = await Promise.all([
    secret(names.server),
    secret(names.peer),
    secret(names.client),
    api.find(CONFIG_MAPS, { namespace, name: policyConfigMap(kit) }),
    api.find(CONFIG_MAPS, { namespace, name: recordConfigMap(kit) }),
    api.find(STATEFUL_SETS, { namespace, name: kit.name }),
  ]);
  const isOwn = kit.tls.issuer === 'self';
  const authority = isOwn ? await secret(authoritySecret(kit)) : undefined;
  const secrets = { server, peer, client };
  const policyWrittenAt = writtenAt(policyMap);
  return {
    observed: {
      policy: parsePolicy(policyMap?.data?.[POLICY_KEY] ?? ''),
      ...(policyWrittenAt !== undefined && { policyWrittenAt }),
      hasRecord: record !== undefined,
      replicas: statefulSet?.metadata.deletionTimestamp ? 0 : (statefulSet?.spec?.replicas ?? 0),
      authority: authority === undefined ? undefined : parseAuthority(textsOf(authority)),
      leaves: {
        server: storedLeaf(server),
        peer: storedLeaf(peer),
        client: storedLeaf(client),
      },
    },
    statefulSet,
    policyMap,
    authoritySecret: authority,
    secrets,
  };
}

function storedLeaf(secret: Secret | undefined): StoredLeaf | undefined {
  if (secret === undefined) return undefined;
  const texts = textsOf(secret);
  const at = writtenAt(secret);
  return {
    pair: { certificate: texts['tls.crt'] ?? '', key: texts['tls.key'] ?? '' },
    bundle: texts['ca.crt'] ?? '',
    ...(at !== undefined && { writtenAt: at }),
  };
}

function writtenAt(object: KubernetesObject | undefined): Date | undefined {
  const time = new Date(object?.metadata.annotations?.[WRITTEN_AT] ?? NaN);
  return Number.isNaN(time.getTime()) ? undefined : time;
}

function textsOf({ data }: Secret): Record<string, string> {
  const entries = Object.entries(data ?? {});
  return Object.fromEntries(
    entries.map(([key, value]) => [key, Buffer.from(value, 'base64').toString('utf8')]),
  );
}
