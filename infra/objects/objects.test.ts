import { describe, expect, it } from 'vitest';
import { parseKitFile } from '../../node/src/kubernetes/index.ts';
import { clusterSchema, type ClusterConfigInput } from '../config.ts';
import { kitObjects, type JsonObject, type KubernetesObject } from './index.ts';
import { canonicalJson } from './kit-json.ts';

const DEPLOYMENT = { namespace: 'shop', managedBy: 'Pulumi' } as const;
const S3: ClusterConfigInput['backup'] = {
  enabled: true,
  destination: { kind: 's3', s3: { bucket: 'backups', credentialsSecret: 's3-keys' } },
};

const render = (input: ClusterConfigInput = {}): KubernetesObject[] =>
  kitObjects(clusterSchema.parse(input), DEPLOYMENT);

function only(objects: readonly KubernetesObject[], kind: string, suffix = ''): KubernetesObject {
  const found = objects.filter(
    (each) => each.kind === kind && each.metadata.name === `binnacle${suffix}`,
  );
  expect(found, `${kind} binnacle${suffix}`).toHaveLength(1);
  return found[0]!;
}

const listOf = (objects: readonly KubernetesObject[]): string[] =>
  objects.map((each) => `${each.kind} ${each.metadata.name}`);

interface PodSpec {
  readonly securityContext: JsonObject;
  readonly serviceAccountName: string;
  readonly containers: readonly {
    readonly image: string;
    readonly args: readonly string[];
    readonly env: readonly { readonly name: string; readonly value?: string }[];
    readonly securityContext: JsonObject;
    readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
  }[];
  readonly volumes: readonly JsonObject[];
}

interface PodOwner {
  readonly template?: { readonly spec: PodSpec };
  readonly jobTemplate?: { readonly spec: { readonly template: { readonly spec: PodSpec } } };
}

function podOf(object: KubernetesObject): PodSpec | undefined {
  const spec = object['spec'] as PodOwner | undefined; // as objects/ makes it
  return spec?.template?.spec ?? spec?.jobTemplate?.spec.template.spec;
}

