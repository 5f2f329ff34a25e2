/**
 * Child processes: one that runs to its end, and one that stays in the background.
 *
 * Whatever is still running when this process ends is killed, by its id.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream } from 'node:fs';

export interface Outcome {
  /** The exit code; 128 + signal number is not used: a killed process has code -1. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly input?: string;
  readonly env?: Record<string, string>;
  readonly cwd?: string;
  readonly timeoutMs?: number;
  /** Output goes to the terminal as well. */
  readonly echo?: boolean;
  /** Sees what is written to stderr as it comes. */
  readonly onStderr?: (chunk: Buffer) => void;
}

const running = new Set<ChildProcess>();

/** Kills every child that still runs; also done when this process ends. */
export function killChildren(): void {
  for (const child of running) killGroup(child);
}

/** A child leads its own process group, so that its own children end with it. */
function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    child.kill('SIGKILL');
  }
}

process.on('exit', killChildren);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => process.exit(1));
}

function track(child: ChildProcess): void {
  running.add(child);
  child.once('close', () => running.delete(child));
}

/** Runs a program to its end. Rejects only when it can't be started or takes longer than `timeoutMs` (60 s). */
export function run(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      detached: true,
      stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    });
    track(child);
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    const timeoutMs = options.timeoutMs ?? 60_000;
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      killGroup(child);
    }, timeoutMs);
    child.stdout?.on('data', (chunk: Buffer) => {
      stdout.push(chunk);
      if (options.echo) process.stdout.write(chunk);
    });
    child.stderr?.on('data', (chunk: Buffer) => {
      stderr.push(chunk);
      options.onStderr?.(chunk);
      if (options.echo) process.stderr.write(chunk);
    });
    child.stdin?.on('error', () => undefined); // it may end without reading all
    child.stdin?.end(options.input);
    child.once('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.once('close', (code) => {
      clearTimeout(timer);
      const outcome = {
        code: code ?? -1,
        stdout: Buffer.concat(stdout).toString(),
        stderr: Buffer.concat(stderr).toString(),
      };
      if (!timedOut) return resolve(outcome);
      const line = [command, ...args].join(' ');
      reject(new Error(`took over ${timeoutMs} ms: ${line}\n${outcome.stdout}${outcome.stderr}`));
    });
  });
}

/** A program in the background, with what it printed on stdout so far. */
export class Background {
  readonly #child: ChildProcess;
  readonly #ended: Promise<number>;
  readonly #waiting = new Set<() => void>();
  #output = '';
  #errors = '';

  /** stderr goes to `logFile` when there is one. */
  constructor(
    command: string,
    args: readonly string[],
    options: RunOptions & { readonly logFile?: string } = {},
  ) {
    this.#child = spawn(command, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    track(this.#child);
    this.#child.stdin?.on('error', () => undefined);
    if (options.input !== undefined) this.#child.stdin?.write(options.input);
    this.#child.stdout?.on('data', (chunk: Buffer) => {
      this.#output += chunk.toString();
      this.#wake();
    });
    if (options.logFile === undefined) {
      this.#child.stderr?.on('data', (chunk: Buffer) => (this.#errors += chunk.toString()));
    } else this.#child.stderr?.pipe(createWriteStream(options.logFile, { flags: 'a' }));
    this.#ended = new Promise((resolve) => {
      this.#child.once('error', () => resolve(-1));
      this.#child.once('close', (code) => resolve(code ?? -1));
    });
    void this.#ended.then(() => this.#wake());
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  get output(): string {
    return this.#output;
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  write(text: string): void {
    this.#child.stdin?.write(text);
  }

  /** Resolves with the output once it holds what `found` looks for; rejects after `timeoutMs`. */
  async until(found: (output: string) => boolean, timeoutMs = 15_000): Promise<string> {
    const deadline = Date.now() + timeoutMs;
    while (!found(this.#output)) {
      const leftMs = deadline - Date.now();
      if (leftMs <= 0 || this.hasEnded) {
        throw new Error(`waited in vain; the output was:\n${this.#output}${this.#errors}`);
      }
      await this.#change(leftMs);
    }
    return this.#output;
  }

  /** Resolves with the exit code. */
  ended(): Promise<number> {
    return this.#ended;
  }

  /** Asks the process to end with `signal`, and kills it after `graceMs`. Returns its exit code. */
  async stop(signal: NodeJS.Signals = 'SIGTERM', graceMs = 5_000): Promise<number> {
    const timer = setTimeout(() => killGroup(this.#child), graceMs);
    if (!this.hasEnded) this.#child.kill(signal);
    const code = await this.#ended;
    clearTimeout(timer);
    return code;
  }

  #change(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(done);
        resolve();
      };
      const timer = setTimeout(done, timeoutMs);
      this.#waiting.add(done);
    });
  }

  #wake(): void {
    for (const done of [...this.#waiting]) done();
  }
}

export const sleep = (ms: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, ms));

/** Calls `probe` until it returns a value; rejects after `timeoutMs` with the last error. */
export async function eventually<T>(
  what: string,
  probe: () => Promise<T | undefined>,
  timeoutMs = 15_000,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  let last: unknown;
  for (;;) {
    try {
      const value = await probe();
      if (value !== undefined) return value;
    } catch (error) {
      last = error;
    }
    if (Date.now() > deadline) throw new Error(`waited in vain for: ${what}`, { cause: last });
    await sleep(100);
  }
}
