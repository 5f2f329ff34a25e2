// The component of metrics, alerts and the dashboard.
import * as pulumi from '@pulumi/pulumi';
import { alertsOf } from '../objects/alerts.ts';
import type { ClusterArgs } from './args.ts';
import { registerInOrder } from './register.ts';
import { resolveCluster } from './resolve.ts';

/** What is watched. */
export interface ClusterMonitoringArgs {
  /** Namespace, which exists. Default: default. */
  namespace?: pulumi.Input<string>;
  /** The cluster; its section `monitoring` says what is made. */
  cluster?: ClusterArgs;
}

/** A ServiceMonitor, alerts with runbooks, and a dashboard. */
export class Monitoring extends pulumi.ComponentResource {
  /** Names of the alerts. */
  readonly alerts: pulumi.Output<string[]>;

  constructor(name: string, args: ClusterMonitoringArgs, opts?: pulumi.ComponentResourceOptions) {
    const { kit, groups } = resolveCluster(args.cluster ?? {}, args.namespace);
    super('binnacle:index:Monitoring', name, {}, opts);
    registerInOrder(groups.monitoring, { parent: this, name });
    this.alerts = kit.apply((known) => alertsOf(known).map(({ alert }) => alert));
    this.registerOutputs({ alerts: this.alerts });
  }
}
