// Builds the C parts of these tests with the machine's compiler.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const FLAGS = ['-std=gnu11', '-O2', '-Wall', '-Wextra', '-Werror'];
const SOURCES = {
  'lossy-disk.so': {
    files: ['lossy-disk.c', 'lossy-files.c', 'lossy-names.c'],
    flags: ['-shared', '-fPIC', '-ldl', '-lpthread'],
  },
  'bad-network': { files: ['bad-network.c'], flags: [] },
} as const;

/** Why nothing can be compiled here; undefined when it can. */
export function noCompiler(): string | undefined {
  const { status } = spawnSync('gcc', ['--version']);
  return status === 0 ? undefined : 'no C compiler: apt-get install gcc libc6-dev';
}

export interface Built extends Disposable {
  readonly path: string;
  /** Removes it; processes that run it go on. */
  remove(): void;
}

/** @throws Error with gcc's words */
export function compile(name: keyof typeof SOURCES): Built {
  const folder = mkdtempSync(join(tmpdir(), 'binnacle-native-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  const path = join(folder, name);
  const { files, flags } = SOURCES[name];
  const sources = files.map((file) => fileURLToPath(new URL(file, import.meta.url)));
  const { status, stderr } = spawnSync('gcc', [...FLAGS, '-o', path, ...sources, ...flags]);
  if (status !== 0) {
    remove();
    throw new Error(`gcc ends with ${status}: ${stderr?.toString()}`);
  }
  return { path, remove, [Symbol.dispose]: remove };
}