describe('the objects', () => {
  it('are those of three members under mTLS by default', () => {
    expect(listOf(render())).toEqual([
      ...['ServiceAccount binnacle', 'Role binnacle', 'RoleBinding binnacle'],
      ...['ConfigMap binnacle-config', 'Service binnacle-headless', 'NetworkPolicy binnacle'],
      ...['PodDisruptionBudget binnacle', 'StatefulSet binnacle', 'Service binnacle'],
      'ServiceAccount binnacle-reconcile',
      ...['Role binnacle-reconcile', 'RoleBinding binnacle-reconcile'],
      expect.stringMatching(/^Job binnacle-reconcile-[0-9a-f]{8}$/),
      'CronJob binnacle-reconcile',
    ]);
  });

  it.each<[string, ClusterConfigInput, string[]]>([
    [
      'backups on a volume',
      { backup: { enabled: true } },
      ['PersistentVolumeClaim binnacle-backup', 'CronJob binnacle-backup'],
    ],
    ['backups in a bucket', { backup: S3 }, ['CronJob binnacle-backup', 'Role binnacle-backup']],
    [
      'monitoring',
      { monitoring: { serviceMonitor: { enabled: true } } },
      ['ServiceMonitor binnacle', 'PrometheusRule binnacle', 'ConfigMap binnacle-dashboard'],
    ],
    [
      'cert-manager',
      { tls: { issuer: 'cert-manager' } },
      ['Issuer binnacle-ca', 'Certificate binnacle-ca', 'Certificate binnacle-peer-tls'],
    ],
  ])('grow by %s', (_, input, expected) => {
    const added = listOf(render(input)).filter((each) => !listOf(render()).includes(each));
    expect(added).toEqual(expect.arrayContaining(expected));
  });

  it.each<[string, ClusterConfigInput, string]>([
    ['no policy', { networkPolicy: { enabled: false } }, 'NetworkPolicy binnacle'],
    ['no budget', { disruptionBudget: { enabled: false } }, 'PodDisruptionBudget binnacle'],
  ])('are fewer with %s', (_, input, gone) => {
    expect(listOf(render(input))).not.toContain(gone);
  });

  it('make no claim for backups that have a place already', () => {
    const named = { destination: { volume: { existingClaim: 'nas' } } };
    const objects = render({ backup: { enabled: true, ...named } });
    expect(listOf(objects)).not.toContain('PersistentVolumeClaim binnacle-backup');
    expect(JSON.stringify(only(objects, 'CronJob', '-backup'))).toContain('"claimName":"nas"');
    expect(listOf(render({ backup: S3 }))).not.toContain('PersistentVolumeClaim binnacle-backup');
  });

  it('have one namespace, the labels of all, and no two the same name', () => {
    const objects = render({ backup: { enabled: true }, tls: { issuer: 'cert-manager' } });
    for (const { metadata } of objects) {
      expect(metadata.namespace).toBe('shop');
      expect(metadata.labels).toMatchObject({
        'app.kubernetes.io/name': 'binnacle',
        'app.kubernetes.io/instance': 'binnacle',
        'app.kubernetes.io/managed-by': 'Pulumi',
        'app.kubernetes.io/part-of': 'binnacle',
      });
    }
    expect(new Set(listOf(objects)).size).toBe(objects.length);
  });

  it('say nothing that the API server would drop: no undefined, no empty list or object', () => {
    const empty: string[] = [];
    const look = (value: unknown, path: string): void => {
      if (value === undefined) empty.push(path);
      if (typeof value !== 'object' || value === null) return;
      const isMeant = /emptyDir$|selfSigned$/.test(path);
      if (Object.keys(value).length === 0 && !isMeant) empty.push(path);
      for (const [key, each] of Object.entries(value)) look(each, `${path}.${key}`);
    };
    for (const each of render({ backup: { enabled: true } })) look(each, each.kind);
    expect(empty).toEqual([]);
  });
});

describe('pods', () => {
  const pods = (input: ClusterConfigInput) =>
    render(input).flatMap((each) => {
      const pod = podOf(each);
      return pod === undefined ? [] : [pod];
    });

  it('keep to the restricted profile, under an account of their own', () => {
    const all = pods({ backup: { enabled: true } });
    expect(all).toHaveLength(4);
    for (const pod of all) {
      expect(pod.securityContext).toMatchObject({
        runAsNonRoot: true,
        runAsUser: 65_532,
        fsGroup: 65_532,
        seccompProfile: { type: 'RuntimeDefault' },
      });
      expect(pod.containers[0]!.securityContext).toEqual({
        allowPrivilegeEscalation: false,
        capabilities: { drop: ['ALL'] },
        readOnlyRootFilesystem: true,
      });
      expect(pod.serviceAccountName).toMatch(/^binnacle(-reconcile|-backup)?$/);
    }
  });

  it('run the image of the configuration, a digest before a tag', () => {
    const digest = `sha256:${'ab'.repeat(32)}`;
    const registry = 'registry.example.com';
    const imagesOf = (image: ClusterConfigInput['image']) =>
      new Set(pods({ image, backup: S3 }).map((pod) => pod.containers[0]!.image));
    expect(imagesOf({})).toEqual(new Set(['localhost/binnacle:0.1.0']));
    expect(imagesOf({ registry, tag: '2' })).toEqual(new Set([`${registry}/binnacle:2`]));
    expect(imagesOf({ registry, digest })).toEqual(new Set([`${registry}/binnacle@${digest}`]));
    expect(imagesOf({ registry: '' })).toEqual(new Set(['binnacle:0.1.0']));
  });

  it('mount what they name, and name what they mount', () => {
    for (const pod of pods({ backup: { enabled: true, encryption: { secret: 'key' } } })) {
      const claims = pod.containers[0]!.args.includes('--discovery-mode=kubernetes')
        ? ['data']
        : [];
      const volumes = [...pod.volumes.map((each) => each['name']), ...claims];
      const mounts = pod.containers[0]!.volumeMounts.map((each) => each.name);
      expect(mounts.toSorted()).toEqual(volumes.toSorted());
    }
  });

  it('take placement and pull secrets', () => {
    const placement = {
      nodeSelector: { disk: 'ssd' },
      tolerations: [{ key: 'db', operator: 'Exists' as const }],
      affinity: { nodeAffinity: {} },
      priorityClassName: 'high',
      whenUnsatisfiable: 'DoNotSchedule' as const,
      topologyKey: 'topology.kubernetes.io/zone',
    };
    const objects = render({ placement, image: { pullSecrets: ['login'] } });
    expect(podOf(only(objects, 'StatefulSet'))).toMatchObject({
      nodeSelector: { disk: 'ssd' },
      tolerations: [{ key: 'db', operator: 'Exists' }],
      affinity: { nodeAffinity: {} },
      priorityClassName: 'high',
      imagePullSecrets: [{ name: 'login' }],
      topologySpreadConstraints: [
        { topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable: 'DoNotSchedule' },
      ],
    });
  });
});

