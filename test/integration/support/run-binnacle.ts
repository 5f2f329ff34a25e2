// The command line run to its end: for starts that are refused.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const BINARY = fileURLToPath(new URL('../../../node/bin/binnacle', import.meta.url));

export interface Outcome {
  /** Undefined when it still ran after the time allowed, and was killed. */
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

export function runBinnacle(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  timeoutMs = 10_000,
  /** Kills it early. */
  signal?: AbortSignal,
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(BINARY, args, {
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    signal?.addEventListener('abort', () => child.kill('SIGKILL'));
    const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
    child.once('error', reject);
    child.once('close', (code) => {
      clearTimeout(timer);
      resolve({ code: code ?? undefined, stdout, stderr });
    });
  });
}
