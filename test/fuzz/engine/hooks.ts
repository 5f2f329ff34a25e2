// Instruments the project's own modules as they are loaded. Uses module.registerHooks, which runs in this thread.
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import { instrument } from './instrument.ts';

const COVERAGE = new URL('./coverage.ts', import.meta.url).href;
const ROOT = new URL('../../../', import.meta.url).href;

/** Modules that read bytes from outside, and what they call: the rooms of the store and the kit, without their tests. */
const INSTRUMENTED = /^(node\/src|infra|images|test\/fuzz\/planted)\/.*\.ts$/;
const LEFT_ALONE = /\/testing\/|\.test\.ts$|testing\.ts$/;

/** From now on modules are loaded with counters. Those that are loaded already stay as they are. */
export function instrumentModules(): void {
  registerHooks({
    load(url, context, nextLoad) {
      const path = url.startsWith(ROOT) ? url.slice(ROOT.length) : '';
      if (!INSTRUMENTED.test(path) || LEFT_ALONE.test(path)) return nextLoad(url, context);
      const source = readFileSync(fileURLToPath(url), 'utf8');
      return {
        format: 'module-typescript',
        source: instrument(path, source, COVERAGE),
        shortCircuit: true,
      };
    },
  });
}
