// The component of backups.
import * as pulumi from '@pulumi/pulumi';
import { namesOf } from '../objects/names.ts';
import type { ClusterArgs } from './args.ts';
import { registerInOrder } from './register.ts';
import { resolveCluster } from './resolve.ts';

/** What is backed up. */
export interface ClusterBackupArgs {
  /** Namespace, which exists. Default: default. */
  namespace?: pulumi.Input<string>;
  /** The cluster; its section `backup` says when and where to. */
  cluster?: ClusterArgs;
}

/**
 * Backups of a cluster: a CronJob, its rights, and the volume for backups unless they go elsewhere. The volume stays when
 * the stack is destroyed.
 */
export class Backup extends pulumi.ComponentResource {
  /** CronJob that makes backups; `kubectl create job --from=cronjob/<name>` makes one now. */
  readonly cronJobName: pulumi.Output<string>;
  /** ConfigMap that says which backup was the last, and that it was verified. */
  readonly statusConfigMapName: pulumi.Output<string>;

  constructor(name: string, args: ClusterBackupArgs, opts?: pulumi.ComponentResourceOptions) {
    const { kit, groups } = resolveCluster(args.cluster ?? {}, args.namespace);
    super('binnacle:index:Backup', name, {}, opts);
    registerInOrder(groups.backup, { parent: this, name });
    const names = kit.apply(namesOf);
    this.cronJobName = names.apply(({ backup }) => backup);
    this.statusConfigMapName = names.apply(({ backupStatus }) => backupStatus);
    this.registerOutputs({
      cronJobName: this.cronJobName,
      statusConfigMapName: this.statusConfigMapName,
    });
  }
}
