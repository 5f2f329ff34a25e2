// One server process of a test cluster.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const BINARY = fileURLToPath(new URL('../../../node/bin/binnacle', import.meta.url));
const running = new Set<ChildProcess>();

process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

export interface MemberDescription {
  readonly name: string;
  readonly dataDir: string;
  /** Standard error of all its processes, one behind the other. */
  readonly logFile: string;
  readonly clientUrl: string;
  readonly peerUrl: string;
}

/** How a member's process is started, where it is not the plain way. */
export interface Launch {
  /** Put in front of the command, such as `['nsenter', '--net=…']`: it must replace itself by what follows. */
  readonly command?: readonly string[];
  /** Beside the test's own environment. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A member and the process that serves it, which may be killed and started again. */
export class TestMember implements MemberDescription {
  readonly name: string;
  readonly dataDir: string;
  readonly logFile: string;
  readonly clientUrl: string;
  readonly peerUrl: string;
  /** Called when a process has been started, and when it has ended. */
  onRun: ((isRunning: boolean) => void) | undefined;
  readonly #args: readonly string[];
  readonly #launch: () => Launch;
  #child: ChildProcess | undefined;

  /** @param launch asked before each start */
  constructor(
    description: MemberDescription,
    args: readonly string[],
    launch: () => Launch = () => ({}),
  ) {
    this.name = description.name;
    this.dataDir = description.dataDir;
    this.logFile = description.logFile;
    this.clientUrl = description.clientUrl;
    this.peerUrl = description.peerUrl;
    this.#args = args;
    this.#launch = launch;
  }

  /** Of the running process. */
  get pid(): number {
    const pid = this.#child?.pid;
    if (pid === undefined) throw new Error(`${this.name} is not running`);
    return pid;
  }

  /** What the latest process ended with; undefined while it runs, null after a signal. */
  get exitCode(): number | null | undefined {
    return this.isRunning ? undefined : this.#child?.exitCode;
  }

  get isRunning(): boolean {
    const child = this.#child;
    return child !== undefined && child.exitCode === null && child.signalCode === null;
  }

  /** Starts a process on the same data directory and returns at once; see TestCluster.untilHealthy. */
  start(extraArgs: readonly string[] = []): void {
    if (this.isRunning) throw new Error(`${this.name} is running`);
    const { command = [], env = {} } = this.#launch();
    const [file, ...args] = [...command, BINARY, ...this.#args, ...extraArgs];
    const log = openSync(this.logFile, 'a');
    const child = spawn(file ?? BINARY, args, {
      stdio: ['ignore', log, log],
      env: { ...process.env, ...env },
    });
    closeSync(log);
    running.add(child);
    child.once('exit', () => {
      running.delete(child);
      this.onRun?.(false);
    });
    this.#child = child;
    this.onRun?.(true);
  }

  /** Ends the process without a warning (SIGKILL) and waits for its end. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** Asks the process to end (SIGTERM), kills it after 5 s, and waits for its end. */
  async stop(): Promise<void> {
    const timer = setTimeout(() => void this.kill(), 5_000);
    await this.#end('SIGTERM');
    clearTimeout(timer);
  }

  /** Kills the process and starts another one on the same data. */
  async restart(): Promise<void> {
    await this.kill();
    this.start();
  }

  /** SIGSTOP: connections stay open and nothing answers. */
  pause(): void {
    process.kill(this.pid, 'SIGSTOP');
  }

  resume(): void {
    process.kill(this.pid, 'SIGCONT');
  }

  /** Resolves when the process has ended, by itself or not. */
  async ended(): Promise<void> {
    const child = this.#child;
    if (child !== undefined && this.isRunning) await once(child, 'exit');
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (child === undefined || !this.isRunning) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  }
}
