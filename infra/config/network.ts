// Who reaches the members, and how.
import { z } from 'zod';
import { annotations, flag, section, text, verbatim, wholeNumber } from './fields.ts';

const CIDR = /^[0-9a-fA-F.:]+\/\d{1,3}$/;

export const service = section({
  type: z
    .enum(['ClusterIP', 'NodePort', 'LoadBalancer'], {
      error: 'must be ClusterIP, NodePort or LoadBalancer',
    })
    .default('ClusterIP')
    .describe('Type of the Service for clients.'),
  annotations: annotations()
    .default({})
    .describe('Annotations of it, which load balancers are configured with.'),
  nodePort: wholeNumber('a port of the nodes', 1024, 65_535)
    .optional()
    .describe(
      'Port on the nodes, for NodePort and LoadBalancer; Kubernetes chooses one without it.',
    ),
  loadBalancerSourceRanges: z
    .array(
      text('a range, such as 10.0.0.0/8').regex(CIDR, { error: 'must be 10.0.0.0/8 or like it' }),
      {
        error: 'must be a list of ranges, such as [10.0.0.0/8]',
      },
    )
    .default([])
    .describe('Addresses that a load balancer lets in.'),
});

export const networkPolicy = section({
  enabled: flag()
    .default(true)
    .describe("Whether the peer port is closed to all but members and the kit's jobs."),
  clients: z
    .array(
      verbatim('a peer of a NetworkPolicy, such as {podSelector: {matchLabels: {app: web}}}'),
      {
        error: 'must be a list of peers of a NetworkPolicy, such as [{podSelector: {}}]',
      },
    )
    .default([])
    .describe('Who may reach the client port, as peers of a NetworkPolicy; empty: everybody.'),
});
