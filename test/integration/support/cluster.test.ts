import { afterEach, describe, expect, test } from 'vitest';
import { startCluster, type TestCluster } from './cluster.ts';

let cluster: TestCluster | undefined;
afterEach(() => cluster?.stop());

describe('a test cluster', () => {
  test('answers over TLS and survives the restart of a member', async () => {
    cluster = await startCluster({ members: 3, tls: true });
    const [member] = cluster.members;
    const before = member!.pid;
    await member!.restart();
    expect(member!.pid).not.toBe(before);
    await cluster.untilHealthy();
    expect(await cluster.get(member!, '/version')).toContain('"etcdserver":"3.7.3"');
  });
});
