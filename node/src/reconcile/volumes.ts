// Volume growth: the claims of the members are patched up to storage.size. The StatefulSet's own template can't change
// without a replacement; a claim that it makes later is grown by the next run.
import {
  PERSISTENT_VOLUME_CLAIMS,
  STATEFUL_SETS,
  isKubernetesError,
  quantityBytes,
  type KitFile,
  type PersistentVolumeClaim,
} from '../kubernetes/index.ts';
import { MAX_MEMBERS, claimName } from './names.ts';
import type { Api } from './objects.ts';

export interface VolumeResult {
  /** What was done. */
  readonly lines: readonly string[];
  /** What keeps a claim from having the size. */
  readonly problems: readonly string[];
}

type Claim = PersistentVolumeClaim & { readonly metadata: { readonly name: string } };

/**
 * Grows the claims that are smaller; waits for those that the StatefulSet is about to make with a smaller template.
 * @param waitMs at most so long
 */
export async function growVolumes(
  api: Api,
  kit: KitFile,
  { sleep, waitMs }: { sleep: (milliseconds: number) => Promise<void>; waitMs: number },
): Promise<VolumeResult> {
  const wanted = quantityBytes(kit.storage.size);
  if (wanted === undefined)
    return { lines: [], problems: [`storage.size ${kit.storage.size} is no size`] };
  const lines: string[] = [];
  const problems: string[] = [];
  const tooBig: string[] = [];
  const { claims, unbound } = await claimsOf(api, kit, wanted, sleep, waitMs);
  for (const claim of claims) {
    const { name } = claim.metadata;
    const size = claim.spec?.resources?.requests?.['storage'] ?? '';
    const bytes = quantityBytes(size) ?? 0;
    if (bytes === wanted) continue;
    if (bytes > wanted) {
      tooBig.push(`${name} (${size})`);
      continue;
    }
    const problem = await grow(api, kit, claim);
    if (problem === undefined)
      lines.push(`grow volume ${name} from ${size} to ${kit.storage.size}`);
    else problems.push(problem);
  }
  if (unbound.length > 0)
    problems.push(`not bound yet, and so not grown to ${kit.storage.size}: ${unbound.join(', ')}`);
  if (tooBig.length > 0)
    problems.push(
      `volumes can't shrink to storage.size ${kit.storage.size}: ${tooBig.join(', ')}; set it to the size that they have`,
    );
  return { lines, problems };
}

/** The claims that can be judged; those of members that run are waited for until they are bound. */
async function claimsOf(
  api: Api,
  kit: KitFile,
  wanted: number,
  sleep: (milliseconds: number) => Promise<void>,
  waitMs: number,
): Promise<{ claims: Claim[]; unbound: string[] }> {
  const names = Array.from({ length: MAX_MEMBERS }, (_, i) => claimName(kit, i));
  for (let waitedMs = 0; ; waitedMs += 1000) {
    const found = await Promise.all(
      names.map((name) => api.find(PERSISTENT_VOLUME_CLAIMS, { namespace: kit.namespace, name })),
    );
    const replicas = await replicasToGrow(api, kit, wanted);
    const unbound = names.filter((_, i) => i < replicas && !isBound(found[i]));
    if (unbound.length === 0 || waitedMs >= waitMs) {
      const claims = found.filter((claim): claim is Claim => isBound(claim));
      return { claims, unbound };
    }
    await sleep(1000);
  }
}

/** Kubernetes lets only bound claims grow. */
function isBound(claim: PersistentVolumeClaim | undefined): boolean {
  return claim?.metadata.name !== undefined && claim.status?.phase === 'Bound';
}

/** The number of claims that have to be there, or come with a size that is too small; 0 when the template fits. */
async function replicasToGrow(api: Api, kit: KitFile, wanted: number): Promise<number> {
  const { namespace, name } = kit;
  const statefulSet = await api.find(STATEFUL_SETS, { namespace, name });
  const [template] = statefulSet?.spec?.volumeClaimTemplates ?? [];
  const size = quantityBytes(template?.spec?.resources?.requests?.['storage'] ?? '') ?? wanted;
  return size < wanted ? (statefulSet?.spec?.replicas ?? 0) : 0;
}

/** @returns what is in the way */
async function grow(api: Api, kit: KitFile, claim: Claim): Promise<string | undefined> {
  const { name } = claim.metadata;
  const storage = kit.storage.size;
  try {
    await api.patch(PERSISTENT_VOLUME_CLAIMS, { namespace: kit.namespace, name }, 'merge', {
      spec: { resources: { requests: { storage } } },
    });
    return undefined;
  } catch (error) {
    if (!isKubernetesError(error) || ![403, 422].includes(error.status)) throw error;
    const of = claim.spec?.storageClassName ?? '';
    // The API server's own words for a StorageClass without allowVolumeExpansion; 403 is also what a missing right gives.
    if (!error.message.includes('storageclass'))
      return `volume ${name} was not grown: ${error.message}`;
    return (
      `volume ${name} can't grow to ${storage}: StorageClass ${of === '' ? '(none)' : of} does not allow it. ` +
      'If its driver can, set allowVolumeExpansion: true in it; if not, restore a backup into a cluster with bigger volumes'
    );
  }
}
