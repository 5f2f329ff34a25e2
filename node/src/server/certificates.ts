// TLS on both ports: certificates from files that are reloaded when they change, self-signed ones
// (etcd: client/pkg/transport/listener.go), or a policy that is followed while the member runs (--tls-dir).
import type { LookupFunction } from 'node:net';
import { join } from 'node:path';
import type { SecureContext } from 'node:tls';
import { present, type Logger } from '../base/index.ts';
import type { FrontAcceptance } from '../front/index.ts';
import { TlsFiles, ensureSelfSigned, parseTlsSettings, withScheme } from '../platform/index.ts';
import type { PeerTls } from '../peer/index.ts';
import type { Acceptance, ListenOptions } from '../rpc/index.ts';
import type { ServerConfig, TlsConfig } from './config.ts';
import { LiveTls } from './tls-policy.ts';

export interface Certificates {
  /** With --tls-dir, in place of `client` and `peer`. Not ready yet: see its waitUntilReady. */
  readonly live: LiveTls | undefined;
  /** Undefined where no URL is secure. */
  readonly client: TlsFiles | undefined;
  readonly peer: TlsFiles | undefined;
  /** Finds other members' addresses where DNS is not good enough (`live` only). */
  readonly lookup?: LookupFunction;
  close(): void;
}

/** @throws Error naming the file that is missing or wrong */
export async function openCertificates(
  config: ServerConfig,
  logger: Logger,
): Promise<Certificates> {
  if (config.tlsDir !== '') {
    const { kubernetes, tlsDir: folder } = config;
    const madeBy = kubernetes && `Job ${kubernetes.statefulSet}-reconcile-…`;
    const live = new LiveTls({ folder, settings: settingsOf(config), madeBy }, logger);
    return { live, client: undefined, peer: undefined, close: () => live.close() };
  }
  const client = await openSide(
    config,
    config.clientTls,
    'client',
    config.listenClientUrls,
    logger,
  );
  const peer = await openSide(config, config.peerTls, 'peer', config.listenPeerUrls, logger);
  return {
    live: undefined,
    client,
    peer,
    close() {
      client?.close();
      peer?.close();
    },
  };
}

async function openSide(
  config: ServerConfig,
  tls: TlsConfig,
  side: 'client' | 'peer',
  urls: readonly string[],
  logger: Logger,
): Promise<TlsFiles | undefined> {
  let { certFile, keyFile } = tls;
  if (certFile === '' && tls.auto && urls.some((url) => url.startsWith('https:'))) {
    const hosts = urls.map((url) => new URL(url).host);
    const options = {
      hosts,
      validityYears: config.selfSignedCertValidityYears,
      forClients: side === 'peer',
    };
    const made = await ensureSelfSigned(join(config.dataDir, 'fixtures', side), options, logger);
    ({ certFile, keyFile } = made);
  }
  if (certFile === '') return undefined;
  return new TlsFiles(
    {
      certFile,
      keyFile,
      clientCertFile: tls.clientCertFile,
      clientKeyFile: tls.clientKeyFile,
      trustedCaFile: tls.trustedCaFile,
      crlFile: tls.crlFile,
      settings: settingsOf(config),
    },
    logger,
  );
}

const settingsOf = (config: ServerConfig) =>
  parseTlsSettings(config.tlsMinVersion, config.tlsMaxVersion, config.cipherSuites);

/** How a URL for clients is listened on: by its scheme, or by the policy of the moment. */
export function clientSecurity(
  config: ServerConfig,
  { client: files, live }: Certificates,
  url: string,
): Pick<ListenOptions, 'tls' | 'acceptance'> {
  if (live !== undefined) return { acceptance: () => liveAcceptance(config, live) };
  if (files === undefined || !isSecure(url)) return {};
  const { clientCertAuth, allowedHostnames } = config.clientTls;
  return {
    tls: {
      secureContext: () => files.secureContext(),
      clientCertificate: clientCertAuth ? 'required' : 'none',
      allowedHostnames,
    },
  };
}

/** The same for front threads: what is accepted at this moment. Ask again after `followCertificates` tells of a change. */
export function frontAcceptance(
  config: ServerConfig,
  certificates: Certificates,
  url: string,
): FrontAcceptance {
  const { tls, acceptance } = clientSecurity(config, certificates, url);
  const accepted = acceptance?.() ?? { plain: tls === undefined, tls };
  const files = certificates.live?.server.current ?? certificates.client;
  if (accepted.tls === undefined || files === undefined)
    return { plain: accepted.plain, tls: undefined };
  const { clientCertificate, allowedCommonNames = [], allowedHostnames = [] } = accepted.tls;
  return {
    plain: accepted.plain,
    tls: { clientCertificate, allowedCommonNames, allowedHostnames, material: files.material() },
  };
}

