// The configuration that the tests begin with.
import type { KitFile, KitTls } from '../../kubernetes/index.ts';

export const START_MS = Date.parse('2026-01-01T00:00:00Z');

export function testKit(tls: Partial<KitTls> = {}, members: number = 3): KitFile {
  return {
    name: 'binnacle',
    namespace: 'c',
    clusterDomain: 'cluster.local',
    members,
    tls: {
      mode: 'mutual',
      issuer: 'self',
      caGeneration: 1,
      caLifetimeDays: 3650,
      certificateLifetimeDays: 365,
      extraSans: [],
      serverSecret: 'binnacle-server-tls',
      peerSecret: 'binnacle-peer-tls',
      clientSecret: 'binnacle-client-tls',
      ...tls,
    },
    storage: { size: '8Gi' },
    backup: null,
  };
}
