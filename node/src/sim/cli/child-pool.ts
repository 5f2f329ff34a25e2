// Runs on all cores, in processes of their own: what one run leaves behind in a module, in the heap or as a crash
// touches no other, and a run that never yields can still be ended, which a worker thread of this process could not
// promise for memory.
import { fork, type ChildProcess } from 'node:child_process';
import type { Answer } from './child.ts';
import { failedReport, RunnerCheck, type Run, type Runner, type Task } from './runner.ts';

export interface PoolSettings {
  readonly jobs: number;
  /** The program of a child; it answers each message, a Task, with an Answer. */
  readonly program: URL;
  /** Real time after which a run counts as hanging. */
  readonly hangLimitMs: number;
  /** A child that holds more after a run makes room for a new one. */
  readonly maxResidentBytes?: number;
}

interface Waiting {
  readonly task: Task;
  readonly settle: (run: Run) => void;
}

const DEFAULT_MAX_RESIDENT_BYTES = 2 ** 30;
/** Characters that are kept of what a child printed. */
const MAX_LAST_WORDS = 4000;

export class ChildPool implements Runner {
  readonly jobs: number;
  readonly #settings: PoolSettings;
  readonly #waiting: Waiting[] = [];
  readonly #idle: Child[] = [];
  readonly #all = new Set<Child>();
  #isClosed = false;

  constructor(settings: PoolSettings) {
    this.jobs = settings.jobs;
    this.#settings = settings;
  }

  run(task: Task): Promise<Run> {
    return new Promise((settle) => {
      this.#waiting.push({ task, settle });
      this.#assign();
    });
  }

  close(): void {
    this.#isClosed = true;
    for (const child of this.#all) child.end();
  }

  #assign(): void {
    while (this.#waiting.length > 0 && !this.#isClosed) {
      const isFresh = this.#waiting[0]!.task.isFresh === true;
      const child = this.#childFor(isFresh);
      if (child === undefined) return;
      void this.#serve(child, this.#waiting.shift()!);
    }
  }

  /** Undefined while all are busy. */
  #childFor(isFresh: boolean): Child | undefined {
    const used = this.#idle.pop();
    if (used !== undefined && !isFresh && !used.hasEnded) return used;
    if (used !== undefined) this.#retire(used);
    if (this.#all.size >= this.jobs) return undefined;
    const child = new Child(this.#settings.program);
    this.#all.add(child);
    return child;
  }

  async #serve(child: Child, { task, settle }: Waiting): Promise<void> {
    const startMs = performance.now();
    const answer = await child.run(task, this.#settings.hangLimitMs);
    if (this.#isClosed) return;
    const limit = this.#settings.maxResidentBytes ?? DEFAULT_MAX_RESIDENT_BYTES;
    if (child.hasEnded || answer.residentBytes > limit) this.#retire(child);
    else this.#idle.push(child);
    settle({ report: answer.report, realMs: performance.now() - startMs });
    this.#assign();
  }

  #retire(child: Child): void {
    this.#all.delete(child);
    child.end();
  }
}

class Child {
  readonly #process: ChildProcess;
  #lastWords = '';
  #hasEnded = false;
  #answered: ((answer: Answer) => void) | undefined;
  #died: ((text: string) => void) | undefined;

  constructor(program: URL) {
    this.#process = fork(program, {
      serialization: 'advanced',
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    const listen = (text: string): void => {
      this.#lastWords = (this.#lastWords + text).slice(-MAX_LAST_WORDS);
    };
    this.#process.stdout!.setEncoding('utf8').on('data', listen);
    this.#process.stderr!.setEncoding('utf8').on('data', listen);
    this.#process.on('message', (answer: Answer) => this.#answered?.(answer));
    this.#process.on('error', (error) => this.#end(error.message));
    // 'close' comes after 'exit', when all that it wrote has been read.
    this.#process.on('close', (code, signal) =>
      this.#end(signal === null ? `exit code ${code}` : `signal ${signal}`),
    );
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  run(task: Task, hangLimitMs: number): Promise<Answer> {
    return new Promise((resolve) => {
      const fail = (check: string, text: string): void =>
        finish({ report: failedReport(task.scenario, check, text), residentBytes: 0 });
      const hanging = setTimeout(() => {
        fail(RunnerCheck.Hang, `the run had not ended after ${Math.round(hangLimitMs / 1000)} s`);
        this.end();
      }, hangLimitMs);
      const finish = (answer: Answer): void => {
        clearTimeout(hanging);
        this.#answered = undefined;
        this.#died = undefined;
        resolve(answer);
      };
      this.#answered = finish;
      this.#died = (how) =>
        fail(RunnerCheck.Crash, `the process ended with ${how}\n${this.#lastWords}`.trim());
      if (!this.#hasEnded) this.#process.send(task, () => {});
    });
  }

  end(): void {
    this.#hasEnded = true;
    this.#process.kill('SIGKILL');
  }

  #end(how: string): void {
    this.#hasEnded = true;
    this.#died?.(how);
  }
}
