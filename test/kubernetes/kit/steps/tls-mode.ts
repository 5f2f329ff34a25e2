// TLS is switched on, demanded of clients, and off again, while the cluster serves.
import assert from 'node:assert/strict';
import { eventually } from '../../../conformance/lib/process.ts';
import { isReady, type Kit } from '../kit.ts';
import type { Step } from '../step.ts';

type Mode = 'plain' | 'server' | 'mutual';

/** Clients go over as soon as every member takes the other kind of connection, as their owners would have to. */
async function switchClients(kit: Kit, secure: boolean): Promise<void> {
  if (secure) await kit.access.untilCertificates();
  await eventually(
    `members that serve ${secure ? 'with' : 'without'} TLS`,
    async () => {
      const addresses = (await kit.pods()).filter(isReady).map(({ status }) => status.podIP ?? '');
      const served = await Promise.all(addresses.map((each) => kit.access.isServed(each, secure)));
      return (served.length === kit.members && served.every(Boolean)) || undefined;
    },
    60_000,
  );
  kit.access.secure = secure;
  kit.workload.watcher.reconnect();
}

const change = (from: Mode, to: Mode): Step => ({
  title: `TLS ${from} → ${to}`,
  group: 'tls',
  async run(kit) {
    const before = await kit.incarnations();
    const secure = to !== 'plain';
    const clients = secure === kit.access.secure ? undefined : switchClients(kit, secure);
    await Promise.all([kit.configure({ tls: { mode: to } }), clients]);
    await kit.settled(kit.members);
    assert.deepEqual(await kit.incarnations(), before, 'no pod is restarted');
    for (const { status } of await kit.pods()) {
      const address = status.podIP ?? '';
      const served = async (): Promise<true | undefined> =>
        (await kit.access.isServed(address, secure)) || undefined;
      await eventually(`${address} to serve the new way`, served);
      if ((from === 'plain') !== (to === 'plain')) {
        assert.equal(await kit.access.isServed(address, !secure), false, 'the old way is refused');
      }
    }
  },
});

export const tlsModes: readonly Step[] = [
  change('plain', 'server'),
  change('server', 'mutual'),
  change('mutual', 'plain'),
];
