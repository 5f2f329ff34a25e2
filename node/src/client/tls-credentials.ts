// TLS for grpc-js's channels. Its own credentials name the server in SNI even when that is an IP address, which RFC 6066
// (section 3) forbids and Node 26 refuses; and they read certificates once.
import { readFileSync, statSync } from 'node:fs';
import { isIP, type Socket } from 'node:net';
import { connect, createSecureContext, type ConnectionOptions, type SecureContext } from 'node:tls';
import { CallCredentials, ChannelCredentials, type experimental } from '@grpc/grpc-js';
import type { TlsOptions, TlsPem } from './options.ts';

interface Made {
  readonly context: SecureContext;
  /** Of the files that it was made of. */
  readonly stamp: string;
  readonly pem: TlsPem;
}

/** Takes the certificates anew for a new connection when they have changed. */
export class TlsContext {
  readonly #options: TlsOptions;
  #made: Made | undefined;

  /** @throws Error when a file can't be read or is no certificate or key */
  constructor(options: TlsOptions) {
    this.#options = options;
    this.current();
  }

  /** A pair that is only half written, or gone, leaves the former one in use. */
  current(): SecureContext {
    try {
      this.#made = this.#options.load === undefined ? this.#fromFiles() : this.#loaded();
    } catch (error) {
      if (this.#made === undefined) throw error;
    }
    return this.#made.context;
  }

  #fromFiles(): Made {
    const { ca, caFile, cert, certFile, key, keyFile } = this.#options;
    const stamp = [caFile, certFile, keyFile].map(changeStamp).join();
    if (this.#made?.stamp === stamp) return this.#made;
    const found = { ca: pem(ca, caFile), cert: pem(cert, certFile), key: pem(key, keyFile) };
    return { ...made(found), stamp };
  }

  #loaded(): Made {
    const found = this.#options.load?.() ?? {};
    const before = this.#made;
    const isSame = FIELDS.every((field) => isEqual(before?.pem[field], found[field]));
    return before !== undefined && isSame ? before : { ...made(found), stamp: '' };
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

const FIELDS = ['ca', 'cert', 'key'] as const;

/** @throws Error when the key does not belong to the certificate, or one of them is not whole */
function made({ ca, cert, key }: { [Field in keyof TlsPem]: TlsPem[Field] | undefined }) {
  const pem = {
    ...(ca && { ca: Buffer.from(ca) }),
    ...(cert && { cert: Buffer.from(cert) }),
    ...(key && { key: Buffer.from(key) }),
  };
  return { pem, context: createSecureContext({ ...pem, minVersion: 'TLSv1.2' }) };
}

function isEqual(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a === undefined || b === undefined ? a === b : Buffer.compare(a, b) === 0;
}

function pem(bytes: Uint8Array | undefined, file: string | undefined): Uint8Array | undefined {
  if (bytes !== undefined) return bytes;
  return file === undefined ? undefined : readFileSync(file);
}

function changeStamp(file: string | undefined): string {
  if (file === undefined) return '';
  const { ino, mtimeMs, size } = statSync(file);
  return `${ino}:${mtimeMs}:${size}`;
}