/** Calls `changed` whenever new connections of clients meet another policy or other certificates. Returns the way to stop it. */
export function followCertificates(
  { client, live }: Certificates,
  changed: () => void,
): () => void {
  const stops = [
    client?.onReload(changed),
    live?.onChange(changed),
    live?.server.onChange(changed),
  ];
  return () => {
    for (const stop of stops) stop?.();
  };
}

/** How a URL for metrics and probes is listened on: by its scheme. Nobody is asked for a certificate under --tls-dir. */
export function metricsSecurity(
  config: ServerConfig,
  certificates: Certificates,
  url: string,
): Pick<ListenOptions, 'tls' | 'acceptance'> {
  const { live } = certificates;
  if (live === undefined) return clientSecurity(config, certificates, url);
  if (!isSecure(url)) return {};
  return {
    acceptance: () => {
      const files = live.server.current;
      if (files === undefined) return { plain: false, tls: undefined };
      const secureContext = (): SecureContext => files.secureContext();
      return { plain: false, tls: { secureContext, clientCertificate: 'none' } };
    },
  };
}

export function isSecure(url: string): boolean {
  return url.startsWith('https:') || url.startsWith('unixs:');
}

function liveAcceptance({ clientTls }: ServerConfig, live: LiveTls): Acceptance {
  const accept = live.current?.accept ?? 'plain';
  const files = live.server.current;
  if (accept === 'plain' || files === undefined)
    return { plain: accept === 'plain', tls: undefined };
  const clientCertificate = { both: 'optional', server: 'none', mutual: 'required' } as const;
  return {
    plain: accept === 'both',
    tls: {
      secureContext: () => files.secureContext(),
      clientCertificate: clientCertificate[accept],
      allowedHostnames: clientTls.allowedHostnames,
    },
  };
}

/** The peer port's TLS for the transport, and for calls to others. */
export function peerTlsOf(config: ServerConfig, certificates: Certificates): PeerTls | undefined {
  const { live, peer: files } = certificates;
  if (live !== undefined) {
    const { lookup } = certificates;
    return { ...livePeerTls(config, live), ...(lookup && { lookup }) };
  }
  if (files === undefined) return undefined;
  const { peerTls } = config;
  // With --peer-auto-tls nothing can be verified, as in etcd.
  const selfSigned = peerTls.certFile === '';
  return {
    clientOptions: () => ({
      secureContext: files.clientContext(),
      ...(selfSigned ? { rejectUnauthorized: false } : {}),
    }),
    serverContext: (): SecureContext => files.secureContext(),
    requestClientCertificate: peerTls.clientCertAuth || peerTls.trustedCaFile !== '',
    skipClientSanVerification: peerTls.skipClientSanVerification,
    allowedCommonName: peerTls.allowedCommonNames,
    allowedHostname: peerTls.allowedHostnames,
  };
}

/**
 * Between peers TLS is always mutual. On Kubernetes pods change their addresses, so a peer is known by its certificate's
 * common name alone, unless a flag says otherwise.
 */
function livePeerTls({ peerTls, kubernetes }: ServerConfig, live: LiveTls): PeerTls {
  const { allowedCommonNames, allowedHostnames } = peerTls;
  const byFlag = allowedCommonNames.length + allowedHostnames.length > 0;
  const accept = () => live.current?.accept ?? 'plain';
  return {
    clientOptions() {
      const files = live.peer.current;
      // Without certificates the handshake fails, as it should.
      return files === undefined ? {} : { secureContext: files.clientContext() };
    },
    serverContext: () =>
      present(live.peer.current, 'a policy with TLS is in force with certificates').secureContext(),
    requestClientCertificate: true,
    skipClientSanVerification: kubernetes !== undefined || peerTls.skipClientSanVerification,
    allowedCommonName:
      kubernetes === undefined || byFlag ? allowedCommonNames : `${kubernetes.statefulSet}-peer`,
    allowedHostname: allowedHostnames,
    accepts() {
      const accepted = accept();
      return accepted === 'plain' || accepted === 'both' ? accepted : 'tls';
    },
    // Others may be known by URLs from before a change that this member has not heard of.
    dialUrls(urls) {
      const plain = urls.map((url) => withScheme(url, 'http'));
      const secure = urls.map((url) => withScheme(url, 'https'));
      const accepted = accept();
      if (accepted === 'plain') return plain;
      if (accepted !== 'both') return secure;
      return [...new Set([...urls, ...plain, ...secure])];
    },
  };
}
