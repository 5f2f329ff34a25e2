// Loads one source file with a deliberate bug in it. Nothing that reaches that file may be imported before.
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import { mutate, type Mutant } from './mutant.ts';

const SOURCES = new URL('../../', import.meta.url);

export function sourceUrl(mutant: Mutant): URL {
  return new URL(mutant.file, SOURCES);
}

/** @throws StaleMutantError, at once */
export function install(mutant: Mutant): void {
  const url = sourceUrl(mutant);
  const source = mutate(mutant, readFileSync(fileURLToPath(url), 'utf8'));
  registerHooks({
    load: (target, context, nextLoad) =>
      target === url.href
        ? { format: 'module-typescript', source, shortCircuit: true }
        : nextLoad(target, context),
  });
}
