import { describe, expect, test } from 'vitest';
import { SILENT_LOGGER } from '../base/index.ts';
import { jsonFromMembers, type ClusterMember } from '../apply/index.ts';
import { buildConfig } from './config.ts';
import { foundCluster, joinCluster, type PeerGet } from './founding.ts';

const CLUSTER = 'a=http://127.0.0.1:23901,b=http://127.0.0.1:23902,c=http://127.0.0.1:23903';
const LOCAL = 'http://127.0.0.1:23901';

const config = (flags: Record<string, string> = {}) =>
  buildConfig(
    new Map(Object.entries({ name: 'a', 'initial-advertise-peer-urls': LOCAL, ...flags })),
  );

const member = (id: bigint, port: number, fields: Partial<ClusterMember> = {}): ClusterMember => ({
  id,
  peerUrls: [`http://127.0.0.1:${port}`],
  isLearner: false,
  name: '',
  clientUrls: [],
  ...fields,
});

const nobody: PeerGet = () => Promise.reject(new Error('connection refused'));
const answering =
  (members: readonly ClusterMember[], url?: string): PeerGet =>
  (asked) =>
    url === undefined || asked === url
      ? Promise.resolve({ body: jsonFromMembers(members), clusterId: 77n })
      : nobody(asked, '/members');

describe('founding a cluster', () => {
  const found = (get: PeerGet, flags?: Record<string, string>, cluster = CLUSTER) =>
    foundCluster(config(flags), cluster, get, SILENT_LOGGER);

  test('gives members the ids that etcd gives them', async () => {
    const founding = await found(nobody);
    expect(founding.clusterId).toBe(0x505a7d8573a646fbn);
    expect(founding.localId).toBe(0x8425f172696c3d59n);
    expect(founding.members.map((one) => one.name)).toEqual(['a', 'b', 'c']);
    expect(founding.remotes).toEqual([]);
  });

  test('is refused where this member has run before', async () => {
    const published = [member(0x8425f172696c3d59n, 23901, { clientUrls: ['http://x:1'] })];
    await expect(found(answering(published))).rejects.toThrow('has already been bootstrapped');
    const known = [member(0x8425f172696c3d59n, 23901)];
    expect((await found(answering(known))).members).toHaveLength(3);
  });

  test.each<[string, Record<string, string>, string, string]>([
    ['a member that is not named', { name: 'x' }, CLUSTER, "couldn't find local name"],
    [
      'URLs that others do not know',
      { 'initial-advertise-peer-urls': 'http://127.0.0.1:1' },
      CLUSTER,
      'missing from --initial-advertise-peer-urls',
    ],
    ['URLs that are given twice', {}, `${CLUSTER},d=${LOCAL}`, 'duplicate url'],
  ])('is refused for %s', async (_, flags, cluster, message) => {
    await expect(found(nobody, flags, cluster)).rejects.toThrow(message);
  });
});

describe('joining a cluster', () => {
  const running = [
    member(11n, 23901),
    member(12n, 23902, { name: 'b', clientUrls: ['http://b:1'] }),
    member(13n, 23903, { name: 'c', isLearner: true }),
  ];
  const join = (get: PeerGet, cluster = CLUSTER) =>
    joinCluster(config({ 'initial-cluster-state': 'existing' }), cluster, get, SILENT_LOGGER);

  test('takes ids from the first member that answers', async () => {
    const founding = await join(answering(running, 'http://127.0.0.1:23903'));
    expect(founding).toMatchObject({ clusterId: 77n, localId: 11n, remotes: running });
    expect(founding.members.map((one) => [one.id, one.name, one.isLearner])).toEqual([
      [11n, 'a', false],
      [12n, 'b', false],
      [13n, 'c', true],
    ]);
  });

  test('believes most of them: who is behind still knows a predecessor at its address', async () => {
    const behind = [member(9n, 23901), running[1]!, running[2]!];
    const four = `${CLUSTER},d=http://127.0.0.1:23904`;
    const fourth = member(14n, 23904);
    const get: PeerGet = (asked, path) =>
      answering([...(asked.endsWith('2') ? behind : running), fourth])(asked, path);
    expect((await join(get, four)).localId).toBe(11n);
  });

  test('needs a member that answers', async () => {
    await expect(join(nobody)).rejects.toThrow('cannot fetch cluster info from peer urls');
  });

  test('needs all members to be named, by the URLs they have', async () => {
    await expect(join(answering(running.slice(1)))).rejects.toThrow('member count is unequal');
    const moved = [running[0]!, running[1]!, member(13n, 9)];
    await expect(join(answering(moved))).rejects.toThrow('no match found for existing member (d,');
  });

  test('takes members under a TLS policy for the same, whatever their scheme is now', async () => {
    const secured = running.map((one) => ({
      ...one,
      peerUrls: one.peerUrls.map((url) => url.replace('http:', 'https:')),
    }));
    await expect(join(answering(secured))).rejects.toThrow('no match found');
    const following = config({ 'initial-cluster-state': 'existing', 'tls-dir': '/tls' });
    const founding = await joinCluster(following, CLUSTER, answering(secured), SILENT_LOGGER);
    expect(founding.members.map((one) => one.id)).toEqual([11n, 12n, 13n]);
    expect(founding.remotes).toEqual(secured);
  });
});
