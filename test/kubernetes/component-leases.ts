/**
 * Watches the leases with which kube-controller-manager and kube-scheduler lead, for the whole test.
 *
 * A component renews its lease every 2 s and ends itself after 10 s without success. On etcd, with its leader killed the
 * same way on two cores, the longest time between renewals was 2 to 7 s.
 */
import type { Kubernetes } from './control-plane.ts';

export const components = ['kube-controller-manager', 'kube-scheduler'];

/** No more than this between two renewals, in milliseconds. */
export const renewalLimitMs = 10_000;

interface Lease {
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly holderIdentity: string;
    readonly leaseTransitions?: number;
    readonly renewTime: string;
  };
}

interface History {
  readonly holders: Set<string>;
  longestGapMs: number;
  lastRenewMs: number;
  renewals: number;
}

export class ComponentLeases {
  readonly #histories = new Map<string, History>();
  readonly #watch;
  #text = 0;

  constructor(kubernetes: Kubernetes) {
    this.#watch = kubernetes.watch(
      ...['-n', 'kube-system', 'get', 'leases', '-w', '--no-headers', '-o'],
      'jsonpath={.metadata.name} {.spec.holderIdentity} {.spec.renewTime}{"\\n"}',
    );
  }

  /** What the watch has seen so far, by component. */
  read(): ReadonlyMap<string, History> {
    const fresh = this.#watch.output.slice(this.#text);
    const end = fresh.lastIndexOf('\n') + 1;
    this.#text += end;
    for (const line of fresh.slice(0, end).split('\n')) {
      const [name, holder, renewTime] = line.split(' ');
      if (renewTime === undefined || !components.includes(name!)) continue;
      this.#record(name!, holder!, Date.parse(renewTime));
    }
    return this.#histories;
  }

  async stop(): Promise<void> {
    await this.#watch.stop('SIGKILL');
  }

  #record(name: string, holder: string, renewMs: number): void {
    const history = this.#histories.get(name);
    if (history === undefined) {
      const first = {
        holders: new Set([holder]),
        longestGapMs: 0,
        lastRenewMs: renewMs,
        renewals: 1,
      };
      this.#histories.set(name, first);
      return;
    }
    history.holders.add(holder);
    if (renewMs === history.lastRenewMs) return;
    history.longestGapMs = Math.max(history.longestGapMs, renewMs - history.lastRenewMs);
    history.lastRenewMs = renewMs;
    history.renewals++;
  }
}

/** The leases as the API server has them now. */
export async function currentLeases(kubernetes: Kubernetes): Promise<Lease[]> {
  const output = await kubernetes.kubectl('-n', 'kube-system', 'get', 'leases', '-o', 'json');
  const { items } = JSON.parse(output) as { items: Lease[] };
  return items.filter((lease) => components.includes(lease.metadata.name));
}
