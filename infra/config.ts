// The one description of a cluster: cluster.yaml for `npm start`, the Pulumi stacks' configuration and the chart's values
// have the same keys. A key is here only when something reads it; an unknown one is an error.
import { z } from 'zod';
import { backup } from './config/backup.ts';
import { contradictions } from './config/checks.ts';
import { section, text, withoutNulls, wholeNumber } from './config/fields.ts';
import { local } from './config/local.ts';
import { monitoring } from './config/monitoring.ts';
import { networkPolicy, service } from './config/network.ts';
import { disruptionBudget, image, placement, resources } from './config/pods.ts';
import { autoCompaction, storage } from './config/store.ts';
import { tls } from './config/tls.ts';

export { warningsOf } from './config/checks.ts';
export { PORT_STEP } from './config/local.ts';
export { quantityValue, quotaBytes } from './config/quantity.ts';
export { compactionFlags } from './config/store.ts';
export { VERSION } from './config/version.ts';

/** Certificates carry the names of that many members, and ports are laid out for them. */
export const MAX_MEMBERS = 9;

const NAME = /^[a-z]([a-z0-9-]*[a-z0-9])?$/;

/** Each key by itself. */
export const clusterShape = section({
  name: text('a name')
    .max(40, { error: 'must have 40 characters at most' })
    .regex(NAME, { error: 'must be lower-case letters, digits and dashes, such as binnacle' })
    .default('binnacle')
    .describe(
      "Keeps clusters apart: the objects' names begin with it. Fixed once the cluster exists.",
    ),
  members: wholeNumber('the number of members, 3 or 5 for most', 1, MAX_MEMBERS)
    .default(3)
    .describe('3 members survive the loss of one, 5 of two. Can be changed at any time.'),
  image: image.prefault({}).describe('The image of members and jobs.'),
  resources: resources.prefault({}).describe('What a member asks of its node.'),
  storage: storage.prefault({}).describe('Where a member keeps its data.'),
  tls: tls.prefault({}).describe('Certificates.'),
  placement: placement.prefault({}).describe('Which nodes members run on.'),
  disruptionBudget: disruptionBudget.prefault({}).describe('How far drains of nodes may go.'),
  service: service.prefault({}).describe('The Service for clients.'),
  backup: backup.prefault({}).describe('Backups.'),
  autoCompaction: autoCompaction.prefault({}).describe('History that is dropped by itself.'),
  monitoring: monitoring.prefault({}).describe('Metrics, alerts and a dashboard.'),
  networkPolicy: networkPolicy.prefault({}).describe('Who reaches the members.'),
  extraFlags: z
    .array(text('a flag').regex(/^--[a-z][a-z0-9-]*(=.*)?$/s, { error: 'must be --name=value' }), {
      error: 'must be a list of flags, such as [--heartbeat-interval=200]',
    })
    .default([])
    .describe('More flags of the member.'),
  local: local.prefault({}).describe('Where members listen that run on one machine (npm start).'),
});

/** With the checks of keys against each other. */
export const clusterSchema = clusterShape.superRefine((value, context) => {
  for (const { path, message } of contradictions(value))
    context.addIssue({ code: 'custom', path: [...path], message });
});

export type ClusterConfig = Readonly<z.output<typeof clusterSchema>>;
/** As it is written: everything may be left out. */
export type ClusterConfigInput = z.input<typeof clusterSchema>;

/** Sections and keys that are null count as left out. */
export function checkConfig(value: unknown): z.ZodSafeParseResult<ClusterConfig> {
  return clusterSchema.safeParse(withoutNulls(value ?? {}));
}
