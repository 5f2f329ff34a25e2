// What `pulumi up` deploys: one cluster, from the stack's configuration.
import kubernetes from '@pulumi/kubernetes';
import * as pulumi from '@pulumi/pulumi';
import { BinnacleCluster, type ClusterArgs } from '../components/index.ts';
import { KindImage } from './kind-image.ts';
import { readSettings, type StackSettings } from './settings.ts';

/** Outputs of the stack. */
export function deploy(): Record<string, pulumi.Output<unknown>> {
  const settings = readSettings();
  const provider = new kubernetes.Provider('kubernetes', {
    ...(settings.context === '' ? {} : { context: settings.context }),
    // In place, as Kubernetes has it: the provider would else replace them, and what depends on them.
    enableConfigMapMutable: true,
    enableSecretMutable: true,
  });
  const { image, loaded } = imageOf(settings);
  const { endpoint, memberEndpoints, namespace, statefulSetName, serviceName, clientSecretName } =
    new BinnacleCluster(
      'binnacle',
      { ...settings.cluster, ...(image && { image }), namespace: settings.namespace },
      { provider, dependsOn: loaded },
    );
  return { endpoint, memberEndpoints, namespace, statefulSetName, serviceName, clientSecretName };
}

function imageOf({ build, cluster }: StackSettings): {
  readonly image: ClusterArgs['image'];
  readonly loaded: pulumi.Resource[];
} {
  if (!build.enabled) return { image: cluster.image, loaded: [] };
  const { context, kindCluster, platform } = build;
  const built = new KindImage('image', { context, kindCluster, platform });
  const { registry, repository, tag } = built;
  return {
    image: { ...cluster.image, registry, repository, tag },
    loaded: [built.loaded],
  };
}
