// The component that a program uses: a whole cluster.
import * as pulumi from '@pulumi/pulumi';
import { warningsOf } from '../config.ts';
import { CLIENT_PORT, namesOf } from '../objects/names.ts';
import type { Kit } from '../objects/index.ts';
import type { ClusterArgs } from './args.ts';
import { Backup } from './backup.ts';
import { CertificateAuthority } from './certificate-authority.ts';
import { Monitoring } from './monitoring.ts';
import { register } from './register.ts';
import { resolveCluster, type PendingObject } from './resolve.ts';

/** A cluster, and where it goes. Everything may be left out: three members under mutual TLS. */
export interface BinnacleClusterArgs extends ClusterArgs {
  /** Namespace, which exists: it is not the cluster's, for deleting it would delete the data. Default: default. */
  namespace?: pulumi.Input<string>;
}

/**
 * An etcd-compatible cluster on Kubernetes. Members, TLS mode, CA, volumes, image and backups can be changed while it
 * serves: members join, leave and reload by themselves.
 */
export class BinnacleCluster extends pulumi.ComponentResource {
  /** URL of the Service for clients, inside the Kubernetes cluster. */
  readonly endpoint: pulumi.Output<string>;
  /** URLs of the members, for clients that balance by themselves. */
  readonly memberEndpoints: pulumi.Output<string[]>;
  /** Namespace of the cluster. */
  readonly namespace: pulumi.Output<string>;
  /** StatefulSet of the members. */
  readonly statefulSetName: pulumi.Output<string>;
  /** Service for clients. */
  readonly serviceName: pulumi.Output<string>;
  /** Secret with tls.crt, tls.key and ca.crt for clients, which exists when this is known; empty without TLS. */
  readonly clientSecretName: pulumi.Output<string>;

  constructor(
    name: string,
    args: BinnacleClusterArgs = {},
    opts?: pulumi.ComponentResourceOptions,
  ) {
    const { namespace = 'default', ...cluster } = args;
    const { structure, kit, groups } = resolveCluster(cluster, namespace);
    super('binnacle:index:BinnacleCluster', name, {}, opts);
    kit.apply(({ config }) => warningsOf(config).map((text) => void pulumi.log.warn(text, this)));

    const config = registerMembers(this, name, groups.cluster);
    const part = { namespace, cluster };
    const after = { parent: this, dependsOn: [config] };
    // Neither waits for the other: members wait for their certificates, and the job, once there are members, for them.
    const certificates = new CertificateAuthority(name, part, after);
    if (structure.backup.enabled) new Backup(name, part, after);
    if (structure.monitoring.serviceMonitor.enabled) new Monitoring(name, part, { parent: this });

    this.namespace = kit.apply((known) => known.namespace);
    this.endpoint = kit.apply(endpointOf);
    this.memberEndpoints = kit.apply(memberEndpointsOf);
    const names = kit.apply(namesOf);
    this.statefulSetName = names.apply(({ statefulSet }) => statefulSet);
    this.serviceName = names.apply(({ client }) => client);
    const hasTls = structure.tls.mode !== 'plain';
    this.clientSecretName = hasTls ? certificates.clientSecretName : pulumi.output('');
    this.registerOutputs({
      endpoint: this.endpoint,
      memberEndpoints: this.memberEndpoints,
      namespace: this.namespace,
      statefulSetName: this.statefulSetName,
      serviceName: this.serviceName,
      clientSecretName: this.clientSecretName,
    });
  }
}

/** @returns the ConfigMap that the jobs read */
function registerMembers(
  parent: pulumi.ComponentResource,
  name: string,
  objects: readonly PendingObject[],
): pulumi.Resource {
  const { main, others } = splitOff(objects, ({ key }) => key === 'stateful-set');
  const { main: client, others: early } = splitOff(others, ({ key }) => key === 'service');
  const before = early.map((pending) => register(pending, { parent, name }));
  const members = register(main, { parent, name, dependsOn: before });
  // Pulumi waits for the endpoints of a Service, which are there once members are ready.
  register(client, { parent, name, dependsOn: [members] });
  return before[early.findIndex(({ key }) => key === 'config-map-config')]!;
}

function splitOff(
  objects: readonly PendingObject[],
  isMain: (pending: PendingObject) => boolean,
): { readonly main: PendingObject; readonly others: PendingObject[] } {
  const main = objects.find(isMain);
  if (main === undefined) throw new Error('every cluster has it');
  return { main, others: objects.filter((each) => each !== main) };
}

const scheme = ({ config }: Kit): string => (config.tls.mode === 'plain' ? 'http' : 'https');

function endpointOf(kit: Kit): string {
  const { client } = namesOf(kit);
  return `${scheme(kit)}://${client}.${domainOf(kit)}:${CLIENT_PORT}`;
}

function memberEndpointsOf(kit: Kit): string[] {
  const { statefulSet, headless } = namesOf(kit);
  return Array.from(
    { length: kit.config.members },
    (_, ordinal) =>
      `${scheme(kit)}://${statefulSet}-${ordinal}.${headless}.${domainOf(kit)}:${CLIENT_PORT}`,
  );
}

const domainOf = ({ config, namespace }: Kit): string =>
  `${namespace}.svc.${config.tls.clusterDomain}`;
