import { expect, test } from 'vitest';
import { bundle } from './bundle.ts';
import { LIBRARIES_MARK, sbomTemplate, type Component } from './sbom.ts';

const input = { version: '1.0.0', nodeVersion: '26.0.0', nodeHashes: ['ab'], packages: [] };
const parse = (text: string): { serialNumber: string; components: Component[] } =>
  JSON.parse(text.replace(LIBRARIES_MARK, '')) as never; // the fields that are read here

test('each package of the bundle is in it with the version and the hash that are locked', async () => {
  const { packages, code, frontThread } = await bundle();
  const { components } = parse(sbomTemplate({ ...input, packages }));
  const pino = components.find(({ name }) => name === 'pino');
  expect(pino?.purl).toMatch(/^pkg:npm\/pino@\d+\.\d+\.\d+$/);
  expect(pino?.hashes).toEqual([
    { alg: 'SHA-512', content: expect.stringMatching(/^[0-9a-f]{128}$/) as string },
  ]);
  const scoped = components.find(({ name }) => name === '@peculiar/x509');
  expect(scoped?.purl).toMatch(/^pkg:npm\/%40peculiar\/x509@/);
  expect(components.filter(({ name }) => name === 'vitest')).toEqual([]);
  const text = Buffer.from(code).toString();
  expect(text).toMatch(/^#!\/usr\/local\/bin\/node --disable-warning=ExperimentalWarning\n/);
  // The list of packages is the program's alone.
  expect(Buffer.from(frontThread).toString()).not.toContain('// node_modules/');
  // The local start needs the sources, and is not there.
  expect(text).not.toContain('infra/local/');
});

test('the same contents have the same serial number, others another', () => {
  const one = parse(sbomTemplate(input)).serialNumber;
  expect(parse(sbomTemplate(input)).serialNumber).toBe(one);
  expect(parse(sbomTemplate({ ...input, version: '1.0.1' })).serialNumber).not.toBe(one);
  expect(one).toMatch(/^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
});

test('a package that is not locked is refused', () => {
  expect(() => sbomTemplate({ ...input, packages: ['node_modules/stray'] })).toThrow(
    /package-lock\.json has no node_modules\/stray/,
  );
});
