// How clients reach the store: through the client Service, with the certificates of the Secret for clients.
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client, type ClientOptions } from '../../../node/src/client/index.ts';
import type { Background } from '../../conformance/lib/process.ts';
import { eventually } from '../../conformance/lib/process.ts';
import type { Kubectl } from './kubectl.ts';

const CLIENT_PORT = 2379;
const FILES = ['tls.crt', 'tls.key', 'ca.crt'] as const;

/** What an application would have: a name and port, and a folder in which it finds the client Secret mounted. */
export class Access {
  /** False while the store is (to be) reached without TLS. */
  secure: boolean;
  readonly #kubectl: Kubectl;
  readonly #release: string;
  readonly #folder: string;
  #address = '';
  #watch: Background | undefined;
  #seenLines = 0;
  #mounted = '';

  constructor(kubectl: Kubectl, release: string, folder: string, secure: boolean) {
    this.#kubectl = kubectl;
    this.#release = release;
    this.#folder = folder;
    this.secure = secure;
    mkdirSync(folder, { recursive: true });
  }

  /** Looks the Service up, and keeps the folder like the Secret from now on. */
  async start(): Promise<void> {
    const service = await this.#kubectl.get<{ spec: { clusterIP: string } }>(
      'service',
      this.#release,
    );
    if (service === undefined) throw new Error(`there is no Service ${this.#release}`);
    this.#address = service.spec.clusterIP;
    const template = FILES.map((name) => `{.data.${name.replace('.', '\\.')}}`).join(' ');
    this.#watch = this.#kubectl.watch('secret', `${this.#release}-client-tls`, template);
    if (this.secure) await this.untilCertificates();
  }

  async stop(): Promise<void> {
    await this.#watch?.stop();
  }

  get hasCertificates(): boolean {
    this.#follow();
    return this.#mounted !== '';
  }

  async untilCertificates(timeoutMs = 60_000): Promise<void> {
    const found = async (): Promise<true | undefined> =>
      Promise.resolve(this.hasCertificates || undefined);
    await eventually(`Secret ${this.#release}-client-tls`, found, timeoutMs);
  }

  /** A client whose calls go through the Service. */
  client(options: Partial<ClientOptions> = {}): Client {
    return this.#client(this.#address, this.secure, options);
  }

  /** Whether a member takes new connections with TLS, or without. */
  async isServed(podAddress: string, secure: boolean): Promise<boolean> {
    const client = this.#client(podAddress, secure, { timeoutMs: 1_000 });
    try {
      await client.get('kit/');
      return true;
    } catch {
      return false;
    } finally {
      client.close();
    }
  }

  /** The URL of one member by its pod's address, for calls that are about it. */
  urlOf(podAddress: string, secure = this.secure): string {
    return `${secure ? 'https' : 'http'}://${podAddress}:${CLIENT_PORT}`;
  }

  #client(host: string, secure: boolean, options: Partial<ClientOptions>): Client {
    this.#follow();
    const file = (name: string): string => join(this.#folder, name);
    const tls = {
      caFile: file('ca.crt'),
      certFile: file('tls.crt'),
      keyFile: file('tls.key'),
      // The Service's name, which this host can't resolve.
      serverName: `${this.#release}.${this.#kubectl.namespace}.svc`,
    };
    return new Client({
      endpoints: [this.urlOf(host, secure)],
      ...(secure && { tls }),
      ...options,
    });
  }

  /** Writes the newest state of the Secret, as a kubelet does for pods that mount it. */
  #follow(): void {
    const lines = this.#watch?.output.split('\n').slice(0, -1) ?? [];
    if (lines.length === this.#seenLines) return;
    this.#seenLines = lines.length;
    const newest = lines.at(-1) ?? '';
    const values = newest.split(' ');
    if (newest === this.#mounted || values.length !== FILES.length || values.includes('')) return;
    FILES.forEach((name, index) => {
      const path = join(this.#folder, name);
      writeFileSync(`${path}.new`, Buffer.from(values[index] ?? '', 'base64'), { mode: 0o600 });
      renameSync(`${path}.new`, path);
    });
    this.#mounted = newest;
  }

  /** To be called now and then: renews the folder. */
  refresh(): void {
    this.#follow();
  }
}
