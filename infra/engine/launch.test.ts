// The compiled program, started by the SDK's own launcher as `pulumi up` starts it.
import { spawn, spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { compile } from '../build.ts';
import { startFakeEngine, type FakeEngine } from './testing/fake-engine.ts';

const FOLDER = fileURLToPath(new URL(`../dist/launch-${process.pid}`, import.meta.url));
const LAUNCHER = fileURLToPath(new URL('../../node_modules/@pulumi/pulumi/cmd/', import.meta.url));

let engine: FakeEngine;
beforeAll(async () => {
  await compile(FOLDER);
  engine = await startFakeEngine();
});
afterAll(() => {
  engine.stop();
  fs.rmSync(FOLDER, { recursive: true });
});

function launch(config: Record<string, string>): Promise<{ code: number | null; stderr: string }> {
  const flags = ['--monitor', engine.address, '--engine', engine.address];
  const names = ['--project', 'binnacle', '--stack', 'dev', '--pwd', FOLDER];
  const child = spawn(
    process.execPath,
    [`${LAUNCHER}run`, ...flags, ...names, '--dry-run', 'false', '--parallel', '8', 'program.mjs'],
    {
      env: { ...process.env, PULUMI_CONFIG: JSON.stringify(config) },
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  let stderr = '';
  child.stderr.on('data', (chunk) => (stderr += String(chunk)));
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, stderr })));
}

it('registers the cluster', async () => {
  const { code, stderr } = await launch({ 'binnacle:members': '5' });
  expect([code, stderr, engine.logged]).toEqual([0, '', []]);
  expect(engine.registered).toEqual(
    expect.arrayContaining([
      'binnacle:index:BinnacleCluster binnacle',
      'kubernetes:apps/v1:StatefulSet binnacle-stateful-set',
      'kubernetes:batch/v1:Job binnacle-job-reconcile',
      'kubernetes:core/v1:Service binnacle-service',
    ]),
  );
});

it('says what is wrong with the configuration, and nothing of stacks', async () => {
  engine.logged.length = 0;
  const { code } = await launch({ 'binnacle:membrs': '5' });
  expect(code).not.toBe(0);
  expect(engine.logged.join('\n')).toContain('binnacle:membrs: no such key');
  expect(engine.logged.join('\n')).not.toContain('at readSettings');
});

it('is a package of components that the host of components loads', () => {
  const program = `const { getPulumiComponents } = require('@pulumi/pulumi/provider/experimental/provider.js');
    const found = getPulumiComponents(require(${JSON.stringify(`${FOLDER}/package.cjs`)}));
    process.stdout.write(found.map(({ name }) => name).sort().join(' '));`;
  const { stdout, stderr } = spawnSync(process.execPath, ['-e', program], { encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(stdout).toBe('Backup BinnacleCluster CertificateAuthority Monitoring');
});
