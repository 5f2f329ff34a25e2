// Two files of JavaScript for the image: the command line and all it imports, and what its front threads run. What a
// command loads lazily is still evaluated only when that command runs.
import { build, type BuildOptions, type Plugin } from 'esbuild';
import { ENTRY, FRONT_THREAD, PROJECT, UP_IN_IMAGE } from './paths.ts';
import { Problem } from './problem.ts';

/** The kernel passes at most one argument to an interpreter; there is no shell in the image to do more. */
const BANNER = [
  '#!/usr/local/bin/node --disable-warning=ExperimentalWarning',
  // CommonJS packages ask for Node's modules by `require`, which a module has not got by itself.
  "import { createRequire as createRequireOfBundle } from 'node:module';",
  'const require = createRequireOfBundle(import.meta.url);',
].join('\n');

const withoutLocalStart: Plugin = {
  name: 'without-local-start',
  setup({ onResolve }) {
    onResolve({ filter: /^\.\/up\.ts$/ }, ({ importer }) =>
      importer.endsWith('/cli/main.ts') ? { path: UP_IN_IMAGE } : undefined,
    );
  },
};

export interface Bundle {
  readonly code: Uint8Array;
  /** binnacle-front.mjs, which lies beside it: see node/src/front/thread-link.ts. */
  readonly frontThread: Uint8Array;
  /** Folders below the project of the packages whose code is inside, such as `node_modules/pino`. */
  readonly packages: readonly string[];
}

const OPTIONS = {
  absWorkingDir: PROJECT,
  entryPoints: [ENTRY],
  outfile: 'binnacle.mjs',
  bundle: true,
  write: false,
  metafile: true,
  platform: 'node',
  format: 'esm',
  target: 'node26',
  // Stack traces in a member's log name functions and lines.
  minify: false,
  legalComments: 'eof',
  banner: { js: BANNER },
  logLevel: 'warning',
} satisfies BuildOptions;

/** @throws Problem when the sources do not fit together */
export async function bundle(): Promise<Bundle> {
  const [{ outputFiles, metafile }, front] = await Promise.all([
    build({ ...OPTIONS, plugins: [withoutLocalStart] }),
    build({ ...OPTIONS, entryPoints: [FRONT_THREAD], banner: {} }),
  ]).catch(() => {
    throw new Problem('the sources cannot be bundled: the reasons are above');
  });
  const inside = Object.values(metafile.outputs).flatMap(({ inputs }) => Object.keys(inputs));
  const packages = new Set(inside.map(packageFolder).filter((folder) => folder !== undefined));
  return {
    code: outputFiles[0]!.contents,
    frontThread: front.outputFiles[0]!.contents,
    packages: [...packages].sort(),
  };
}

/** `node_modules/a/node_modules/@b/c` of `node_modules/a/node_modules/@b/c/lib/d.js`, also where that is a link. */
function packageFolder(input: string): string | undefined {
  const match = /(?:^|\/)(?<folder>node_modules\/(?:.*node_modules\/)?(?:@[^/]+\/)?[^/]+)/.exec(
    input,
  );
  return match?.groups?.['folder'];
}
