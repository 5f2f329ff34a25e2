// What is inside the image, as CycloneDX 1.6 (ECMA-424). The packages of JavaScript come from the lock file, Node from
// its binary; Debian's libraries are filled in by the stage of the Dockerfile that downloads them.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT } from './paths.ts';

/** A line of its own, which unpack-libraries.sh replaces by a component each library. */
export const LIBRARIES_MARK = '@libraries@';

interface LockFile {
  readonly packages: Readonly<Record<string, LockedPackage>>;
}

interface LockedPackage {
  readonly version: string;
  readonly license?: string;
  readonly integrity?: string;
}

export interface Component {
  readonly type: string;
  readonly 'bom-ref': string;
  readonly name: string;
  readonly version: string;
  readonly purl: string;
  readonly licenses?: readonly { readonly license: { readonly name: string } }[];
  readonly hashes?: readonly { readonly alg: string; readonly content: string }[];
}

export interface SbomInput {
  readonly version: string;
  readonly nodeVersion: string;
  /** SHA-256 of Node's binary for each architecture. */
  readonly nodeHashes: readonly string[];
  /** As `Bundle.packages`. */
  readonly packages: readonly string[];
}

/** The template: valid JSON once the line with the mark is gone. */
export function sbomTemplate(input: SbomInput): string {
  const lock = JSON.parse(readFileSync(join(PROJECT, 'package-lock.json'), 'utf8')) as LockFile;
  const components = [
    nodeComponent(input),
    ...input.packages.map((folder) => packageComponent(folder, lock.packages[folder])),
  ];
  const head = {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: `urn:uuid:${uuidOf(JSON.stringify([input.version, components]))}`,
    version: 1,
    metadata: {
      component: {
        type: 'container',
        'bom-ref': 'binnacle',
        name: 'binnacle',
        version: input.version,
        licenses: [{ license: { name: 'Apache-2.0' } }],
      },
    },
  };
  const lines = components.map((component) => `    ${JSON.stringify(component)}`).join(',\n');
  return `${JSON.stringify(head, undefined, 2).slice(0, -2)},\n  "components": [\n${lines}\n${LIBRARIES_MARK}\n  ]\n}\n`;
}

function nodeComponent({ nodeVersion, nodeHashes }: SbomInput): Component {
  return {
    type: 'platform',
    'bom-ref': `pkg:generic/node@${nodeVersion}`,
    name: 'node',
    version: nodeVersion,
    purl: `pkg:generic/node@${nodeVersion}`,
    licenses: [{ license: { name: 'MIT' } }],
    hashes: nodeHashes.map((content) => ({ alg: 'SHA-256', content })),
  };
}

/** Throws an error when the lock file does not have the package: then what is inside is not what was locked. */
function packageComponent(folder: string, locked: LockedPackage | undefined): Component {
  if (locked === undefined) throw new Error(`package-lock.json has no ${folder}: run 'npm ci'`);
  const name = folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length);
  const purl = `pkg:npm/${name.replace('@', '%40')}@${locked.version}`;
  return {
    type: 'library',
    'bom-ref': purl,
    name,
    version: locked.version,
    purl,
    ...(locked.license === undefined ? {} : { licenses: [{ license: { name: locked.license } }] }),
    ...hashOf(locked.integrity),
  };
}

/** The lock file has base64 of SHA-512; the bill of materials wants hexadecimal. */
function hashOf(integrity: string | undefined): Pick<Component, 'hashes'> {
  const base64 = /^sha512-(?<hash>\S+)$/.exec(integrity ?? '')?.groups?.['hash'];
  if (base64 === undefined) return {};
  return { hashes: [{ alg: 'SHA-512', content: Buffer.from(base64, 'base64').toString('hex') }] };
}

/** The same contents have the same serial number: a UUID of version 8 (RFC 9562, 5.8) from their hash. */
function uuidOf(contents: string): string {
  const hash = createHash('sha256').update(contents).digest('hex');
  return [
    hash.slice(0, 8),
    hash.slice(8, 12),
    `8${hash.slice(13, 16)}`,
    `8${hash.slice(17, 20)}`,
    hash.slice(20, 32),
  ].join('-');
}
