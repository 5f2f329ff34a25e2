// A certificate authority for tests, made with openssl in a folder that is removed at once.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Pair {
  readonly cert: string;
  readonly key: string;
}

export interface Certificates {
  readonly ca: string;
  readonly server: Pair;
  readonly secondServer: Pair;
  /** Common name `alice`, name `client.test`. */
  readonly client: Pair;
  /** Signed by nobody that the server trusts. */
  readonly stranger: Pair;
}

export function makeCertificates(): Certificates {
  const folder = mkdtempSync(join(tmpdir(), 'binnacle-rpc-'));
  const openssl = (...args: string[]): void => {
    execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  };
  const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const selfSigned = (name: string): void =>
    openssl(
      'req',
      '-x509',
      ...key,
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.crt`,
      '-days',
      '2',
      '-subj',
      `/CN=${name}`,
    );
  const signed = (name: string, alternative: string): Pair => {
    openssl('req', ...key, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`);
    writeFileSync(join(folder, 'ext'), `subjectAltName=${alternative}\n`);
    openssl(
      'x509',
      '-req',
      '-in',
      `${name}.csr`,
      '-CA',
      'ca.crt',
      '-CAkey',
      'ca.key',
      '-CAcreateserial',
      '-out',
      `${name}.crt`,
      '-days',
      '2',
      '-extfile',
      'ext',
    );
    return { cert: read(`${name}.crt`), key: read(`${name}.key`) };
  };
  try {
    selfSigned('ca');
    selfSigned('stranger');
    return {
      ca: read('ca.crt'),
      server: signed('server', 'IP:127.0.0.1,DNS:localhost'),
      secondServer: signed('second', 'IP:127.0.0.1,DNS:localhost'),
      client: signed('alice', 'DNS:client.test'),
      stranger: { cert: read('stranger.crt'), key: read('stranger.key') },
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
