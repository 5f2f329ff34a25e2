// How members find each other, and clients them.
import { CLIENT_PORT, METRICS_PORT, PEER_PORT, metadataOf, namesOf, selectorOf } from './names.ts';
import { present } from './pods.ts';
import type { JsonObject, Kit, KubernetesObject } from './types.ts';

const servicePort = (name: string, port: number, more: JsonObject = {}): JsonObject => ({
  ...{ name, port, protocol: 'TCP', targetPort: name },
  ...more,
});

/** Names for the members, also while they are not ready: they need them to become so. */
export function headlessService(kit: Kit): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: metadataOf(kit, namesOf(kit).headless),
    spec: {
      clusterIP: 'None',
      publishNotReadyAddresses: true,
      selector: selectorOf(kit, 'member'),
      ports: [
        servicePort('client', CLIENT_PORT),
        servicePort('peer', PEER_PORT),
        servicePort('metrics', METRICS_PORT),
      ],
    },
  };
}

/** One address for clients, behind which are the members that are ready. */
export function clientService(kit: Kit): KubernetesObject {
  const { type, annotations, nodePort, loadBalancerSourceRanges } = kit.config.service;
  const metadata = metadataOf(kit, namesOf(kit).client);
  const more: JsonObject = nodePort === undefined ? {} : { nodePort };
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: Object.keys(annotations).length === 0 ? metadata : { ...metadata, annotations },
    spec: {
      type,
      selector: selectorOf(kit, 'member'),
      ports: [servicePort('client', CLIENT_PORT, more)],
      ...present({ loadBalancerSourceRanges }),
    },
  };
}
