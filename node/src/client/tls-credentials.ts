// TLS for grpc-js's channels. Its own credentials name the server in SNI even when that is an IP address, which RFC 6066
// (section 3) forbids and Node 26 refuses; and they read certificates once.
import { readFileSync, statSync } from 'node:fs';
import { isIP, type Socket } from 'node:net';
import { connect, createSecureContext, type ConnectionOptions, type SecureContext } from 'node:tls';
import { CallCredentials, ChannelCredentials, type experimental } from '@grpc/grpc-js';
import type { TlsOptions } from './options.ts';

/** Reads certificate files again for a new connection when they have changed. */
export class TlsContext {
  readonly #options: TlsOptions;
  #made: { readonly context: SecureContext; readonly stamp: string } | undefined;

  /** @throws Error when a file can't be read or is no certificate or key */
  constructor(options: TlsOptions) {
    this.#options = options;
    this.current();
  }

  /** A pair that is only half written, or gone, leaves the former one in use. */
  current(): SecureContext {
    const { ca, caFile, cert, certFile, key, keyFile } = this.#options;
    try {
      const stamp = [caFile, certFile, keyFile].map(changeStamp).join();
      if (this.#made?.stamp !== stamp) {
        const files = { ca: pem(ca, caFile), cert: pem(cert, certFile), key: pem(key, keyFile) };
        this.#made = { context: createSecureContext({ ...files, minVersion: 'TLSv1.2' }), stamp };
      }
    } catch (error) {
      if (this.#made === undefined) throw error;
    }
    return this.#made.context;
  }

  /** Connections to `host`, whose certificate must be for it or for the `serverName` of the options. */
  credentialsFor(host: string): ChannelCredentials {
    return new TlsCredentials(this, this.#options.serverName ?? host);
  }
}

class TlsCredentials extends ChannelCredentials {
  readonly #context: TlsContext;
  readonly #name: string;

  constructor(context: TlsContext, name: string) {
    super();
    this.#context = context;
    this.#name = name;
  }

  override _isSecure(): boolean {
    return true;
  }

  override _equals(other: ChannelCredentials): boolean {
    return this === other;
  }

  override _createSecureConnector(
    _target: experimental.GrpcUri,
    _options: object,
    callCredentials: CallCredentials = CallCredentials.createEmpty(),
  ): experimental.SecureConnector {
    return {
      connect: (socket) => this.#connect(socket),
      waitForReady: () => Promise.resolve(),
      getCallCredentials: () => callCredentials,
      destroy: () => undefined,
    };
  }

  #connect(socket: Socket): Promise<experimental.SecureConnectResult> {
    const options: ConnectionOptions = {
      socket,
      secureContext: this.#context.current(),
      ALPNProtocols: ['h2'],
      // The name that the certificate is checked for.
      host: this.#name,
    };
    if (isIP(this.#name) === 0) options.servername = this.#name;
    return new Promise((resolve, reject) => {
      const secured = connect(options, () => resolve({ socket: secured, secure: true }));
      secured.on('error', reject);
      secured.once('close', () => reject(new Error('the connection was closed')));
    });
  }
}

function pem(bytes: Uint8Array | undefined, file: string | undefined): Buffer | undefined {
  if (bytes !== undefined) return Buffer.from(bytes);
  return file === undefined ? undefined : readFileSync(file);
}

function changeStamp(file: string | undefined): string {
  if (file === undefined) return '';
  const { ino, mtimeMs, size } = statSync(file);
  return `${ino}:${mtimeMs}:${size}`;
}
