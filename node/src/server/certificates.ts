// TLS on both ports: certificates from files that are reloaded when they change, or self-signed ones
// (etcd: client/pkg/transport/listener.go).
import { join } from 'node:path';
import type { SecureContext } from 'node:tls';
import type { Logger } from '../base/index.ts';
import { TlsFiles, ensureSelfSigned, parseTlsSettings } from '../platform/index.ts';
import type { PeerTls } from '../peer/index.ts';
import type { ServerConfig, TlsConfig } from './config.ts';

export interface Certificates {
  /** Undefined where no URL is secure. */
  readonly client: TlsFiles | undefined;
  readonly peer: TlsFiles | undefined;
  close(): void;
}

/** @throws Error naming the file that is missing or wrong */
export async function openCertificates(
  config: ServerConfig,
  logger: Logger,
): Promise<Certificates> {
  const client = await openSide(
    config,
    config.clientTls,
    'client',
    config.listenClientUrls,
    logger,
  );
  const peer = await openSide(config, config.peerTls, 'peer', config.listenPeerUrls, logger);
  return {
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
      settings: parseTlsSettings(config.tlsMinVersion, config.tlsMaxVersion, config.cipherSuites),
    },
    logger,
  );
}

/** The peer port's TLS for the transport. With --peer-auto-tls nothing can be verified, as in etcd. */
export function peerTlsOf(config: ServerConfig, files: TlsFiles | undefined): PeerTls | undefined {
  if (files === undefined) return undefined;
  const { peerTls } = config;
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
