// Certificates that follow their files: new connections use the newest valid set, and open ones are left alone.
import * as fs from 'node:fs';
import type { SecureContext } from 'node:tls';
import type { Logger } from '../base/logger.ts';
import {
  contextsFrom,
  pathsOf,
  signatureOf,
  summaryOf,
  type TlsContents,
  type TlsContexts,
  type TlsMaterial,
  type TlsPaths,
  type TlsSummary,
} from './tls-material.ts';
import { parseTlsSettings, type TlsSettings } from './tls-settings.ts';

/** Files are looked at this often; a change is taken over when two looks in a row agree. */
const POLL_INTERVAL_MS = 500;

export interface TlsFilesOptions extends TlsPaths {
  readonly settings?: TlsSettings | undefined;
  /** For tests. */
  readonly pollIntervalMs?: number | undefined;
}

export class TlsFiles {
  private readonly options: TlsFilesOptions;
  private readonly logger: Logger;
  private readonly settings: TlsSettings;
  private readonly paths: readonly string[];
  private readonly timer: ReturnType<typeof setInterval>;
  private readonly listeners = new Set<() => void>();
  private contexts: TlsContexts;
  /** The signature that was last loaded or refused. */
  private settled = '';
  private lastSeen = '';
  private contents: TlsContents;
  private polling = false;
  /** Looks in a row that found a file missing. */
  private missing = 0;
  private closed = false;

  /** @throws Error when the files are missing or wrong: the first set has no older one to fall back on */
  constructor(options: TlsFilesOptions, logger: Logger) {
    this.options = options;
    this.logger = logger;
    this.settings = options.settings ?? parseTlsSettings('', '', []);
    this.paths = pathsOf(options);
    this.contents = new Map(this.paths.map((path) => [path, fs.readFileSync(path)]));
    this.contexts = contextsFrom(options, this.contents, this.settings);
    this.timer = setInterval(() => void this.poll(), options.pollIntervalMs ?? POLL_INTERVAL_MS);
    this.timer.unref();
  }

  /** For connections that are accepted: the newest valid certificates. Ask for each connection anew. */
  secureContext(): SecureContext {
    return this.contexts.server;
  }

  /** For connections that are opened: clientCertFile if given, else certFile; trusts trustedCaFile. */
  clientContext(): SecureContext {
    return this.contexts.client;
  }

  /** PEM of what clientContext is made of, for libraries that build their own context. */
  clientPem(): { ca: Buffer | undefined; cert: Buffer | undefined; key: Buffer | undefined } {
    const { certFile, keyFile, clientCertFile, clientKeyFile, trustedCaFile } = this.options;
    const own = clientCertFile !== undefined && clientCertFile !== '';
    return {
      ca: this.contents.get(trustedCaFile ?? ''),
      cert: this.contents.get(own ? clientCertFile : certFile),
      key: this.contents.get(own ? (clientKeyFile ?? '') : keyFile),
    };
  }

  /** What secureContext is made of, for other threads. */
  material(): TlsMaterial {
    const { certFile, keyFile, clientCertFile, clientKeyFile, trustedCaFile, crlFile } =
      this.options;
    return {
      paths: { certFile, keyFile, clientCertFile, clientKeyFile, trustedCaFile, crlFile },
      contents: this.contents,
      settings: this.settings,
    };
  }

  /** What new connections use, for reports. */
  summary(): TlsSummary {
    return summaryOf(this.options, this.contents);
  }

  /** Calls `listener` after each successful reload. Returns a function that takes it back. */
  onReload(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  close(): void {
    this.closed = true;
    clearInterval(this.timer);
    this.listeners.clear();
  }

  private async poll(): Promise<void> {
    if (this.polling) return;
    this.polling = true;
    try {
      await this.look();
      this.missing = 0;
    } catch (error) {
      // A file may be missing for a moment while it is replaced: the second time in a row is worth a warning.
      if (++this.missing === 2) this.warn(error);
    } finally {
      this.polling = false;
    }
  }

  private async look(): Promise<void> {
    const signature = await signatureOf(this.paths);
    const isStable = signature === this.lastSeen;
    this.lastSeen = signature;
    if (!isStable || signature === this.settled) return;
    const contents = new Map<string, Buffer>();
    for (const path of this.paths) contents.set(path, await fs.promises.readFile(path));
    if ((await signatureOf(this.paths)) !== signature) return; // it changed while it was read
    if (this.closed) return;
    this.settled = signature;
    if (!this.isNew(contents)) return;
    try {
      this.contexts = contextsFrom(this.options, contents, this.settings);
    } catch (error) {
      this.warn(error);
      return;
    }
    this.contents = contents;
    this.logger.info('reloaded certificates', { 'cert-file': this.options.certFile });
    for (const listener of this.listeners) listener();
  }

  private isNew(contents: TlsContents): boolean {
    return this.paths.some((path) => {
      const before = this.contents.get(path);
      const now = contents.get(path);
      return before === undefined || now === undefined || !before.equals(now);
    });
  }

  private warn(error: unknown): void {
    if (this.closed) return;
    this.logger.warn('failed to reload certificates; keeping the previous ones', {
      'cert-file': this.options.certFile,
      error,
    });
  }
}
