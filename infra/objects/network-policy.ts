// Who reaches which port of the members. The peer port is for members and the kit's own jobs.
import { CLIENT_PORT, METRICS_PORT, PEER_PORT, metadataOf, namesOf, selectorOf } from './names.ts';
import type { JsonObject, Kit, KubernetesObject } from './types.ts';

const on = (port: number): JsonObject[] => [{ port, protocol: 'TCP' }];

export function networkPolicy(kit: Kit): KubernetesObject {
  const ownPods: JsonObject = {
    podSelector: {
      matchLabels: {
        'app.kubernetes.io/name': 'binnacle',
        'app.kubernetes.io/instance': kit.config.name,
      },
    },
  };
  const { clients } = kit.config.networkPolicy;
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: metadataOf(kit, namesOf(kit).members),
    spec: {
      podSelector: { matchLabels: selectorOf(kit, 'member') },
      policyTypes: ['Ingress'],
      ingress: [
        { from: [ownPods], ports: on(PEER_PORT) },
        clients.length === 0
          ? { ports: on(CLIENT_PORT) }
          : { from: [ownPods, ...clients], ports: on(CLIENT_PORT) },
        { ports: on(METRICS_PORT) },
      ],
    },
  };
}
