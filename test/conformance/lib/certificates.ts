/**
 * A certificate authority with one certificate for servers and peers and one for clients, made by openssl.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './process.ts';

export interface Certificates {
  readonly caFile: string;
  readonly serverCertFile: string;
  readonly serverKeyFile: string;
  readonly clientCertFile: string;
  readonly clientKeyFile: string;
}

/** Makes the certificates in `folder`, unless they are there. Servers are localhost, 127.0.0.1 and ::1. */
export async function makeCertificates(folder: string): Promise<Certificates> {
  const file = (name: string): string => join(folder, name);
  const certificates = {
    caFile: file('ca.crt'),
    serverCertFile: file('server.crt'),
    serverKeyFile: file('server.key'),
    clientCertFile: file('client.crt'),
    clientKeyFile: file('client.key'),
  };
  if (existsSync(certificates.clientCertFile)) return certificates;
  mkdirSync(folder, { recursive: true });
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  await openssl(
    ['req', '-x509', ...curve, '-keyout', file('ca.key'), '-out', certificates.caFile],
    ['-days', '3650', '-subj', '/CN=conformance-ca'],
    ['-addext', 'keyUsage=critical,keyCertSign,cRLSign,digitalSignature'],
  );
  const names = 'subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1';
  for (const [name, usage] of [
    ['server', `extendedKeyUsage=serverAuth,clientAuth\n${names}`],
    ['client', 'extendedKeyUsage=clientAuth'],
  ] as const) {
    const request = file(`${name}.csr`);
    const extensions = file(`${name}.ext`);
    writeFileSync(
      extensions,
      `basicConstraints=CA:FALSE\nkeyUsage=digitalSignature\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n${usage}\n`,
    );
    await openssl(
      ['req', ...curve, '-keyout', file(`${name}.key`), '-out', request],
      ['-subj', `/CN=${name}`],
    );
    await openssl(
      ['x509', '-req', '-in', request, '-CA', certificates.caFile, '-CAkey', file('ca.key')],
      ['-CAcreateserial', '-days', '3650', '-out', file(`${name}.crt`), '-extfile', extensions],
    );
  }
  return certificates;
}

async function openssl(...words: readonly string[][]): Promise<void> {
  const outcome = await run('openssl', words.flat());
  if (outcome.code !== 0) throw new Error(`openssl: ${outcome.stderr}`);
}
