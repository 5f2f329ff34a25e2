// The configuration of a stack: the keys of a cluster, and where it goes.
import * as pulumi from '@pulumi/pulumi';
import { z } from 'zod';
import { clusterShape } from '../config.ts';
import type { ClusterArgs } from '../components/index.ts';
import { flag, objectName, section, text } from '../config/fields.ts';

/** Of a stack, beside the keys of the cluster. */
const stackShape = section({
  namespace: objectName('the name of a namespace').min(1).default('default'),
  /** Context of the kubeconfig; empty: the current one. */
  context: text('the name of a context').default(''),
  /** The image is built by the program and loaded into a kind cluster. */
  build: section({
    enabled: flag().default(false),
    kindCluster: text('the name of a kind cluster').default('binnacle'),
    platform: text('a platform, such as linux/amd64').default(''),
    /** Beside the compiled program, where Pulumi starts it. */
    context: text('a folder').default('image'),
  }).prefault({}),
});

export interface StackSettings extends z.output<typeof stackShape> {
  readonly cluster: ClusterArgs;
}

/** Keys of `local` mean something for processes on one machine alone. */
const CLUSTER_KEYS = Object.keys(clusterShape.shape).filter((key) => key !== 'local');
const STACK_KEYS = Object.keys(stackShape.shape);
/** Top-level values are text in a stack's file unless they were set with a path. */
const TEXT_KEYS = new Set(['name', 'namespace', 'context']);

/** @throws pulumi.RunError that names each key that is unknown or wrong */
export function readSettings(): StackSettings {
  const config = new pulumi.Config();
  const project = pulumi.getProject();
  const given = Object.keys(pulumi.runtime.allConfig()).filter((key) =>
    key.startsWith(`${project}:`),
  );
  const known = [...CLUSTER_KEYS, ...STACK_KEYS];
  const unknown = given.filter((key) => !known.includes(key.slice(project.length + 1)));
  if (unknown.length > 0)
    throw new pulumi.RunError(
      `${unknown.join(', ')}: no such key. Use one of ${known.map((key) => `${project}:${key}`).join(', ')}.`,
    );
  const values = new Map(known.map((key) => [key, valueOf(config, key)]));
  const pick = (keys: readonly string[]) =>
    Object.fromEntries(
      keys.filter((key) => values.get(key) !== undefined).map((key) => [key, values.get(key)]),
    );
  const stack = stackShape.safeParse(pick(STACK_KEYS));
  if (!stack.success)
    throw new pulumi.RunError(
      stack.error.issues
        .map((issue) => `${project}:${issue.path.join('.')}: ${issue.message}`)
        .join('\n'),
    );
  return { ...stack.data, cluster: pick(CLUSTER_KEYS) };
}

function valueOf(config: pulumi.Config, key: string): unknown {
  const written = config.get(key);
  if (written === undefined) return undefined;
  if (TEXT_KEYS.has(key)) return written;
  return config.getObject(key);
}
