// What the image is made of, told from its archive alone.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ImageArchive } from '../../images/archive.ts';
import { repositoryFolder } from '../conformance/lib/paths.ts';
import type { Report } from '../conformance/lib/report.ts';

const SBOM = 'usr/share/sbom/binnacle.cdx.json';

interface Sbom {
  readonly bomFormat: string;
  readonly specVersion: string;
  readonly components: readonly {
    readonly name: string;
    readonly version: string;
    readonly purl: string;
    readonly hashes?: readonly { alg: string; content: string }[];
  }[];
}

export async function testContents(
  report: Report,
  image: ImageArchive,
  architecture: string,
  epochSeconds: number,
): Promise<void> {
  const { config } = image.config;
  await report.test(`${architecture}: user, entry point and labels`, async () => {
    assert.equal(image.config.architecture, architecture);
    assert.equal(config.User, '65532:65532');
    assert.deepEqual(config.Entrypoint, ['/usr/local/bin/binnacle']);
    const labels = config.Labels ?? {};
    assert.equal(labels['org.opencontainers.image.title'], 'Binnacle');
    assert.equal(labels['org.opencontainers.image.licenses'], 'Apache-2.0');
    assert.equal(labels['org.opencontainers.image.version'], versionOf('node/package.json'));
    assert.match(labels['org.opencontainers.image.revision'] ?? '', /^[0-9a-f]{40}(-changed)?$/);
    assert.equal(
      labels['org.opencontainers.image.created'],
      new Date(epochSeconds * 1000).toISOString(),
    );
  });
  await report.test(`${architecture}: nothing to run but Node and the bundle`, async () => {
    const programs = [...image.files.values()].filter(
      ({ path, type, mode }) =>
        type === 'file' && (mode & 0o111) !== 0 && !/\/(ld-linux|libc\.so)/.test(path),
    );
    assert.deepEqual(programs.map(({ path }) => path).sort(), [
      'usr/lib/binnacle/binnacle.mjs',
      'usr/local/bin/node',
    ]);
  });
  await report.test(
    `${architecture}: everything is root's and nobody else may write it`,
    async () => {
      const loose = [...image.files.values()].filter(
        ({ path, type, mode, uid }) =>
          path !== 'tmp' &&
          path !== 'var/lib/binnacle' &&
          (uid !== 0 || (mode & 0o6000) !== 0 || (type !== 'link' && (mode & 0o022) !== 0)),
      );
      assert.deepEqual(
        loose.map(({ path }) => path),
        [],
      );
    },
  );
  await report.test(`${architecture}: every file has the time of the sources`, async () => {
    const others = [...image.files.values()].filter((file) => file.mtimeSeconds !== epochSeconds);
    assert.deepEqual(
      others.map(({ path }) => path),
      [],
    );
  });
  await report.test(`${architecture}: the bill of materials lists what is inside`, async () => {
    testSbom(image, architecture);
  });
}

function testSbom(image: ImageArchive, architecture: string): void {
  const sbom = JSON.parse(image.files.get(SBOM)!.data.toString('utf8')) as Sbom;
  assert.equal(sbom.bomFormat, 'CycloneDX');
  const versions = new Map(sbom.components.map(({ name, version }) => [name, version]));
  const { dependencies } = JSON.parse(
    readFileSync(join(repositoryFolder, 'node/package.json'), 'utf8'),
  ) as { dependencies: Record<string, string> };
  // A dependency that nothing imports yet is not in the bundle, and so not in the list.
  const bundle = image.files.get('usr/lib/binnacle/binnacle.mjs')!.data;
  for (const [name, version] of Object.entries(dependencies)) {
    if (bundle.includes(`// node_modules/${name}/`))
      assert.equal(versions.get(name), version, name);
  }
  assert.equal(versions.get('pino'), dependencies['pino']);
  const libraries = ['libatomic1', 'libc6', 'libgcc-s1', 'libstdc++6'];
  for (const name of libraries) {
    const library = sbom.components.find((component) => component.name === name);
    assert.match(
      library?.purl ?? '',
      new RegExp(`^pkg:deb/debian/.*\\?arch=${architecture}$`),
      name,
    );
    const status = image.files.get(`var/lib/dpkg/status.d/${name}`)!.data.toString('utf8');
    assert.ok(status.includes(`\nVersion: ${library!.version}\n`), name);
    // GCC's packages share one folder, by a link.
    const shared = image.files.get(`usr/share/doc/${name}`)?.target || name;
    assert.ok(image.files.has(`usr/share/doc/${shared}/copyright`), `${name}: its licence`);
  }
  const node = sbom.components.find(({ name }) => name === 'node');
  assert.equal(node?.hashes?.length, 2, 'a hash for each architecture');
}

function versionOf(manifest: string): string {
  const { version } = JSON.parse(readFileSync(join(repositoryFolder, manifest), 'utf8')) as {
    version: string;
  };
  return version;
}
