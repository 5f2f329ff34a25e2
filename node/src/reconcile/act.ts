// Carries one planned action out: issues what has to be issued and writes one object. An object that changed since it was
// read is not overwritten; the next look plans anew.
import {
  CONFIG_MAPS,
  SECRETS,
  type KitFile,
  type KubernetesObject,
  type ObjectMeta,
  type Secret,
} from '../kubernetes/index.ts';
import { createAuthority, issueLeaf, readAuthority, type Pair } from '../pki/index.ts';
import { assert, present } from '../base/index.ts';
import { writeAuthority, type AuthorityState } from './authority-state.ts';
import { authoritySecret, policyConfigMap, secretNames, wantedLeaves, type Role } from './names.ts';
import { POLICY_KEY, WRITTEN_AT, type Api, type Snapshot } from './objects.ts';
import { writePolicy, type Policy } from './policy.ts';
import type { Action } from './step.ts';

/** What one action needs to know. */
export interface Deed {
  readonly api: Api;
  readonly kit: KitFile;
  readonly snapshot: Snapshot;
  readonly now: Date;
}

/** @throws KubernetesError (Conflict, AlreadyExists) when somebody else was faster: look again */
export async function act(deed: Deed, action: Action): Promise<void> {
  const { authority } = deed.snapshot.observed;
  switch (action.kind) {
    case 'create-authority': {
      const current = await newAuthority(deed, 1);
      return saveAuthority(deed, { number: 1, generation: action.generation, current });
    }
    case 'begin-rotation': {
      const { generation } = action;
      const before =
        action.adopted === undefined
          ? present(authority, 'a rotation has a CA to begin with')
          : {
              number: authority?.number ?? 1,
              generation: authority?.generation ?? generation,
              current: { certificate: action.adopted, key: '' },
            };
      const pair = await newAuthority(deed, before.number + 1);
      const { number, current } = before;
      const next = { pair, generation };
      return saveAuthority(deed, { number, generation: before.generation, current, next });
    }
    case 'switch-authority': {
      const { number, current, next } = present(authority, 'R-ca was planned for');
      const { pair, generation } = present(next, 'the next CA was made');
      return saveAuthority(deed, {
        number: number + 1,
        generation,
        current: pair,
        previous: current.certificate,
      });
    }
    case 'end-rotation': {
      const { number, generation, current } = present(authority, 'R-ca was planned for');
      return saveAuthority(deed, { number, generation, current });
    }
    case 'write-leaf': {
      const signer = await readAuthority(action.signer);
      const pair = await issueLeaf(signer, wantedLeaves(deed.kit)[action.role], deed.now);
      return saveLeaf(deed, action.role, pair, action.bundle);
    }
    case 'write-bundle':
      return saveLeaf(deed, action.role, action.leaf.pair, action.bundle);
    case 'set-policy':
      return savePolicy(deed, action.policy);
    default:
      assert(false, `${action.kind} is nothing to carry out`);
  }
}

function newAuthority({ kit, now }: Deed, number: number): Promise<Pair> {
  const lifetimeDays = kit.tls.caLifetimeDays;
  return createAuthority(`CN=${kit.name} CA ${number}, O=Binnacle`, { lifetimeDays, now });
}

async function saveAuthority(deed: Deed, state: AuthorityState): Promise<void> {
  const { api, kit, snapshot } = deed;
  const data = base64(writeAuthority(state));
  const before = snapshot.authoritySecret;
  if (before !== undefined) return void (await api.replace(SECRETS, { ...before, data }));
  const metadata = metadataOf(kit, authoritySecret(kit), {});
  await api.create(SECRETS, { metadata, type: 'Opaque', data });
}

async function saveLeaf(deed: Deed, role: Role, pair: Pair, bundle: string): Promise<void> {
  const { api, kit, snapshot, now } = deed;
  const texts = { 'tls.crt': pair.certificate, 'tls.key': pair.key, 'ca.crt': bundle };
  const annotations = { [WRITTEN_AT]: now.toISOString() };
  const before = snapshot.secrets[role];
  if (before === undefined) {
    const metadata = metadataOf(kit, secretNames(kit)[role], annotations);
    await api.create(SECRETS, { metadata, type: 'kubernetes.io/tls', data: base64(texts) });
    return;
  }
  const after: Secret = {
    ...before,
    metadata: annotated(before, annotations),
    data: { ...before.data, ...base64(texts) },
  };
  await api.replace(SECRETS, after);
}

async function savePolicy({ api, kit, snapshot, now }: Deed, policy: Policy): Promise<void> {
  const data = { [POLICY_KEY]: writePolicy(policy) };
  const annotations = { [WRITTEN_AT]: now.toISOString() };
  const before = snapshot.policyMap;
  if (before === undefined) {
    const metadata = metadataOf(kit, policyConfigMap(kit), annotations);
    await api.create(CONFIG_MAPS, { metadata, data });
    return;
  }
  const metadata = annotated(before, annotations);
  await api.replace(CONFIG_MAPS, { ...before, metadata, data });
}

function annotated(
  { metadata }: KubernetesObject,
  annotations: Readonly<Record<string, string>>,
): ObjectMeta {
  return { ...metadata, annotations: { ...metadata.annotations, ...annotations } };
}

function metadataOf(
  { name: instance, namespace }: KitFile,
  name: string,
  annotations: Readonly<Record<string, string>>,
) {
  const labels = {
    'app.kubernetes.io/name': 'binnacle',
    'app.kubernetes.io/instance': instance,
    'app.kubernetes.io/managed-by': 'binnacle',
  };
  return { name, namespace, labels, annotations };
}

function base64(texts: Readonly<Record<string, string>>): Record<string, string> {
  const entries = Object.entries(texts);
  return Object.fromEntries(
    entries.map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
  );
}