describe('the StatefulSet', () => {
  const specOf = (input: ClusterConfigInput) => {
    const spec = only(render(input), 'StatefulSet')['spec'];
    return spec as { replicas: number; template: object; volumeClaimTemplates: object[] };
  };

  it.each<[string, ClusterConfigInput]>([
    ['the number of members', { members: 5 }],
    ['the TLS mode', { tls: { mode: 'plain' } }],
    ['a new CA', { tls: { caGeneration: 2, certificateLifetimeDays: 30, extraSans: ['a.b'] } }],
    ['the issuer', { tls: { issuer: 'cert-manager' } }],
    ['backups', { backup: S3 }],
    ['a volume that grows', { storage: { size: '16Gi', templateSize: '8Gi' } }],
    ['a budget', { disruptionBudget: { maxUnavailable: 0 } }],
    ['monitoring', { monitoring: { serviceMonitor: { enabled: true } } }],
    ['who connects', { networkPolicy: { clients: [{ podSelector: {} }] } }],
  ])('restarts nobody for %s', (_, input) => {
    expect(specOf(input).template).toEqual(specOf({}).template);
    expect(specOf(input).volumeClaimTemplates).toEqual(specOf({}).volumeClaimTemplates);
  });

  it('passes settings of the store as flags', () => {
    const pod = podOf(
      only(
        render({
          storage: { quota: '4GiB' },
          autoCompaction: { mode: 'periodic', retention: '1h' },
          extraFlags: ['--heartbeat-interval=200'],
          tls: { clusterDomain: 'k8s.example' },
        }),
        'StatefulSet',
      ),
    )!;
    expect(pod.containers[0]!.args).toEqual(
      expect.arrayContaining([
        '--kubernetes-cluster-domain=k8s.example',
        '--quota-backend-bytes=4294967296',
        '--auto-compaction-mode=periodic',
        '--auto-compaction-retention=60m',
        '--heartbeat-interval=200',
      ]),
    );
  });

  it('mounts the certificates of the configuration', () => {
    const provided = { serverSecret: 's', peerSecret: 'p', clientSecret: 'c' };
    const text = JSON.stringify(specOf({ tls: { issuer: 'provided', provided } }).template);
    expect(text).toContain('"secret":{"name":"s","optional":true');
    expect(JSON.stringify(specOf({}).template)).toContain('"name":"binnacle-server-tls"');
  });
});

