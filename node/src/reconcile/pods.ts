// The members' pods: what each has loaded, and how their kubelets are made to look for new Secrets at once.
import { PODS, isKubernetesError, type KitFile, type Pod } from '../kubernetes/index.ts';
import { parseReport, type MemberReport, type Reports } from './gates.ts';
import { podName } from './names.ts';
import type { Api } from './objects.ts';

const PROBE_PORT = 2381;
const PROBE_TIMEOUT_MS = 3000;
/** A changed annotation makes the kubelet sync the pod, and with it the mounted Secrets and ConfigMaps. */
const REFRESH = 'binnacle.dev/refresh';

/** Asks one member; `address` is its pod's. @throws Error when it does not answer as it should */
export type AskMember = (address: string) => Promise<MemberReport>;

export async function askOverHttp(address: string): Promise<MemberReport> {
  const host = address.includes(':') ? `[${address}]` : address;
  const answer = await fetch(`http://${host}:${PROBE_PORT}/probe/tls`, {
    signal: AbortSignal.timeout(PROBE_TIMEOUT_MS),
  });
  const body = await answer.text();
  if (!answer.ok) throw new Error(`status ${answer.status}: ${body.trim().slice(0, 200)}`);
  return parseReport(body);
}

/** What the pods below `replicas` have loaded. Their addresses come from the API: DNS may lag behind a restart. */
export async function askAll(
  api: Api,
  kit: KitFile,
  replicas: number,
  ask: AskMember,
): Promise<Reports> {
  const names = Array.from({ length: replicas }, (_, i) => podName(kit, i));
  const all = await Promise.all(
    names.map(async (name) => [name, await askOne(api, kit, name, ask)] as const),
  );
  return new Map(all);
}

async function askOne(
  api: Api,
  { namespace }: KitFile,
  name: string,
  ask: AskMember,
): Promise<MemberReport | string> {
  const pod = await api.find(PODS, { namespace, name });
  if (pod === undefined) return 'has no pod';
  if (pod.metadata.deletionTimestamp !== undefined) return 'is being deleted';
  const address = pod.status?.podIP ?? '';
  if (address === '') return `has no address yet (${phaseText(pod)})`;
  try {
    return await ask(address);
  } catch (error) {
    return `does not answer at ${address}:${PROBE_PORT} (${causeOf(error)}; ${phaseText(pod)})`;
  }
}

function phaseText({ status }: Pod): string {
  const scheduled = status?.conditions?.find((one) => one.type === 'PodScheduled');
  const reason = scheduled?.status === 'False' ? `: ${scheduled.message ?? 'not scheduled'}` : '';
  return `pod is ${status?.phase ?? 'unknown'}${reason}`;
}

/** fetch says "fetch failed" and keeps why to itself. */
function causeOf(error: unknown): string {
  const inner = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return inner instanceof Error ? inner.message : String(inner);
}

/** Annotates these pods; those that are gone will mount what is newest when they are back. */
export async function refresh(
  api: Api,
  { namespace }: KitFile,
  pods: readonly string[],
  now: Date,
): Promise<void> {
  const body = { metadata: { annotations: { [REFRESH]: now.toISOString() } } };
  await Promise.all(
    pods.map(async (name) => {
      try {
        await api.patch(PODS, { namespace, name }, 'merge', body);
      } catch (error) {
        if (!isKubernetesError(error) || error.status !== 404) throw error;
      }
    }),
  );
}
