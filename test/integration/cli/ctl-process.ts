// `binnacle` as a process whose input a test writes and which it can interrupt.
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Outcome } from '../support/run-binnacle.ts';

const BINARY = fileURLToPath(new URL('../../../node/bin/binnacle', import.meta.url));
const LIMIT_MS = 15_000;

export class CtlProcess {
  stdout = '';
  stderr = '';
  readonly outcome: Promise<Outcome>;
  readonly #child: ChildProcessWithoutNullStreams;

  constructor(args: readonly string[], environment: Readonly<Record<string, string>>, input = '') {
    const child = spawn(BINARY, args, { env: { ...process.env, ...environment } });
    this.#child = child;
    child.stdout.on('data', (chunk: Buffer) => (this.stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (this.stderr += chunk.toString()));
    // A command that does not read its input may be gone before it is written.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
    const timer = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS);
    this.outcome = new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => {
        clearTimeout(timer);
        resolve({ code: code ?? undefined, stdout: this.stdout, stderr: this.stderr });
      });
    });
  }

  interrupt(): void {
    this.#child.kill('SIGINT');
  }
}
