import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as pulumi from '@pulumi/pulumi';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { capture, type CaptureOptions, type Registration } from '../engine/capture.ts';
import { stackConfig } from '../engine/run.ts';
import { clusterShape } from '../config.ts';
import { deploy } from './program.ts';

const file = (name: string): string =>
  fs.readFileSync(new URL(`../${name}`, import.meta.url), 'utf8');

const run = (text: string, options: CaptureOptions = {}) =>
  capture(deploy, { config: stackConfig(text), ...options });

const find = (resources: readonly Registration[], type: string): Registration =>
  resources.find((each) => each.type === type)!;

describe('the stack’s configuration', () => {
  it('has every key of a cluster but those of one machine', async () => {
    const { resources } = await run('members: 5\ntls: {mode: plain}\nname: etcd\nnamespace: shop');
    const members = find(resources, 'kubernetes:apps/v1:StatefulSet');
    expect(members.inputs).toMatchObject({
      metadata: { name: 'etcd', namespace: 'shop' },
      spec: { replicas: 5 },
    });
    await expect(run('local: {clientPort: 1}')).rejects.toThrow('binnacle:local: no such key');
  });

  it('takes what `pulumi config set` writes: text', async () => {
    const { resources } = await capture(deploy, { config: { 'binnacle:members': '5' } });
    expect(find(resources, 'kubernetes:apps/v1:StatefulSet').inputs).toMatchObject({
      spec: { replicas: 5 },
    });
  });

  it.each([
    ['membrs: 3', 'binnacle:membrs: no such key'],
    ['members: 0', 'members: must be the number of members'],
    ['backup: {enabled: true, destination: {kind: s3}}', 's3.bucket: is missing'],
    ['build: {enabled: maybe}', 'binnacle:build.enabled: must be true or false'],
    ['namespace: "No"', 'binnacle:namespace: must be the name of a namespace'],
  ])('refuses %s', async (text, message) => {
    await expect(run(text)).rejects.toThrow(message);
  });

  it('goes to the context that is named, and changes ConfigMaps in place', async () => {
    const { resources } = await run('context: prod');
    expect(find(resources, 'pulumi:providers:kubernetes').inputs).toMatchObject({
      context: 'prod',
      enableConfigMapMutable: 'true',
    });
    const { resources: others } = await run('context: ""');
    expect(find(others, 'pulumi:providers:kubernetes').inputs).not.toHaveProperty('context');
  });

  it('is typed in Pulumi.yaml as far as Pulumi has types, with the program’s defaults', () => {
    const project = parse(file('Pulumi.yaml')) as {
      name: string;
      runtime: unknown;
      config: Record<string, { type: string; default: unknown }>;
    };
    expect(project.name).toBe('binnacle');
    expect(project.runtime).toEqual({ name: 'nodejs', options: { typescript: false } });
    const defaults = clusterShape.parse({}) as Record<string, unknown>;
    for (const [key, { default: value }] of Object.entries(project.config))
      if (key in defaults) expect(value, key).toBe(defaults[key]);
  });

  it.each(['kind', 'kubernetes'])('of stack %s is right', async (stack) => {
    const { config } = parse(file(`Pulumi.${stack}.yaml`)) as { config: Record<string, unknown> };
    const values = Object.entries(config).map(([key, value]) => [
      key.replace('binnacle:', ''),
      value,
    ]);
    const own = Object.fromEntries(values) as Record<string, object>;
    if (own['build'] !== undefined) own['build'] = { ...own['build'], enabled: false };
    const { resources } = await run(JSON.stringify(own), { stack });
    expect(find(resources, 'kubernetes:apps/v1:StatefulSet')).toBeDefined();
  });
});

describe('the image for kind', () => {
  let folder: string;
  beforeEach(() => {
    folder = fs.mkdtempSync(join(tmpdir(), 'binnacle-kind-'));
    fs.mkdirSync(join(folder, 'application'));
    fs.writeFileSync(join(folder, 'Dockerfile'), 'FROM scratch\n');
    fs.writeFileSync(join(folder, 'application/a.mjs'), 'one');
  });
  afterEach(() => fs.rmSync(folder, { recursive: true }));

  const build = (isPreview = false) =>
    run(JSON.stringify({ build: { enabled: true, context: folder, kindCluster: 'test' } }), {
      isPreview,
      outputsOf: (type) =>
        type === 'docker:index/image:Image' && !isPreview ? { repoDigest: 'sha256:1' } : {},
    });
  const imageIn = (resources: readonly Registration[]): unknown =>
    find(resources, 'docker:index/image:Image').inputs['imageName'];
  const LOADED = 'pulumi-nodejs:dynamic/binnacle:LoadedImage';

  it('has a tag that follows from what is in it', async () => {
    const first = imageIn((await build()).resources);
    expect(first).toMatch(/^localhost\/binnacle:0\.1\.0-[0-9a-f]{12}$/);
    expect(imageIn((await build()).resources)).toBe(first);
    fs.writeFileSync(join(folder, 'application/a.mjs'), 'two');
    const { resources } = await build();
    expect(imageIn(resources)).not.toBe(first);
    const members = JSON.stringify(find(resources, 'kubernetes:apps/v1:StatefulSet').inputs);
    expect(members).toContain(`"image":"${String(imageIn(resources))}"`);
  });

  it('is not known, and not loaded, at a preview', async () => {
    const { resources } = await build(true);
    expect(find(resources, LOADED).inputs['image']).toEqual({ __pulumiUnknown: true });
    expect(find(resources, 'docker:index/image:Image').inputs['buildOnPreview']).toBe(false);
    expect(find(resources, 'kubernetes:apps/v1:StatefulSet').inputs).toMatchObject({
      metadata: { name: 'binnacle' },
    });
  });

  it('is in the nodes before the first object is made', async () => {
    const { resources } = await build();
    const order = resources.map(({ type }) => type);
    expect(order.indexOf(LOADED)).toBeGreaterThan(order.indexOf('docker:index/image:Image'));
    expect(order.indexOf('kubernetes:core/v1:ConfigMap')).toBeGreaterThan(order.indexOf(LOADED));
  });

  it('is loaded by code that runs in another process, when it is deployed and not before', async () => {
    const { resources } = await build();
    const inputs = find(resources, LOADED).inputs as { __provider: string; image: string };
    const program = join(folder, 'provider.cjs');
    fs.writeFileSync(
      program,
      `${inputs.__provider}\nvoid exports.handler().create(${JSON.stringify({ image: inputs.image, cluster: 'test' })}).then((r) => console.log(JSON.stringify(r)), (e) => { console.error(e.message); process.exit(1); });`,
    );
    const kind = join(folder, 'kind');
    fs.writeFileSync(kind, '#!/bin/sh\necho "$@" >"$0.log"\n', { mode: 0o755 });
    const start = (path: string) =>
      spawnSync(process.execPath, [program], { encoding: 'utf8', env: { PATH: path } });
    expect(fs.existsSync(`${kind}.log`)).toBe(false);
    const { stdout, stderr } = start(`${folder}:/bin:/usr/bin`);
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toMatchObject({ id: `test/${inputs.image}` });
    expect(fs.readFileSync(`${kind}.log`, 'utf8')).toBe(
      `load docker-image ${inputs.image} --name test\n`,
    );
    fs.rmSync(kind);
    expect(start('/nowhere').stderr).toContain('is it installed?');
  });

  it('needs its folder, and says how to make it', async () => {
    fs.rmSync(join(folder, 'Dockerfile'));
    await expect(build()).rejects.toThrow('npm run build:infra -- --image');
    expect(pulumi.runtime.isDryRun()).toBe(false);
  });
});
