import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import type { TlsFiles } from '../platform/index.ts';
import { showCertificates } from './certificate-metrics.ts';
import type { Certificates } from './certificates.ts';
import type { LiveTls } from './tls-policy.ts';

const until = (notAfter: string) =>
  ({ summary: () => ({ leaf: '', trust: [], notAfter }) }) as unknown as TlsFiles; // all that is asked

const NONE: Certificates = { live: undefined, client: undefined, peer: undefined, close() {} };

/** `server 1700000000` */
async function shown(certificates: Certificates): Promise<string[]> {
  const registry = new Registry();
  showCertificates(registry, certificates);
  const lines = (await registry.metrics()).matchAll(/certificate="(\w+)"} (\d+)/g);
  return [...lines].map(([, certificate, seconds]) => `${certificate} ${seconds}`);
}

test('certificates of flags and of a followed folder are shown while there are any', async () => {
  expect(await shown(NONE)).toEqual([]);
  const client = until('2023-11-14T22:13:20.000Z');
  expect(await shown({ ...NONE, client })).toEqual(['server 1700000000']);
  const side = (current: TlsFiles | undefined) => ({ current });
  const peer = until('2023-11-14T22:13:21.000Z');
  const live = { server: side(client), peer: side(peer) } as LiveTls; // as above
  expect(await shown({ ...NONE, live })).toEqual(['server 1700000000', 'peer 1700000001']);
  const empty = { server: side(undefined), peer: side(undefined) } as LiveTls; // as above
  expect(await shown({ ...NONE, live: empty })).toEqual([]);
});
