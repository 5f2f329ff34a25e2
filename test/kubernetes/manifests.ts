/** The objects of the test. Pods run busybox from the nodes' own images. */

const container = (command: string, version: string): object => ({
  name: 'main',
  image: 'localhost/busybox:1',
  imagePullPolicy: 'IfNotPresent',
  command: ['sh', '-c', command],
  env: [{ name: 'VERSION', value: version }],
});

const idle = "trap 'exit 0' TERM; while :; do sleep 1; done";

export const namespace = (name: string): object => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name },
});

export function deployment(namespaceName: string, version: string): object {
  const labels = { app: 'web' };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: namespaceName },
    spec: {
      replicas: 4,
      selector: { matchLabels: labels },
      strategy: { rollingUpdate: { maxUnavailable: 1, maxSurge: 1 } },
      template: {
        metadata: { labels },
        spec: { terminationGracePeriodSeconds: 1, containers: [container(idle, version)] },
      },
    },
  };
}

export function statefulSet(namespaceName: string): object {
  const labels = { app: 'ledger' };
  const writes = `date >> /data/starts; ${idle}`;
  const main = { ...container(writes, '1'), volumeMounts: [{ name: 'data', mountPath: '/data' }] };
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: 'ledger', namespace: namespaceName },
    spec: {
      replicas: 3,
      serviceName: 'ledger',
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { terminationGracePeriodSeconds: 1, containers: [main] },
      },
      volumeClaimTemplates: [
        {
          metadata: { name: 'data' },
          spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Mi' } } },
        },
      ],
    },
  };
}

export const cronJob = (namespaceName: string): object => ({
  apiVersion: 'batch/v1',
  kind: 'CronJob',
  metadata: { name: 'tick', namespace: namespaceName },
  spec: {
    schedule: '* * * * *',
    jobTemplate: {
      spec: {
        template: {
          spec: { restartPolicy: 'Never', containers: [container('echo tick', '1')] },
        },
      },
    },
  },
});

export const configMapName = (index: number): string => `page-${String(index).padStart(4, '0')}`;

/** ConfigMaps [from, to) as one list. */
export const configMaps = (namespaceName: string, from: number, to: number): object => ({
  apiVersion: 'v1',
  kind: 'List',
  items: Array.from({ length: to - from }, (_, index) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: configMapName(from + index), namespace: namespaceName },
    data: { index: String(from + index), text: 'x'.repeat(200) },
  })),
});
