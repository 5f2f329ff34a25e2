// What runs, with how much of a node, and where.
import { z } from 'zod';
import {
  flag,
  objectName,
  patternOrEmpty,
  section,
  text,
  verbatim,
  wholeNumber,
} from './fields.ts';
import { quantityOrNone } from './quantity.ts';
import { VERSION } from './version.ts';

const TAG = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
const DIGEST = /^sha256:[0-9a-f]{64}$/;
const REGISTRY = /^[a-zA-Z0-9.-]+(:\d+)?(\/[a-z0-9._/-]+)?$/;
const REPOSITORY = /^[a-z0-9]+([._/-]+[a-z0-9]+)*$/;

export const image = section({
  registry: text('a registry, such as registry.example.com')
    .refine((value) => value === '' || REGISTRY.test(value), {
      error: 'must be a registry, such as registry.example.com (no https://)',
    })
    .meta(patternOrEmpty(REGISTRY))
    .default('localhost')
    .describe('Registry; localhost is for images that were loaded into the nodes.'),
  repository: text('a repository, such as binnacle')
    .regex(REPOSITORY, { error: 'must be a repository in lower case, such as team/binnacle' })
    .default('binnacle')
    .describe('Repository in the registry.'),
  tag: text('a tag in quotes, such as "0.1.0"')
    .regex(TAG, { error: 'must be a tag, such as 0.1.0' })
    .default(VERSION)
    .describe('Tag of the image.'),
  digest: text('a digest, such as sha256:…')
    .refine((value) => value === '' || DIGEST.test(value), {
      error: 'must be sha256: and 64 hexadecimal digits',
    })
    .meta(patternOrEmpty(DIGEST))
    .default('')
    .describe('Digest; it goes before the tag.'),
  pullPolicy: z
    .enum(['Always', 'IfNotPresent', 'Never'], { error: 'must be Always, IfNotPresent or Never' })
    .default('IfNotPresent')
    .describe('When nodes pull the image.'),
  pullSecrets: z
    .array(objectName('the name of a Secret').min(1), {
      error: 'must be a list of names of Secrets, such as [registry-login]',
    })
    .default([])
    .describe('Secrets that open the registry.'),
});

const MUST_BE_AMOUNTS = 'must be amounts by resource, such as {cpu: 250m, memory: 1Gi}';

const requests = z
  .object(
    {
      cpu: quantityOrNone('250m')
        .default('100m')
        .describe('Processors; empty: none are kept free.'),
      memory: quantityOrNone('1Gi').default('256Mi').describe('Memory; empty: none is kept free.'),
    },
    { error: MUST_BE_AMOUNTS },
  )
  .catchall(quantityOrNone('1Gi'));

const limits = z
  .object(
    {
      cpu: quantityOrNone('2')
        .default('')
        .describe('Processors; empty: no limit, since one makes elections more likely.'),
      memory: quantityOrNone('2Gi').default('2Gi').describe('Memory; empty: no limit.'),
    },
    { error: MUST_BE_AMOUNTS },
  )
  .catchall(quantityOrNone('2Gi'));

export const resources = section({
  requests: requests
    .prefault({})
    .describe("A member's share of its node, which the scheduler keeps free."),
  limits: limits.prefault({}).describe('The most that a member may take.'),
});

const toleration = section({
  key: text('the key of a taint').optional(),
  operator: z
    .enum(['Exists', 'Equal', 'Lt', 'Gt'], { error: 'must be Exists or Equal' })
    .optional(),
  value: text('the value of a taint, in quotes').optional(),
  effect: z
    .enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute'], {
      error: 'must be NoSchedule, PreferNoSchedule or NoExecute',
    })
    .optional(),
  tolerationSeconds: wholeNumber('a number of seconds', 0, 2 ** 31).optional(),
});

export const placement = section({
  nodeSelector: z
    .record(z.string(), text('text, in quotes'), {
      error: 'must be labels of nodes, such as {disktype: ssd}',
    })
    .default({})
    .describe('Labels that a node must have.'),
  tolerations: z
    .array(toleration, { error: 'must be a list of tolerations' })
    .default([])
    .describe('Taints that members put up with.'),
  affinity: verbatim('an affinity of pods, as Kubernetes has it')
    .default({})
    .describe('Affinity, as Kubernetes has it, besides the spread over nodes.'),
  topologyKey: text('a label of nodes')
    .min(1, { error: 'must be a label of nodes, such as topology.kubernetes.io/zone' })
    .default('kubernetes.io/hostname')
    .describe('Label of nodes over whose values members are spread.'),
  whenUnsatisfiable: z
    .enum(['ScheduleAnyway', 'DoNotSchedule'], {
      error: 'must be ScheduleAnyway or DoNotSchedule',
    })
    .default('ScheduleAnyway')
    .describe('DoNotSchedule: a member rather waits than shares a node.'),
  priorityClassName: objectName('the name of a PriorityClass')
    .default('')
    .describe('PriorityClass of the members.'),
});

export const disruptionBudget = section({
  enabled: flag().default(true).describe('Whether drains of nodes are held back.'),
  maxUnavailable: wholeNumber('a number of members', 0, 4)
    .default(1)
    .describe('Members that may be away at once because of drains. 0 forbids drains.'),
});
