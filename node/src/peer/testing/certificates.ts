// Certificates for tests, made by openssl: one authority, and leaves signed by it.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import tls from 'node:tls';
import type { PeerTls } from '../options.ts';

export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

export class Authority {
  readonly folder = fs.mkdtempSync(path.join(os.tmpdir(), 'peer-certificates-'));
  readonly pem: string;
  private serial = 1;

  constructor(name: string) {
    this.openssl(
      ['req', '-x509', ...NEW_KEY, '-keyout', 'ca.key', '-out', 'ca.crt', '-days', '2'],
      ['-subj', `/CN=${name}`, '-addext', 'keyUsage=critical,keyCertSign,cRLSign'],
    );
    this.pem = this.read('ca.crt');
  }

  /** A certificate for servers and clients; `names` as in openssl's subjectAltName: `IP:127.0.0.1`. */
  issue(commonName: string, names: string): KeyPair {
    const name = `leaf${++this.serial}`;
    const subject = ['-subj', `/CN=${commonName}`];
    this.openssl(['req', ...NEW_KEY, '-keyout', `${name}.key`, '-out', `${name}.csr`, ...subject]);
    const extensions = `basicConstraints=CA:FALSE\nsubjectAltName=${names}\n`;
    fs.writeFileSync(path.join(this.folder, `${name}.ext`), extensions);
    this.openssl(
      ['x509', '-req', '-in', `${name}.csr`, '-CA', 'ca.crt', '-CAkey', 'ca.key', '-days', '2'],
      ['-set_serial', String(this.serial), '-out', `${name}.crt`, '-extfile', `${name}.ext`],
    );
    return { cert: this.read(`${name}.crt`), key: this.read(`${name}.key`) };
  }

  remove(): void {
    fs.rmSync(this.folder, { recursive: true });
  }

  private read(name: string): string {
    return fs.readFileSync(path.join(this.folder, name), 'utf8');
  }

  private openssl(...words: readonly string[][]): void {
    execFileSync('openssl', words.flat(), { cwd: this.folder, stdio: 'pipe' });
  }
}

/** Options for a member that shows `pair` and trusts `authority`; `current` may be exchanged while it runs. */
export function tlsOptions(
  current: { pair: KeyPair },
  authority: Authority,
  more: Partial<PeerTls> = {},
): PeerTls {
  const context = (): tls.SecureContext =>
    tls.createSecureContext({ ...current.pair, ca: authority.pem });
  return {
    clientOptions: () => ({ secureContext: context() }),
    serverContext: context,
    ...more,
  };
}
