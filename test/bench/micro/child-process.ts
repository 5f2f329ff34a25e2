// Starts the process that measures one benchmark.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { REPOSITORY, type Found } from './catalogue.ts';
import type { Measured } from './measure.ts';
import { NO_INLINING, V8_FLAGS } from './v8.ts';

const TIMEOUT_MS = 60_000;
const MAX_OUTPUT_BYTES = 16 * 1024 * 1024;
const execute = promisify(execFile);

/** @param where tells the functions that allocate as they are written, and not as they were compiled into one another */
export async function measureInChild(
  { file, name }: Found,
  where: boolean = false,
): Promise<Measured> {
  const flags = where ? [...V8_FLAGS, ...NO_INLINING] : V8_FLAGS;
  const child = join(import.meta.dirname, 'child.ts');
  const options = { timeout: TIMEOUT_MS, maxBuffer: MAX_OUTPUT_BYTES };
  const args = [...flags, child, join(REPOSITORY, file), name];
  try {
    const { stdout } = await execute(process.execPath, args, options);
    return JSON.parse(stdout) as Measured; // printed by child.ts
  } catch (error) {
    throw new Error(reasonOf(error), { cause: error });
  }
}

/** What the process said of its end, without the stack and the command line. */
function reasonOf(error: unknown): string {
  const { stderr = '', killed = false } = error as { stderr?: string; killed?: boolean };
  if (killed) return `not done within ${TIMEOUT_MS / 1000} s`;
  return /^\w*Error: .*$/m.exec(stderr)?.[0] ?? (stderr || String(error));
}
