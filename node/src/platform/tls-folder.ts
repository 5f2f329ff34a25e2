// A folder with tls.crt, tls.key and ca.crt, as Kubernetes mounts Secrets of type kubernetes.io/tls. It may fill later.
import { join } from 'node:path';
import type { Logger } from '../base/logger.ts';
import { TlsFiles } from './tls-files.ts';
import type { TlsSettings } from './tls-settings.ts';

const POLL_INTERVAL_MS = 500;

export interface TlsFolderOptions {
  readonly settings?: TlsSettings | undefined;
  /** For tests. */
  readonly pollIntervalMs?: number | undefined;
}

export class TlsFolder {
  readonly path: string;
  private readonly options: TlsFolderOptions;
  private readonly logger: Logger;
  private readonly listeners = new Set<() => void>();
  private timer: ReturnType<typeof setInterval> | undefined;
  private files: TlsFiles | undefined;
  private reason = '';

  /** Looks at once; what is not there or not whole is looked for until it is. */
  constructor(path: string, options: TlsFolderOptions, logger: Logger) {
    this.path = path;
    this.options = options;
    this.logger = logger;
    this.load();
    if (this.files !== undefined) return;
    this.timer = setInterval(() => this.load(), options.pollIntervalMs ?? POLL_INTERVAL_MS);
    this.timer.unref();
  }

  /** The certificates, once there was a whole set. They follow the files; a set that goes bad or away stays in use. */
  get current(): TlsFiles | undefined {
    return this.files;
  }

  /** Why there are no certificates yet; '' when there are. */
  get problem(): string {
    return this.reason;
  }

  /** Calls `listener` when the first set is there and after each reload. Returns a function that takes it back. */
  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  close(): void {
    clearInterval(this.timer);
    this.files?.close();
    this.listeners.clear();
  }

  private load(): void {
    const paths = {
      certFile: join(this.path, 'tls.crt'),
      keyFile: join(this.path, 'tls.key'),
      trustedCaFile: join(this.path, 'ca.crt'),
    };
    try {
      this.files = new TlsFiles({ ...paths, ...this.options }, this.logger);
    } catch (error) {
      // A pair that is half replaced is whole at the next look.
      this.reason = error instanceof Error ? error.message : String(error);
      return;
    }
    this.reason = '';
    clearInterval(this.timer);
    this.files.onReload(() => this.tell());
    this.tell();
  }

  private tell(): void {
    for (const listener of this.listeners) listener();
  }
}