describe('kit.json', () => {
  const kitOf = (input: ClusterConfigInput) => {
    const { data } = only(render(input), 'ConfigMap', '-config') as unknown as {
      data: Record<string, string>;
    };
    return parseKitFile(data['kit.json']!, 'kit.json');
  };

  it('is what the jobs read', () => {
    expect(kitOf({ members: 5, tls: { extraSans: ['a.example'] } })).toMatchObject({
      name: 'binnacle',
      namespace: 'shop',
      members: 5,
      tls: { mode: 'mutual', extraSans: ['a.example'], peerSecret: 'binnacle-peer-tls' },
      backup: null,
    });
    expect(kitOf({ backup: { ...S3, encryption: { secret: 'k' } } }).backup).toMatchObject({
      destination: { kind: 's3', bucket: 'backups', prefix: 'binnacle/' },
      encryptionKeyFile: '/etc/binnacle/backup-key/key',
    });
    expect(kitOf({ backup: { enabled: true } }).backup?.destination).toEqual({
      kind: 'volume',
      path: '/backup',
    });
  });

  it('has sorted keys at every depth', () => {
    expect(canonicalJson({ b: [{ d: 1, c: null }], a: 'x' })).toBe(
      '{"a":"x","b":[{"c":null,"d":1}]}',
    );
  });

  it('names the Job, which is another for each configuration and image', () => {
    const jobOf = (input: ClusterConfigInput) =>
      listOf(render(input)).find((each) => each.startsWith('Job '));
    expect(jobOf({})).toBe(jobOf({ resources: { requests: { cpu: '1' } } }));
    const others = [{ members: 5 }, { tls: { caGeneration: 2 } }, { image: { tag: '2' } }];
    expect(new Set([{}, ...others].map(jobOf)).size).toBe(4);
  });
});

describe('rights', () => {
  const rulesOf = (input: ClusterConfigInput, suffix: string) =>
    (only(render(input), 'Role', suffix)['rules'] as JsonObject[]).map(
      ({ resources, resourceNames, verbs }) => ({ resources, resourceNames, verbs }),
    );

  it('never hold for all of a kind, but to create, to tell events, and to list', () => {
    for (const suffix of ['', '-reconcile', '-backup'])
      for (const { resources, resourceNames, verbs } of rulesOf(
        { backup: { enabled: true } },
        suffix,
      ))
        if (resourceNames === undefined && JSON.stringify(resources) !== '["events"]')
          expect(['["create"]', '["list"]', '["list","watch"]']).toContain(JSON.stringify(verbs));
  });

  it('to Secrets are the reconcile job’s alone, and read-only where others issue', () => {
    expect(JSON.stringify(rulesOf({ backup: S3 }, ''))).not.toContain('secrets');
    expect(JSON.stringify(rulesOf({ backup: S3 }, '-backup'))).not.toContain('secrets');
    const secrets = rulesOf({ tls: { issuer: 'cert-manager' } }, '-reconcile').filter((each) =>
      JSON.stringify(each.resources).includes('secrets'),
    );
    expect(secrets.map((each) => each.verbs)).toEqual([['get']]);
  });
});

describe('services and policies', () => {
  it('let clients in as the configuration says', () => {
    const service = {
      type: 'LoadBalancer' as const,
      annotations: { 'lb.example/internal': 'true' },
      nodePort: 30_379,
      loadBalancerSourceRanges: ['10.0.0.0/8'],
    };
    expect(only(render({ service }), 'Service')).toMatchObject({
      metadata: { annotations: { 'lb.example/internal': 'true' } },
      spec: {
        type: 'LoadBalancer',
        ports: [{ name: 'client', port: 2379, nodePort: 30_379 }],
        loadBalancerSourceRanges: ['10.0.0.0/8'],
      },
    });
    const clients = [{ namespaceSelector: { matchLabels: { team: 'web' } } }];
    const policy = only(render({ networkPolicy: { clients } }), 'NetworkPolicy');
    const { ingress } = policy['spec'] as { ingress: { from?: JsonObject[] }[] };
    expect(ingress.map((each) => each.from?.length)).toEqual([1, 2, undefined]);
  });

  it('hold drains back as the configuration says', () => {
    const input = { members: 5, disruptionBudget: { maxUnavailable: 2 } };
    expect(only(render(input), 'PodDisruptionBudget')['spec']).toMatchObject({ maxUnavailable: 2 });
  });
});
