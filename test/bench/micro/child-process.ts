// Starts the process that measures one benchmark.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { REPOSITORY, type Found } from './catalogue.ts';
import type { Measured } from './measure.ts';
import { NO_INLINING, V8_FLAGS } from './v8.ts';

const TIMEOUT_MS = 60_000;
const execute = promisify(execFile);

/** @param where tells the functions that allocate as they are written, and not as they were compiled into one another */
export async function measureInChild(
  { file, name }: Found,
  where: boolean = false,
): Promise<Measured> {
  const flags = where ? [...V8_FLAGS, ...NO_INLINING] : V8_FLAGS;
  const child = join(import.meta.dirname, 'child.ts');
  const { stdout } = await execute(
    process.execPath,
    [...flags, child, join(REPOSITORY, file), name],
    { timeout: TIMEOUT_MS, maxBuffer: 16 * 1024 * 1024 },
  );
  return JSON.parse(stdout) as Measured; // printed by child.ts
}
