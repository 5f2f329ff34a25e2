// --tls-dir: the TLS policy and the certificates of a cluster, followed while the member runs.
//
//   <tls-dir>/policy.json                       what is accepted, and the scheme of the member's own URLs
//   <tls-dir>/server/{tls.crt,tls.key,ca.crt}   for clients
//   <tls-dir>/peer/{tls.crt,tls.key,ca.crt}     for peers
//
// kubelet exchanges such a folder by one symbolic link. What is not whole, or does not fit together, is not taken over:
// the policy and the certificates before it stay in force.
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, Logger, Timer } from '../base/index.ts';
import {
  POLICY_FILE,
  TlsFolder,
  parseTlsPolicy,
  realClock,
  type TlsPolicy,
  type TlsSettings,
} from '../platform/index.ts';

/** The policy is looked at this often; a change is taken over when two looks in a row agree. */
const POLL_INTERVAL_MS = 500;
const WAIT_LOG_INTERVAL_MS = 10_000;

export interface LiveTlsOptions {
  readonly folder: string;
  readonly settings?: TlsSettings | undefined;
  /** Who makes the policy and the certificates: for those who wait for them. */
  readonly madeBy?: string | undefined;
  /** For tests. */
  readonly pollIntervalMs?: number | undefined;
}

export class LiveTls {
  /** Certificates for clients. */
  readonly server: TlsFolder;
  /** Certificates for peers. */
  readonly peer: TlsFolder;
  private readonly path: string;
  private readonly madeBy: string;
  private readonly logger: Logger;
  private readonly clock: Clock = realClock;
  private readonly pollIntervalMs: number;
  private timer: Timer;
  private readonly listeners = new Set<(policy: TlsPolicy) => void>();
  private policy: TlsPolicy | undefined;
  /** The newest policy that was read; in force once its certificates are there. */
  private wanted: TlsPolicy | undefined;
  private lastSeen: string | undefined;
  /** The text that was last taken over or refused. */
  private settled: string | undefined;
  private closed = false;
  private failures = 0;
  private warnedOf = '';

  /** Reads what is there; what is not is waited for with waitUntilReady. */
  constructor(options: LiveTlsOptions, logger: Logger) {
    const { folder, settings, pollIntervalMs } = options;
    this.pollIntervalMs = pollIntervalMs ?? POLL_INTERVAL_MS;
    this.path = join(folder, POLICY_FILE);
    this.madeBy = options.madeBy ?? `whoever fills ${folder}`;
    this.logger = logger;
    this.server = new TlsFolder(join(folder, 'server'), { settings, pollIntervalMs }, logger);
    this.peer = new TlsFolder(join(folder, 'peer'), { settings, pollIntervalMs }, logger);
    for (const side of [this.server, this.peer]) side.onChange(() => this.enforce());
    this.lookAtStart();
    this.timer = this.pollLater();
  }

  /** The policy in force. Undefined before the first one, which waitUntilReady waits for. */
  get current(): TlsPolicy | undefined {
    return this.policy;
  }

  /** What is missing before a policy is in force, for logs and probes; undefined when one is. */
  get waitingFor(): string | undefined {
    if (this.policy !== undefined) return undefined;
    const missing = this.wanted === undefined ? this.path : this.missingFor(this.wanted);
    return `${missing} (made by ${this.madeBy})`;
  }

  /** Calls `listener` with each new policy once it is in force. Returns a function that takes it back. */
  onChange(listener: (policy: TlsPolicy) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Resolves when a policy is in force, with its certificates loaded. Logs every 10 s what is missing. */
  async waitUntilReady(logger: Logger = this.logger): Promise<TlsPolicy> {
    if (this.policy !== undefined) return this.policy;
    let timer: Timer | undefined;
    const log = (): void => {
      logger.info('waiting for the TLS policy and certificates', { missing: this.waitingFor });
      timer = this.clock.after(WAIT_LOG_INTERVAL_MS, log);
    };
    log();
    const policy = await new Promise<TlsPolicy>((resolve) => this.onceInForce(resolve));
    timer?.cancel();
    return policy;
  }

  close(): void {
    this.closed = true;
    this.timer.cancel();
    this.listeners.clear();
    this.server.close();
    this.peer.close();
  }

  private onceInForce(resolve: (policy: TlsPolicy) => void): void {
    const stop = this.onChange((policy) => {
      stop();
      resolve(policy);
    });
  }

  private lookAtStart(): void {
    try {
      this.lastSeen = readFileSync(this.path, 'utf8');
    } catch {
      return; // waited for
    }
    this.take(this.lastSeen);
  }

  private pollLater(): Timer {
    return this.clock.after(this.pollIntervalMs, () => {
      void this.poll().then(() => {
        if (!this.closed) this.timer = this.pollLater();
      });
    });
  }

  private async poll(): Promise<void> {
    let text: string;
    try {
      text = await readFile(this.path, 'utf8');
    } catch (error) {
      // It may be missing for a moment while it is replaced: the second time in a row is worth a warning.
      if (++this.failures === 2 && this.policy !== undefined) this.warn(error);
      return;
    }
    if (this.closed) return;
    this.failures = 0;
    const isStable = text === this.lastSeen;
    this.lastSeen = text;
    if (isStable && text !== this.settled) this.take(text);
  }

  private take(text: string): void {
    this.settled = text;
    try {
      this.wanted = parseTlsPolicy(text);
    } catch (error) {
      this.warn(error);
      return;
    }
    this.enforce();
  }

  /** Puts the newest policy in force when its certificates are there. */
  private enforce(): void {
    const { wanted, policy } = this;
    if (wanted === undefined) return;
    if (wanted.accept === policy?.accept && wanted.advertise === policy.advertise) return;
    const missing = this.missingFor(wanted);
    if (missing !== '') {
      if (policy !== undefined && missing !== this.warnedOf) this.warn(`missing: ${missing}`);
      this.warnedOf = missing;
      return;
    }
    this.warnedOf = '';
    this.policy = wanted;
    this.logger.info('the TLS policy is in force', { ...wanted });
    for (const listener of [...this.listeners]) listener(wanted);
  }

  /** The certificates that a policy needs and that are not loaded; '' when none is missing. */
  private missingFor({ accept }: TlsPolicy): string {
    if (accept === 'plain') return '';
    return [this.server, this.peer]
      .filter((side) => side.current === undefined)
      .map((side) => `${side.path}: ${side.problem}`)
      .join('; ');
  }

  private warn(error: unknown): void {
    this.logger.warn('failed to take over the TLS policy; keeping the previous one', {
      file: this.path,
      error: error instanceof Error ? error.message : String(error),
    });
  }
}
