import * as fs from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { clusterSchema } from '../config.ts';
import { ConfigWatch, fixedChangeText } from './config-watch.ts';
import { memberFlags } from './member-flags.ts';
import { lastErrorIn } from './member-log.ts';
import { Notices } from './notices.ts';
import { Paths } from './paths.ts';
import { checkPorts } from './ports.ts';
import { checkDataFolders, newState, readState, writeState } from './state.ts';

let folder: string;
let paths: Paths;

beforeEach(() => {
  folder = fs.mkdtempSync(join(tmpdir(), 'binnacle-state-'));
  paths = new Paths(folder);
  fs.mkdirSync(paths.members, { recursive: true });
});
afterEach(() => fs.rmSync(folder, { recursive: true }));

const config = clusterSchema.parse({});

describe('the state folder', () => {
  it('is read as it was written', () => {
    const state = newState(config, 'token');
    writeState(paths, state);
    expect(readState(paths)).toEqual(state);
    expect(fs.readdirSync(paths.root).sort()).toEqual(['members', 'state.json']);
  });

  it('is empty before the first start, and not after a start was cut off early', () => {
    expect(readState(paths)).toBeUndefined();
    fs.mkdirSync(paths.dataDir('m1'));
    expect(() => readState(paths)).toThrow(
      /half written: it holds data of m1, but state\.json.*mv '/s,
    );
  });

  it('is refused when it is damaged', () => {
    for (const text of ['', '{"format": 1', '{"format": 2}']) {
      fs.writeFileSync(paths.stateFile, text);
      expect(() => readState(paths)).toThrow(/state\.json is damaged .* move the folder aside/s);
    }
  });

  it('is read under the name that plain HTTP had before', () => {
    const state = newState(clusterSchema.parse({ tls: { mode: 'plain' } }), 'token');
    fs.writeFileSync(paths.stateFile, JSON.stringify({ ...state, tls: 'off' }));
    expect(readState(paths)?.tls).toBe('plain');
  });

  it('is not made for certificates of members alone, which only Kubernetes has', () => {
    const server = clusterSchema.parse({ tls: { mode: 'server' } });
    expect(() => newState(server, 'token')).toThrow('write mutual, or plain');
  });

  it('is refused when data is gone, unless the cluster never came up', () => {
    const state = newState(config, 'token');
    for (const name of ['m1', 'm3']) fs.mkdirSync(paths.dataDir(name));
    expect(() => checkDataFolders(paths, state)).not.toThrow();
    state.founded = true;
    expect(() => checkDataFolders(paths, state)).toThrow(`${paths.dataDir('m2')} is missing`);
    state.members[1]!.phase = 'joining';
    expect(() => checkDataFolders(paths, state)).not.toThrow();
  });
});

describe('a member’s flags', () => {
  it('found a cluster with all of its first members', () => {
    const state = newState(config, 'token');
    const flags = memberFlags(paths, config, state, state.members[1]!);
    const valueOf = (flag: string) => flags[flags.indexOf(flag) + 1];
    expect(valueOf('--initial-cluster')).toBe(
      'm1=https://127.0.0.1:2380,m2=https://127.0.0.1:2390,m3=https://127.0.0.1:2400',
    );
    expect(valueOf('--initial-cluster-state')).toBe('new');
    expect(valueOf('--cert-file')).toBe(join(folder, '.binnacle/pki/m2.crt'));
    expect(flags).toContain('--client-cert-auth');
  });

  it('let one that joins know the others and itself, but none that leaves', () => {
    const state = newState(config, 'token');
    state.founded = true;
    state.members[0]!.phase = 'leaving';
    state.members[2]!.phase = 'joining';
    const flags = memberFlags(paths, config, state, state.members[2]!);
    expect(flags[flags.indexOf('--initial-cluster') + 1]).toBe(
      'm2=https://127.0.0.1:2390,m3=https://127.0.0.1:2400',
    );
    expect(flags[flags.indexOf('--initial-cluster-state') + 1]).toBe('existing');
  });

  it('are without certificates without TLS, and bracket IPv6 addresses', () => {
    const open = clusterSchema.parse({ tls: { mode: 'plain' }, local: { host: '::1' } });
    const state = newState(open, 'token');
    const flags = memberFlags(paths, open, state, state.members[0]!);
    expect(flags).toContain('http://[::1]:2379');
    expect(flags.join(' ')).not.toContain('cert');
  });
});

