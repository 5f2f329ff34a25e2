// One member as a child process: started, watched, started again when it dies, asked and then made to end.
import { spawn, type ChildProcess } from 'node:child_process';
import * as fs from 'node:fs';
import { lastErrorIn } from './member-log.ts';
import type { Notices } from './notices.ts';
import { SERVER } from './paths.ts';

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15_000;
/** A member that ran this long did not fail to start: the pauses begin anew. */
const SETTLED_AFTER_MS = 30_000;
const STOP_GRACE_MS = 10_000;
/** A log that has grown beyond this is moved to `.1` at the next start. */
const LOG_BYTES = 32 * 2 ** 20;

export interface MemberProcessOptions {
  readonly name: string;
  /** Asked at each start. */
  readonly flags: () => readonly string[];
  readonly logFile: string;
  readonly notices: Notices;
  /** Called when a process has begun or ended. */
  readonly onChange: () => void;
}

export class MemberProcess {
  /** Set before a member is removed from its cluster, which makes it end by itself. */
  endsOnPurpose = false;
  private readonly options: MemberProcessOptions;
  private child: ChildProcess | undefined;
  private ended: Promise<void> = Promise.resolve();
  private retry: NodeJS.Timeout | undefined;
  private failures = 0;

  constructor(options: MemberProcessOptions) {
    this.options = options;
  }

  /** Undefined while no process runs. */
  get pid(): number | undefined {
    return this.child?.pid;
  }

  /** True between a death and the next start. */
  get isWaiting(): boolean {
    return this.retry !== undefined;
  }

  start(): void {
    this.endsOnPurpose = false;
    clearTimeout(this.retry);
    this.retry = undefined;
    const { flags, logFile, onChange } = this.options;
    rotate(logFile);
    const log = fs.openSync(logFile, 'a', 0o600);
    const logStart = fs.fstatSync(log).size;
    const startedAt = Date.now();
    // A session of its own: Ctrl-C is for the supervisor, which stops the members in order.
    const child = spawn(SERVER, flags(), {
      detached: true,
      stdio: ['ignore', log, log],
      env: environment(),
    });
    fs.closeSync(log);
    this.child = child;
    this.ended = new Promise((resolve) => {
      const end = (how: string) => {
        if (this.child !== child) return;
        this.child = undefined;
        resolve();
        if (!this.endsOnPurpose) this.died(how, Date.now() - startedAt, logStart);
        onChange();
      };
      child.once('error', (error) => end(`could not be started: ${error.message}`));
      child.once('exit', (code, signal) =>
        end(signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`),
      );
    });
    onChange();
  }

  /** Resolves when no process is left: asked with SIGTERM, made to with SIGKILL after ten seconds. */
  async stop(graceMs = STOP_GRACE_MS): Promise<void> {
    this.endsOnPurpose = true;
    clearTimeout(this.retry);
    this.retry = undefined;
    const { child } = this;
    if (child === undefined) return;
    child.kill('SIGTERM');
    const kill = setTimeout(() => {
      const { name, notices } = this.options;
      notices.warn(`${name} has not stopped within ${graceMs / 1000} s and is killed`);
      child.kill('SIGKILL');
    }, graceMs);
    await this.ended;
    clearTimeout(kill);
  }

  /** Ends the process at once. */
  kill(): void {
    this.endsOnPurpose = true;
    this.child?.kill('SIGKILL');
  }

  private died(how: string, ranMs: number, logStart: number): void {
    this.failures = ranMs > SETTLED_AFTER_MS ? 0 : this.failures;
    const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** this.failures, LONGEST_PAUSE_MS);
    this.failures++;
    const { name, logFile, notices } = this.options;
    const error = lastErrorIn(logFile, logStart);
    const reason = error === undefined ? '' : `; its last error: ${error}`;
    notices.warn(`${name} ${how} and is started again in ${pauseMs / 1000} s${reason}`);
    this.retry = setTimeout(() => this.start(), pauseMs);
  }
}

/** ETCD_ variables are flags: one from the user's shell would apply to every member. */
function environment(): NodeJS.ProcessEnv {
  const entries = Object.entries(process.env).filter(([name]) => !name.startsWith('ETCD_'));
  return Object.fromEntries(entries);
}

function rotate(logFile: string): void {
  const size = fs.existsSync(logFile) ? fs.statSync(logFile).size : 0;
  if (size > LOG_BYTES) fs.renameSync(logFile, `${logFile}.1`);
}
