import { expect, test } from 'vitest';
import { createSecureContext } from 'node:tls';
import type { TlsFiles, TlsPolicy } from '../platform/index.ts';
import { clientSecurity, metricsSecurity, peerTlsOf, type Certificates } from './certificates.ts';
import { buildConfig } from './config.ts';
import type { LiveTls } from './tls-policy.ts';

const config = (flags: Record<string, string> = {}) =>
  buildConfig(new Map(Object.entries({ 'tls-dir': '/tls', ...flags })));

const context = createSecureContext();
const files = { secureContext: () => context, clientContext: () => context } as TlsFiles; // all that is asked

function certificatesUnder(accept: TlsPolicy['accept'], loaded = true): Certificates {
  const advertise = accept === 'plain' ? 'http' : 'https';
  const side = { current: loaded ? files : undefined };
  const live = { current: { accept, advertise }, server: side, peer: side } as LiveTls; // all that is asked
  return { live, client: undefined, peer: undefined, close() {} };
}

test.each([
  ['plain', true, undefined],
  ['both', true, 'optional'],
  ['server', false, 'none'],
  ['mutual', false, 'required'],
] as const)(
  'under %s a port for clients takes plain: %s, TLS: %s',
  (accept, plain, clientCertificate) => {
    const { acceptance } = clientSecurity(config(), certificatesUnder(accept), 'http://a:2379');
    expect(acceptance?.().plain).toBe(plain);
    expect(acceptance?.().tls?.clientCertificate).toBe(clientCertificate);
  },
);

test('without certificates nothing is let in that should be under TLS', () => {
  const security = clientSecurity(config(), certificatesUnder('mutual', false), 'http://a:2379');
  expect(security.acceptance?.()).toEqual({ plain: false, tls: undefined });
});

test('URLs for metrics are as their scheme says, and ask for no certificate', () => {
  const certificates = certificatesUnder('mutual');
  expect(metricsSecurity(config(), certificates, 'http://a:2381')).toEqual({});
  const { acceptance } = metricsSecurity(config(), certificates, 'https://a:2381');
  expect(acceptance?.()).toMatchObject({ plain: false, tls: { clientCertificate: 'none' } });
});

test.each([
  ['plain', 'plain', ['http://a:1']],
  ['both', 'both', ['https://a:1', 'http://a:1']],
  ['server', 'tls', ['https://a:1']],
  ['mutual', 'tls', ['https://a:1']],
] as const)('under %s peers speak %s and dial %j', (accept, accepts, dialed) => {
  const tls = peerTlsOf(config(), certificatesUnder(accept));
  expect(tls?.accepts?.()).toBe(accepts);
  expect(tls?.dialUrls?.(['https://a:1'])).toEqual(dialed);
});

test('peers are known by address and flags, on Kubernetes by the common name of the release', () => {
  const certificates = certificatesUnder('mutual');
  expect(peerTlsOf(config(), certificates)).toMatchObject({
    requestClientCertificate: true,
    skipClientSanVerification: false,
    allowedCommonName: [],
  });
  const kubernetes = { 'discovery-mode': 'kubernetes', 'kubernetes-statefulset': 'demo' };
  expect(peerTlsOf(config(kubernetes), certificates)).toMatchObject({
    skipClientSanVerification: true,
    allowedCommonName: 'demo-peer',
  });
  const named = config({ ...kubernetes, 'peer-cert-allowed-cn': 'other' });
  expect(peerTlsOf(named, certificates)?.allowedCommonName).toEqual(['other']);
});

test('a peer without certificates of its own dials with none, and is refused', () => {
  expect(peerTlsOf(config(), certificatesUnder('both', false))?.clientOptions()).toEqual({});
});

test('--tls-dir does not go with flags that name certificates', () => {
  expect(() => config({ 'cert-file': 'a', 'key-file': 'b' })).toThrow('do not go together');
  expect(() => config({ 'peer-auto-tls': 'true' })).toThrow('--tls-dir and --peer-auto-tls');
  expect(
    config({ 'listen-client-urls': 'https://0.0.0.0:1', 'advertise-client-urls': 'https://a:1' })
      .tlsDir,
  ).toBe('/tls');
});
