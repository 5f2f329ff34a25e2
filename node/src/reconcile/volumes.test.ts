import { beforeEach, expect, it } from 'vitest';
import {
  KubernetesError,
  PERSISTENT_VOLUME_CLAIMS,
  STATEFUL_SETS,
  type KitFile,
} from '../kubernetes/index.ts';
import { testKit } from './testing/kit.ts';
import { MemoryApi } from './testing/memory-api.ts';
import { growVolumes } from './volumes.ts';

const kit: KitFile = { ...testKit(), storage: { size: '20Gi' } };
let api: MemoryApi;
let slept = 0;

beforeEach(() => {
  api = new MemoryApi();
  slept = 0;
});

function claim(ordinal: number, storage: string, phase: string = 'Bound'): void {
  api.put(PERSISTENT_VOLUME_CLAIMS, {
    metadata: { namespace: 'c', name: `data-binnacle-${ordinal}` },
    spec: { storageClassName: 'fast', resources: { requests: { storage } } },
    status: { phase },
  });
}

function statefulSet(replicas: number, storage: string): void {
  const template = { metadata: {}, spec: { resources: { requests: { storage } } } };
  api.put(STATEFUL_SETS, {
    metadata: { namespace: 'c', name: 'binnacle' },
    spec: { replicas, volumeClaimTemplates: [template] },
  });
}

const sizeOf = (ordinal: number): string | undefined =>
  api.peek(PERSISTENT_VOLUME_CLAIMS, `data-binnacle-${ordinal}`)?.spec?.resources?.requests?.[
    'storage'
  ];

function grow(onSleep: () => void = () => {}) {
  const sleep = (): Promise<void> => {
    slept++;
    return Promise.resolve(onSleep());
  };
  return growVolumes(api, kit, { sleep, waitMs: 5000 });
}

it('grows what is smaller, those of scaled-down members too, and says so', async () => {
  statefulSet(2, '8Gi');
  claim(0, '8Gi');
  claim(1, '20Gi');
  claim(4, '8Gi');
  const { lines, problems } = await grow();
  expect(problems).toEqual([]);
  expect(lines).toEqual([
    'grow volume data-binnacle-0 from 8Gi to 20Gi',
    'grow volume data-binnacle-4 from 8Gi to 20Gi',
  ]);
  expect([0, 1, 4].map(sizeOf)).toEqual(['20Gi', '20Gi', '20Gi']);
  expect(await grow()).toEqual({ lines: [], problems: [] });
});

it('waits for claims that are about to be made too small, but not for ever', async () => {
  statefulSet(2, '8Gi');
  claim(0, '8Gi');
  const { lines } = await grow(() => claim(1, '8Gi'));
  expect(lines.length).toBe(2);
  api.remove(PERSISTENT_VOLUME_CLAIMS, 'data-binnacle-1');
  slept = 0;
  const { problems } = await grow();
  expect(slept).toBe(5);
  expect(problems).toEqual(['not bound yet, and so not grown to 20Gi: data-binnacle-1']);
});

it('waits until they are bound, and leaves alone those that nobody uses', async () => {
  statefulSet(1, '8Gi');
  claim(0, '8Gi', 'Pending');
  claim(3, '8Gi', 'Pending');
  const { lines, problems } = await grow(() => claim(0, '8Gi'));
  expect({ lines, problems }).toEqual({
    lines: ['grow volume data-binnacle-0 from 8Gi to 20Gi'],
    problems: [],
  });
});

it('does not wait where the template has the size already', async () => {
  statefulSet(3, '20Gi');
  await grow();
  expect(slept).toBe(0);
});

it('never shrinks, and says what to set', async () => {
  claim(0, '30Gi');
  claim(1, '8Gi');
  const { lines, problems } = await grow();
  expect(problems).toEqual([
    "volumes can't shrink to storage.size 20Gi: data-binnacle-0 (30Gi); set it to the size that they have",
  ]);
  expect(lines.length).toBe(1);
  expect(sizeOf(0)).toBe('30Gi');
});

it('explains a StorageClass that can’t', async () => {
  claim(0, '8Gi');
  const words =
    'persistentvolumeclaims "data-binnacle-0" is forbidden: only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize';
  api.patch = () => Promise.reject(new KubernetesError(403, 'Forbidden', words, 'patch'));
  const { problems } = await grow();
  expect(problems[0]).toContain('StorageClass fast does not allow it');
  expect(problems[0]).toContain('allowVolumeExpansion: true');
  api.patch = () => Promise.reject(new KubernetesError(403, 'Forbidden', 'no right', 'patch'));
  expect((await grow()).problems[0]).toContain('no right');
});
