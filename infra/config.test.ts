import { describe, expect, it } from 'vitest';
import { CLUSTER_TEMPLATE, keysForKubernetes, parseClusterConfig } from './config-file.ts';
import { clusterSchema, compactionFlags, quotaBytes } from './config.ts';

function problemsOf(text: string): string[] {
  try {
    parseClusterConfig(text, 'cluster.yaml');
    return [];
  } catch (error) {
    return (error as Error).message.split('\n'); // it throws nothing else
  }
}

describe('cluster.yaml', () => {
  it('is written for a new user with every default in it', () => {
    expect(parseClusterConfig(CLUSTER_TEMPLATE, 'cluster.yaml')).toEqual(clusterSchema.parse({}));
  });

  it('means three members under mTLS when it is empty or has empty sections', () => {
    for (const text of ['', '# nothing\n', 'local:\ntls:\nstorage:\nautoCompaction:\n']) {
      const config = parseClusterConfig(text, 'cluster.yaml');
      expect(config.members).toBe(3);
      expect(config.tls.mode).toBe('mutual');
      expect(config.local).toEqual({ host: '127.0.0.1', clientPort: 2379, peerPort: 2380 });
    }
  });

  it.each([
    ['members: "3"', 'cluster.yaml:1:1: members: must be the number of members'],
    ['members: 0', 'cluster.yaml:1:1: members: must be the number of members'],
    ['members: 10', 'a whole number from 1 to 9 (it is 10)'],
    [
      'tls:\n  mode: maybe',
      'cluster.yaml:2:3: tls.mode: must be plain, server or mutual (it is "maybe")',
    ],
    ['tls:\n  extraSans:\n    - ok.example\n    - https://x', 'cluster.yaml:4:7: tls.extraSans.1:'],
    ['storage: {quota: 2}', 'storage.quota: must be a size, such as 2GiB (it is 2)'],
    ['storage: {quota: 2KiB}', 'must be a size from 16MiB on'],
    ['local: 5', 'cluster.yaml:1:1: local: must be a section'],
    [
      'local:\n  host: 0.0.0.0',
      'cluster.yaml:2:3: local.host: must be an IP address of this machine',
    ],
    ['- 3', 'cluster.yaml: the file: must be a section'],
  ])('says where %j is wrong and what to write', (text, expected) => {
    expect(problemsOf(text).join('\n')).toContain(expected);
  });

  it('knows no keys but its own, and says which one was meant', () => {
    expect(problemsOf('membrs: 3\n')).toEqual([
      'cluster.yaml:1:1: membrs: is not a key that anything reads; write members if you mean that',
    ]);
    expect(problemsOf('members: 3\nlocal:\n  clientport: 1\n')[0]).toBe(
      'cluster.yaml:3:3: local.clientport: is not a key that anything reads; write clientPort if you mean that',
    );
    expect(problemsOf('replicas: 3\n')[0]).toContain('remove it, or use one of name, members,');
  });

  it('knows the keys of sections inside sections and lists, too', () => {
    expect(problemsOf('backup: {destination: {s3: {buckt: x}}}')[0]).toContain('write bucket if');
    expect(problemsOf('placement: {tolerations: [{kei: x}]}')[0]).toContain('write key if');
    expect(problemsOf('autoCompaction: {retentoin: 1h}')[0]).toContain('write retention if');
  });

  it('lists what only Kubernetes gives a meaning to', () => {
    const text = 'members: 3\ntls: {issuer: self, mode: mutual}\nbackup: {enabled: true}\nimage:\n';
    expect(keysForKubernetes(text)).toEqual(['backup', 'tls.issuer']);
    expect(keysForKubernetes(CLUSTER_TEMPLATE)).toEqual([]);
  });

  it('names the line of what is no YAML, and of a key that is there twice', () => {
    expect(problemsOf('members: 3\nmembers: 4\n')[0]).toContain(
      'cluster.yaml:2:1: is not valid YAML',
    );
    expect(problemsOf('name: *nowhere\n')[0]).toMatch(/^cluster\.yaml: is not valid YAML: .*alias/);
    expect(problemsOf('members: [3\n')[0]).toMatch(/^cluster\.yaml:\d+:\d+: is not valid YAML/);
  });

  it('wants a retention that fits the mode of the compaction', () => {
    expect(problemsOf('autoCompaction: {mode: periodic}')[0]).toContain('must be a time');
    expect(problemsOf('autoCompaction: {mode: periodic, retention: 5}')[0]).toContain('a time');
    expect(problemsOf('autoCompaction: {mode: revision, retention: 1h}')[0]).toContain('a number');
    expect(problemsOf('autoCompaction: {retention: 1h}')[0]).toContain(
      'no meaning with mode: none',
    );
    expect(problemsOf('autoCompaction: {mode: revision, retention: 1000}')).toEqual([]);
  });

  it('keeps the ports of members apart', () => {
    expect(problemsOf('local: {clientPort: 2379, peerPort: 2389}')[0]).toContain('2380 works');
    expect(problemsOf('local: {clientPort: 2379, peerPort: 2379}')).not.toEqual([]);
    expect(problemsOf('local: {clientPort: 2379, peerPort: 2409}')).toEqual([]);
    expect(problemsOf('members: 9\nlocal: {peerPort: 65500}')[0]).toContain('leaves no room');
  });
});

describe('what the flags get', () => {
  it('reads sizes', () => {
    expect(quotaBytes('2GiB')).toBe(2 * 2 ** 30);
    expect(quotaBytes('1.5 GiB')).toBe(1.5 * 2 ** 30);
    expect(quotaBytes('500MB')).toBe(500e6);
    expect(quotaBytes('lots')).toBeNaN();
  });

  it('spells retention as etcd does', () => {
    const flags = (text: string) => compactionFlags(parseClusterConfig(text, 'x'));
    expect(flags('')).toEqual({ mode: 'periodic', retention: '0' });
    expect(flags('autoCompaction: {mode: periodic, retention: 2d}')).toEqual({
      mode: 'periodic',
      retention: '2880m',
    });
    expect(flags('autoCompaction: {mode: revision, retention: 1000}')).toEqual({
      mode: 'revision',
      retention: '1000',
    });
  });
});
