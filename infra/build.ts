// Compiles the Pulumi program and the package: `npm run build:infra`. With --image also the folder that the image of
// stack `kind` is built from.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type BuildOptions } from 'esbuild';
import { prepareContext } from '../images/context.ts';
import { VERSION } from './config.ts';

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

const COMMON: BuildOptions = {
  bundle: true,
  platform: 'node',
  target: 'node22',
  packages: 'external',
  // Pulumi stores the text of functions and shows the lines of errors.
  keepNames: false,
  minify: false,
  sourcemap: 'inline',
  sourcesContent: false,
  logLevel: 'warning',
};

/** @param folder beside node_modules, where what the program imports is found */
export async function compile(folder: string): Promise<void> {
  await build({
    ...COMMON,
    entryPoints: [at('index.ts')],
    format: 'esm',
    outfile: join(folder, 'program.mjs'),
  });
  // Pulumi's host of components loads it with require.
  await build({
    ...COMMON,
    entryPoints: [at('components/index.ts')],
    format: 'cjs',
    outfile: join(folder, 'package.cjs'),
  });
}

/** Everything that the Dockerfile copies, for this machine's own architecture. */
async function prepareImage(folder: string): Promise<void> {
  const architecture = process.arch === 'arm64' ? 'arm64' : 'amd64';
  await prepareContext({
    folder,
    architectures: [architecture],
    version: VERSION,
    sourceDateEpoch: 0,
    buildPlatform: `linux/${architecture}`,
  });
}

if (import.meta.main) {
  await compile(at('dist'));
  if (process.argv.includes('--image')) await prepareImage(at('dist/image'));
}
