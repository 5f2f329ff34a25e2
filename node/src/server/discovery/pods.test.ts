import { describe, expect, test } from 'vitest';
import { buildConfig } from '../config.ts';
import { collectFlags } from '../flag-values.ts';
import { configOfPod, podsOf } from './pods.ts';

const KUBERNETES = {
  statefulSet: 'store-a',
  service: 'store-a-headless',
  clusterDomain: 'cluster.local',
};
const pods = podsOf(KUBERNETES, { POD_NAME: 'store-a-2', POD_NAMESPACE: 'shop' });
const HOST = 'store-a-2.store-a-headless.shop.svc.cluster.local';

const configFrom = (...argv: string[]) => buildConfig(collectFlags({ argv, environment: {} }));
const FLAGS = ['--discovery-mode=kubernetes', '--kubernetes-statefulset=store-a'];

describe('a pod', () => {
  test('knows its ordinal and all addresses by its name', () => {
    expect(pods.ordinal).toBe(2);
    expect(pods.hostOf(2)).toBe(HOST);
    expect(pods.peerUrlOf(2, 'https')).toBe(`https://${HOST}:2380`);
    expect(pods.clientUrlOf(0, 'http')).toBe(`http://${HOST.replace('a-2', 'a-0')}:2379`);
    expect(pods.probeUrlOf(2)).toBe(`http://${HOST}:2381`);
  });

  test.each([
    [{ POD_NAMESPACE: 'shop' }, 'POD_NAME'],
    [{ POD_NAME: 'store-a-2' }, 'POD_NAMESPACE'],
    [
      { POD_NAME: 'store-b-2', POD_NAMESPACE: 'shop' },
      'not the name of a pod of StatefulSet store-a',
    ],
    [{ POD_NAME: 'store-a-02', POD_NAMESPACE: 'shop' }, 'not the name of a pod'],
    [{ POD_NAME: 'store-a-b-1', POD_NAMESPACE: 'shop' }, 'not the name of a pod'],
  ])('says what is wrong with its environment: %j', (environment, message) => {
    expect(() => podsOf(KUBERNETES, environment)).toThrow(message);
  });

  test.each([
    ['store-a-7', [], 7],
    ['', [`https://${HOST}:2380`], 2],
    ['', [`http://${HOST.replace('a-2', 'a-11')}:2380`], 11],
    ['other-1', [], undefined],
    ['', ['http://10.0.0.1:2380'], undefined],
    ['', ['http://store-a-2.other.svc:2380'], undefined],
    // A name that was published counts, whatever the URL says.
    ['imported', [`https://${HOST}:2380`], undefined],
  ])('tells members of its StatefulSet from others: %s %j', (name, peerUrls, ordinal) => {
    expect(pods.ordinalOf({ name, peerUrls })).toBe(ordinal);
  });
});

describe('the configuration of a pod', () => {
  test('follows from its name', () => {
    const config = configOfPod(configFrom(...FLAGS), pods, 'https', '::');
    expect(config).toMatchObject({
      name: 'store-a-2',
      listenPeerUrls: ['https://[::]:2380'],
      listenClientUrls: ['https://[::]:2379'],
      listenMetricsUrls: [],
      advertisePeerUrls: [`https://${HOST}:2380`],
      advertiseClientUrls: [`https://${HOST}:2379`],
      initialCluster: `store-a-2=https://${HOST}:2380`,
    });
  });

  test('has a headless Service of the usual name, unless it is told another', () => {
    expect(configFrom(...FLAGS).kubernetes?.service).toBe('store-a-headless');
    expect(configFrom(...FLAGS, '--kubernetes-service=other').kubernetes?.service).toBe('other');
    expect(configFrom().kubernetes).toBeUndefined();
  });

  test.each([
    [['--discovery-mode=kubernetes'], '--kubernetes-statefulset'],
    [['--discovery-mode=consul'], 'discovery-mode'],
    [['--kubernetes-statefulset=store-a'], '--discovery-mode=kubernetes only'],
    [[...FLAGS, '--name=m1'], "--name can't be set"],
    [[...FLAGS, '--initial-cluster=a=http://b:1'], "--initial-cluster can't be set"],
    [[...FLAGS, '--force-new-cluster'], "--force-new-cluster can't be set"],
  ])('refuses what does not go together: %j', (flags, message) => {
    expect(() => configFrom(...flags)).toThrow(message);
  });
});
