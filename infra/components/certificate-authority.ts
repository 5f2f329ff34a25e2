// The component of certificates, TLS mode and volumes: everything that the reconcile job sees to.
import * as pulumi from '@pulumi/pulumi';
import { reconcileJob } from '../objects/jobs.ts';
import { namesOf } from '../objects/names.ts';
import type { ClusterArgs } from './args.ts';
import { registerInOrder } from './register.ts';
import { resolveCluster } from './resolve.ts';

/** What the certificates are for. */
export interface CertificateAuthorityArgs {
  /** Namespace, which exists. Default: default. */
  namespace?: pulumi.Input<string>;
  /** The cluster. */
  cluster?: ClusterArgs;
}

/**
 * Certificates of a cluster, and the job that brings it to what its configuration asks for: it issues and renews
 * certificates, replaces the CA, changes the TLS mode and grows volumes, all while the members serve. Keys are made
 * inside Kubernetes and never become part of Pulumi's state.
 */
export class CertificateAuthority extends pulumi.ComponentResource {
  /** Secret with tls.crt, tls.key and ca.crt for clients; it exists when this is known. */
  readonly clientSecretName: pulumi.Output<string>;
  /** Secret of the members' port for clients; it exists when this is known. */
  readonly serverSecretName: pulumi.Output<string>;
  /** Job that carries out the configuration as it is now; it has ended when this is known. */
  readonly jobName: pulumi.Output<string>;

  constructor(
    name: string,
    args: CertificateAuthorityArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    const { kit, groups } = resolveCluster(args.cluster ?? {}, args.namespace);
    super('binnacle:index:CertificateAuthority', name, {}, opts);
    const resources = registerInOrder(groups.certificates, { parent: this, name });
    const job = resources.find(({ kind }) => kind === 'Job')!.resource;
    const done = pulumi.all([kit, job.id]).apply(([known]) => known);
    this.clientSecretName = done.apply((known) => namesOf(known).clientTls);
    this.serverSecretName = done.apply((known) => namesOf(known).serverTls);
    this.jobName = done.apply((known) => reconcileJob(known).metadata.name);
    this.registerOutputs({
      clientSecretName: this.clientSecretName,
      serverSecretName: this.serverSecretName,
      jobName: this.jobName,
    });
  }
}
