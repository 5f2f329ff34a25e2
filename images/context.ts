// The builder's context: a small folder made for it, with the same names, modes and times on every machine.
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  linkSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { bundle } from './bundle.ts';
import { nodeBinary, nodeVersion, type Architecture } from './node-binary.ts';
import { PROJECT, SOURCES } from './paths.ts';
import { sbomTemplate } from './sbom.ts';

export interface ContextRequest {
  /** Emptied first. */
  readonly folder: string;
  readonly architectures: readonly Architecture[];
  readonly version: string;
  readonly sourceDateEpoch: number;
  /** Written into the Dockerfile for builders that do not fill in BUILDPLATFORM there: buildah and podman before 1.29 and 4.4. */
  readonly buildPlatform?: string | undefined;
}

/** Makes the context for `docker build`, `podman build` or `buildah build`. */
export async function prepareContext(request: ContextRequest): Promise<void> {
  const { folder, architectures, version, sourceDateEpoch } = request;
  rmSync(folder, { recursive: true, force: true });
  const { code, frontThread, packages } = await bundle();
  const nodeHashes: string[] = [];
  for (const architecture of architectures) {
    const binary = nodeBinary(architecture);
    nodeHashes.push(createHash('sha256').update(readFileSync(binary)).digest('hex'));
    hardLink(binary, join(folder, `node-${architecture}`));
  }
  const application = join(folder, 'application');
  write(join(application, 'usr/lib/binnacle/binnacle.mjs'), code, 0o755);
  write(join(application, 'usr/lib/binnacle/binnacle-front.mjs'), frontThread);
  for (const name of ['LICENSE', 'NOTICE'])
    write(join(application, 'usr/share/doc/binnacle', name), readFileSync(join(PROJECT, name)));
  mkdirSync(join(application, 'usr/local/bin'), { recursive: true });
  symlinkSync('../../lib/binnacle/binnacle.mjs', join(application, 'usr/local/bin/binnacle'));
  const sbom = sbomTemplate({ version, nodeVersion: nodeVersion(), nodeHashes, packages });
  write(join(folder, 'sbom.json'), sbom);
  const dockerfile = readFileSync(join(SOURCES, 'Dockerfile'), 'utf8');
  write(
    join(folder, 'Dockerfile'),
    dockerfile.replace('$BUILDPLATFORM', request.buildPlatform ?? '$BUILDPLATFORM'),
  );
  const script = 'unpack-libraries.sh';
  write(join(folder, script), readFileSync(join(SOURCES, script)));
  settle(folder, sourceDateEpoch);
}

function write(path: string, contents: string | Uint8Array, mode = 0o644): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, contents);
  chmodSync(path, mode);
}

/** 150 MB that need not be written again. */
function hardLink(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, to);
  }
  chmodSync(to, 0o755);
}

/** Whoever's machine it is: folders that everybody may enter, and one time. */
function settle(folder: string, time: number): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) settle(path, time);
    else if (entry.isFile()) utimesSync(path, time, time);
  }
  chmodSync(folder, 0o755);
  utimesSync(folder, time, time);
}
