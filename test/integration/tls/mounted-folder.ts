// A folder as kubelet mounts a projected volume: what is read goes through one symbolic link, which is exchanged whole.
//
//   server -> ..data/server     peer -> ..data/peer     policy.json -> ..data/policy.json     ..data -> ..3
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { PemPair } from '../support/certificates.ts';

export interface Policy {
  readonly accept: 'plain' | 'both' | 'server' | 'mutual';
  readonly advertise: 'http' | 'https';
}

export interface Side {
  readonly pair: PemPair;
  /** PEM of all authorities that are trusted. */
  readonly trust: string;
}

export interface MountedContent {
  readonly policy?: Policy | string | undefined;
  readonly server?: Side | undefined;
  readonly peer?: Side | undefined;
}

export class MountedFolder {
  readonly path: string;
  private generation = 0;
  private content: MountedContent = {};

  constructor(path: string) {
    this.path = path;
    mkdirSync(path, { recursive: true });
    for (const name of ['server', 'peer', 'policy.json']) {
      symlinkSync(join('..data', name), join(path, name));
    }
    this.update({});
  }

  /** Exchanges what is named; the rest stays. */
  update(change: MountedContent): void {
    this.content = { ...this.content, ...change };
    const former = `..${this.generation}`;
    const next = `..${++this.generation}`;
    for (const [name, text] of filesOf(this.content)) {
      const path = join(this.path, next, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
    }
    mkdirSync(join(this.path, next), { recursive: true });
    symlinkSync(next, join(this.path, '..data_tmp'));
    renameSync(join(this.path, '..data_tmp'), join(this.path, '..data'));
    rmSync(join(this.path, former), { recursive: true, force: true });
  }
}

function filesOf({ policy, server, peer }: MountedContent): [string, string][] {
  const files: [string, string][] = [];
  if (policy !== undefined) {
    files.push(['policy.json', typeof policy === 'string' ? policy : JSON.stringify(policy)]);
  }
  for (const [name, side] of Object.entries({ server, peer })) {
    if (side === undefined) continue;
    files.push([`${name}/tls.crt`, side.pair.certificate]);
    files.push([`${name}/tls.key`, side.pair.key]);
    files.push([`${name}/ca.crt`, side.trust]);
  }
  return files;
}
