// Where the other pods are at this moment. A pod that is made again has another address, and DNS tells the old one for up to
// 30 s (`ttl 30` and `cache 30` in the Corefile that kubeadm writes): a rolling restart goes through all members in less.
import { lookup as lookupInDns } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import type { Clock } from '../../base/index.ts';
import { PODS, type KubernetesApi } from '../../kubernetes/index.ts';
import type { Pods } from './pods.ts';

/** Connections are dialed again several times a second while a member is away. */
const KEPT_MS = 1_000;
/** The API server has this long before DNS is asked: it may be away, and the store under it be this one. */
const API_TIMEOUT_MS = 1_000;

interface Known {
  readonly address: Promise<string | undefined>;
  readonly atMs: number;
}

/** A lookup for net.connect that asks the API server for pods of the StatefulSet, and DNS when it has no answer. */
export function podLookup(api: KubernetesApi, pods: Pods, clock: Clock): LookupFunction {
  const known = new Map<string, Known>();
  const addressOf = (host: string): Promise<string | undefined> => {
    const nowMs = clock.monotonicMs();
    const before = known.get(host);
    if (before !== undefined && nowMs - before.atMs < KEPT_MS) return before.address;
    const address = within(clock, askApi(api, pods, host));
    known.set(host, { address, atMs: nowMs });
    return address;
  };
  return (host, options, found) => {
    void addressOf(host).then((address) => {
      if (address === undefined) lookupInDns(host, options, found);
      else if (options.all === true) found(null, [{ address, family: isIP(address) }]);
      else found(null, address, isIP(address));
    });
  };
}

/** Undefined for a host that is no pod of ours, a pod without an address, and when the API server does not say. */
async function askApi(api: KubernetesApi, pods: Pods, host: string): Promise<string | undefined> {
  const ordinal = pods.ordinalOf({ name: '', peerUrls: [`http://${host}`] });
  if (ordinal === undefined) return undefined;
  const name = { namespace: pods.namespace, name: pods.nameOf(ordinal) };
  const pod = await api.find(PODS, name).catch(() => undefined);
  return pod?.status?.podIP;
}

function within<T>(clock: Clock, asked: Promise<T | undefined>): Promise<T | undefined> {
  const tooLate = new Promise<undefined>((resolve) => {
    clock.after(API_TIMEOUT_MS, () => resolve(undefined));
  });
  return Promise.race([asked, tooLate]);
}