describe('edits of cluster.yaml', () => {
  const state = newState(config, 'token');
  const heard: string[] = [];
  const notices = new Notices();
  notices.add({ notice: (level, text) => heard.push(`${level}: ${text}`) });

  it('are taken over once they are whole, and reported when they are wrong', () => {
    fs.writeFileSync(paths.configFile, 'members: 3\n');
    const watch = new ConfigWatch(paths.configFile, 'members: 3\n', notices);
    expect(watch.look(state)).toBeUndefined();
    fs.writeFileSync(paths.configFile, 'members: 5\n');
    expect(watch.look(state)).toBeUndefined(); // it might be half written
    expect(watch.look(state)?.members).toBe(5);
    expect(watch.look(state)).toBeUndefined();
    fs.writeFileSync(paths.configFile, 'members: five\n');
    expect([watch.look(state), watch.look(state), watch.look(state)]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(heard).toHaveLength(1);
    expect(heard[0]).toContain('error: cluster.yaml:1:1: members: must be');
    expect(heard[0]).toContain('keeps running with what it had');
  });

  it('cannot change what a cluster keeps for life', () => {
    const text = 'members: 5\nlocal:\n  clientPort: 4000\n';
    const [problem] = fixedChangeText(
      text,
      state,
      clusterSchema.parse({ local: { clientPort: 4000 } }),
    );
    expect(problem).toContain('cluster.yaml:3: local.clientPort: is 4000, but');
    expect(problem).toContain('Write 2379 again');
    const withoutTls = clusterSchema.parse({ tls: { mode: 'plain' } });
    expect(fixedChangeText('tls: {mode: plain}', state, withoutTls)).toHaveLength(1);
    expect(fixedChangeText('', state, clusterSchema.parse({ members: 7 }))).toEqual([]);
  });
});

describe('ports', () => {
  it('that are taken are named with their key', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const state = newState(clusterSchema.parse({ members: 1, local: { peerPort: port } }), 'token');
    state.members[0]!.clientPort = port;
    const checked = checkPorts(state, state.members);
    await expect(checked).rejects.toThrow(`Port ${port} is taken by another program: m1 needs it`);
    await expect(checkPorts(state, state.members)).rejects.toThrow(
      'local.peerPort in cluster.yaml',
    );
    server.close();
  });

  it('need an address of this machine', async () => {
    const state = newState(clusterSchema.parse({ local: { host: '192.0.2.1' } }), 'token');
    await expect(checkPorts(state, state.members)).rejects.toThrow('no address of this machine');
  });
});

describe('the last error of a log', () => {
  it('is that of this process, with its reason', () => {
    const log = join(folder, 'm1.log');
    const old = '{"level":"fatal","msg":"old","error":"long ago"}\n';
    fs.writeFileSync(log, old);
    expect(lastErrorIn(log, old.length)).toBeUndefined();
    fs.appendFileSync(
      log,
      '{"level":"error","msg":"cannot open","error":"EACCES"}\n{"level":"info","msg":"bye"}\n',
    );
    expect(lastErrorIn(log, old.length)).toBe('cannot open: EACCES');
    fs.appendFileSync(log, 'TypeError: x is not a function\n    at y\n');
    expect(lastErrorIn(log, old.length)).toBe('TypeError: x is not a function');
    expect(lastErrorIn(join(folder, 'none'), 0)).toBeUndefined();
  });
});
