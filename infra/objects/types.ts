// Kubernetes objects as plain data: what the Pulumi program registers, and what the chart is compared with.
import type { ClusterConfig } from '../config.ts';

export type Json = string | number | boolean | null | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  /** spec, data, rules, … */
  readonly [section: string]: unknown;
}

/** Where the objects go, and who says so. */
export interface Deployment {
  readonly namespace: string;
  readonly managedBy: 'Pulumi' | 'Helm';
}

/** What each file of this folder makes its objects from. */
export interface Kit extends Deployment {
  readonly config: ClusterConfig;
}
