// A process on a lossy disk that does one step at a time.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Step } from './exercise.ts';
import type { LossyDisk } from './lossy-disk.ts';

const SCRIPT = fileURLToPath(new URL('exercise.ts', import.meta.url));

export class DiskUser {
  readonly #child: ChildProcess;
  readonly #answers: AsyncIterator<string>;
  readonly #lines: Interface;
  readonly #ended: Promise<unknown>;

  constructor(disk: LossyDisk) {
    this.#child = spawn(process.execPath, [SCRIPT, disk.root], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, NODE_OPTIONS: '', ...disk.launch().env },
    });
    this.#ended = once(this.#child, 'close');
    this.#child.stdin?.on('error', () => {}); // it died: the answer says so
    this.#lines = createInterface({ input: this.#child.stdout! }); // piped
    this.#answers = this.#lines[Symbol.asyncIterator]();
  }

  /** 'ok' or the error's code; undefined when the process died over it. */
  async do(step: Step): Promise<string | undefined> {
    this.#child.stdin?.write(`${JSON.stringify(step)}\n`);
    const { value, done } = await this.#answers.next();
    return done === true ? undefined : value;
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
    this.#lines.close();
  }
}
