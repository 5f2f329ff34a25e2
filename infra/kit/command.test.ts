// `npm run kit` as a process, with a PATH on which only some programs are.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Programs } from './testing/programs.ts';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));

let folder: string;
let config: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'binnacle-kit-'));
  config = join(folder, 'Pulumi.test.yaml');
  writeFileSync(config, 'config:\n  binnacle:namespace: store\n  binnacle:members: 3 # three\n');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function kit(programs: Programs, args: readonly string[], more: Record<string, string> = {}) {
  const argv = [MAIN, ...args, '--target', 'kubernetes', '--config', config];
  const env = { ...programs.environment, ...more, NO_COLOR: '1' };
  return spawnSync(process.execPath, argv, { encoding: 'utf8', env, input: '' });
}

test('without Pulumi it says how to get it and what it would have done, and changes nothing', () => {
  const programs = new Programs(folder, ['kubectl']);
  const before = readFileSync(config, 'utf8');
  const { status, stdout } = kit(programs, ['scale', '5', '--yes']);
  expect(status).toBe(2);
  expect(stdout).toContain('a new cluster of 5 members');
  expect(stdout).toMatch(/\+ StatefulSet +binnacle/);
  expect(stdout).toContain('Pulumi is not on PATH. Install it');
  expect(stdout).toMatch(/Nothing was changed\.\n$/);
  expect(programs.objects).toEqual({});
  expect(readFileSync(config, 'utf8')).toBe(before);
});

test('without Pulumi and without a cluster to look at there still is a plan', () => {
  for (const [names, reason] of [
    [[], 'kubectl is not on PATH'],
    [['kubectl'], 'connection refused'],
  ] as const) {
    rmSync(join(folder, 'bin'), { recursive: true, force: true });
    const { status, stdout } = kit(new Programs(folder, names), ['up'], { FAKE_DOWN: '1' });
    expect(status).toBe(2);
    expect(stdout).toContain(`which cannot be looked at (${reason})`);
    expect(stdout).toMatch(/\+ StatefulSet +binnacle/);
  }
});

test('a cluster that does not answer is a failure where something would be done', () => {
  const programs = new Programs(folder, ['kubectl', 'pulumi']);
  const { status, stderr } = kit(programs, ['up', '--yes'], { FAKE_DOWN: '1' });
  expect(status).toBe(1);
  expect(stderr).toContain('cannot be looked at: connection refused');
  expect(programs.calls).toEqual(['pulumi version']);
});

test('with Pulumi: its own command line, after the question', () => {
  const programs = new Programs(folder, ['kubectl', 'pulumi', 'npm']);
  const asked = kit(programs, ['up']);
  expect(asked.status).toBe(1);
  expect(asked.stderr).toContain('Nobody can be asked here: add --yes');
  expect(kit(programs, ['up', '--plan', '--yes']).status).toBe(0);
  expect(programs.calls.filter((call) => call !== 'pulumi version')).toEqual([]);
  // Objects that Pulumi would make, so that there is something to wait for.
  expect(kit(programs, ['up', '--yes', '--engine', 'kubectl']).status).toBe(0);
  expect(kit(programs, ['scale', '5', '--yes', '--plan']).status).toBe(0);
  const { stdout } = kit(programs, ['down', '--yes']);
  expect(programs.calls.filter((call) => call !== 'pulumi version')).toEqual([
    'pulumi stack select --create kubernetes --cwd ',
    'pulumi destroy --yes --skip-preview --stack kubernetes --cwd  --config-file Pulumi.test.yaml',
  ]);
  expect(stdout).toContain('The data is still there.');
});

test('by kubectl alone: up, again without a change, scaled, rotated, and down', () => {
  const programs = new Programs(folder, ['kubectl']);
  const run = (...args: string[]) => {
    const { status, stdout, stderr } = kit(programs, [...args, '--engine', 'kubectl', '--yes']);
    expect(stderr).toBe('');
    expect(status).toBe(0);
    return stdout;
  };
  expect(run('up')).toContain('namespace store created');
  expect(programs.objects['statefulset/binnacle']).toMatchObject({ spec: { replicas: 3 } });
  expect(run('up')).toContain('Everything is as the configuration says.');

  const scaled = run('scale', '5');
  expect(scaled).toContain('members: 3 → 5');
  expect(scaled).toContain('members: 5 of 5 ready · certificates and volumes: done');
  expect(scaled).toContain('statefulset/binnacle applied');
  expect(scaled).not.toContain('service/binnacle applied');
  expect(readFileSync(config, 'utf8')).toContain('binnacle:members: 5 # three');
  const jobs = () => Object.keys(programs.objects).filter((key) => key.startsWith('job/'));
  expect(jobs()).toHaveLength(1);

  expect(run('rotate')).toContain('generation 1 → 2');
  expect(readFileSync(config, 'utf8')).toContain('caGeneration: 2');

  expect(run('down')).toContain(
    'delete pvc,configmap,secret -l app.kubernetes.io/instance=binnacle',
  );
  expect(Object.keys(programs.objects)).toEqual(['namespace/store']);
  expect(run('down')).toContain('There is no cluster binnacle');
}, 60_000);

test.each([
  [['rotate'], 'config:\n  binnacle:tls: {mode: plain}\n', /no certificate to rotate/],
  [['rotate'], 'config:\n  binnacle:tls: {issuer: cert-manager}\n', /come from cert-manager/],
  [['scale', '12'], 'config: {}\n', /members: /],
  [['backup'], 'config: {}\n', /There are no backups: set backup\.enabled/],
])('%j with %j is refused', (args, text, message) => {
  writeFileSync(config, text);
  const { status, stderr } = kit(new Programs(folder, ['kubectl']), [
    ...args,
    '--engine',
    'kubectl',
  ]);
  expect(status).toBe(1);
  expect(stderr).toMatch(message);
});

test('a bad command line ends with 2 and the help', () => {
  const { status, stderr } = kit(new Programs(folder, []), ['scale']);
  expect(status).toBe(2);
  expect(stderr).toContain('Usage: npm run kit');
});
