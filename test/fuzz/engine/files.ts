// The corpus and the crashers as files: one input each, named after its content.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const FOLDER = fileURLToPath(new URL('..', import.meta.url));
export const CORPUS_FOLDER = join(FOLDER, 'corpus');
export const CRASHES_FOLDER = join(FOLDER, 'crashes');

export interface StoredInput {
  readonly path: string;
  readonly input: Uint8Array;
}

function stored(folder: string, isWanted: (name: string) => boolean): StoredInput[] {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    return []; // nothing is kept yet
  }
  return names
    .filter(isWanted)
    .sort()
    .map((name) => join(folder, name))
    .map((path) => ({ path, input: new Uint8Array(readFileSync(path)) }));
}

export function storedCorpus(target: string): StoredInput[] {
  return stored(join(CORPUS_FOLDER, target), (name) => !name.startsWith('.'));
}

/** Inputs that once broke the target. */
export function storedCrashers(target: string): StoredInput[] {
  return stored(CRASHES_FOLDER, (name) => name.replace(/-[0-9a-f]+$/, '') === target);
}

export function nameOf(input: Uint8Array): string {
  return createHash('sha256').update(input).digest('hex').slice(0, 16);
}

/** Replaces the stored corpus of a target. */
export function saveCorpus(target: string, inputs: readonly Uint8Array[]): void {
  const folder = join(CORPUS_FOLDER, target);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const input of inputs) writeFileSync(join(folder, nameOf(input)), input);
}

/** Writes a crasher; returns its path. */
export function saveCrasher(folder: string, target: string, input: Uint8Array): string {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${target}-${nameOf(input)}`);
  writeFileSync(path, input);
  return path;
}
