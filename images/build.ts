// `npm run image`: prepares the context, builds it for each platform, saves it and tells what came out.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { compressedBytes, readImageArchive } from './archive.ts';
import { prepareContext } from './context.ts';
import type { Architecture } from './node-binary.ts';
import { USAGE, ownArchitecture, readOptions, type Options } from './options.ts';
import { OUTPUT, PROJECT } from './paths.ts';
import { Problem } from './problem.ts';
import { build, chooseTool, push, save, type Tool } from './tool.ts';

/** More than this, compressed, is refused: every node of every cluster pulls it. */
const LIMIT_BYTES = 100_000_000;
const SBOM = 'usr/share/sbom/binnacle.cdx.json';

interface Source {
  readonly version: string;
  readonly revision: string;
  readonly epochSeconds: number;
}

async function main(options: Options): Promise<void> {
  const tool = chooseTool(options.tool);
  const source = sourceOf();
  process.stdout.write(`building ${options.tag} with ${tool}\n`);
  const context = join(OUTPUT, `context-${process.pid}`);
  const tags: string[] = [];
  try {
    await prepareContext({
      folder: context,
      sourceDateEpoch: source.epochSeconds,
      architectures: options.architectures,
      version: source.version,
      buildPlatform: tool === 'docker' ? undefined : `linux/${ownArchitecture()}`,
    });
    for (const architecture of options.architectures) {
      const tag = tagFor(options, architecture);
      buildOne(tool, options, source, context, architecture, tag);
      tags.push(tag);
      finish(tool, tag, archivePath(options, architecture));
    }
  } finally {
    rmSync(context, { recursive: true, force: true });
  }
  if (options.push) push(tool, options.tag, tags);
  process.stdout.write(nextSteps(options, tags));
}

/** One platform has the tag itself; of several, each has its own, and `--push` joins them. */
const tagFor = ({ tag, architectures }: Options, architecture: Architecture): string =>
  architectures.length === 1 ? tag : `${tag}-${architecture}`;

function archivePath({ output, architectures }: Options, architecture: Architecture): string {
  if (output === undefined) return join(OUTPUT, `binnacle-${architecture}.tar`);
  const path = resolve(output);
  return architectures.length === 1 ? path : path.replace(/(\.tar)?$/, `-${architecture}.tar`);
}

function buildOne(
  tool: Tool,
  options: Options,
  { version, revision, epochSeconds }: Source,
  context: string,
  architecture: Architecture,
  tag: string,
): void {
  build(tool, {
    context,
    tag,
    platform: `linux/${architecture}`,
    base: options.base,
    isolation: options.isolation,
    sourceDateEpoch: epochSeconds,
    // Whoever sets it wants the same image bit by bit.
    mayReuse: process.env['SOURCE_DATE_EPOCH'] === undefined,
    arguments: {
      VERSION: version,
      REVISION: revision,
      CREATED: new Date(epochSeconds * 1000).toISOString(),
    },
  });
}

/** Saves the image, puts its bill of materials beside it, and refuses one that grew too big. */
function finish(tool: Tool, tag: string, path: string): void {
  mkdirSync(dirname(path), { recursive: true });
  // An archive that is there already is added to, or refused, depending on the tool.
  rmSync(path, { force: true });
  save(tool, tag, path);
  const image = readImageArchive(path);
  const sbom = image.files.get(SBOM);
  if (sbom === undefined) throw new Problem(`${path}: /${SBOM} is missing in the image`);
  writeFileSync(path.replace(/(\.tar)?$/, '.cdx.json'), sbom.data);
  const bytes = compressedBytes(image.layers);
  process.stdout.write(
    `${tag} (linux/${image.config.architecture}): ${megabytes(bytes)} compressed of at most ${megabytes(LIMIT_BYTES)}, ${path}\n`,
  );
  if (bytes > LIMIT_BYTES) throw new Problem(`${tag} is too big: see what grew in images/`);
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

/** SOURCE_DATE_EPOCH (reproducible-builds.org) or the last commit's time: the same sources have the same times. */
function sourceOf(): Source {
  const { version } = JSON.parse(readFileSync(join(PROJECT, 'node/package.json'), 'utf8')) as {
    version: string;
  };
  const git = (...args: string[]): string =>
    spawnSync('git', ['-C', PROJECT, ...args], { encoding: 'utf8' }).stdout?.trim() ?? '';
  const epoch = process.env['SOURCE_DATE_EPOCH'] ?? (git('log', '-1', '--format=%ct') || '0');
  if (!/^\d+$/.test(epoch))
    throw new Problem(`SOURCE_DATE_EPOCH=${epoch}: give seconds since 1970`);
  const changed = git('status', '--porcelain') === '' ? '' : '-changed';
  const revision = git('rev-parse', 'HEAD');
  return {
    version,
    revision: revision === '' ? 'unknown' : `${revision}${changed}`,
    epochSeconds: Number(epoch),
  };
}

function nextSteps(options: Options, tags: readonly string[]): string {
  if (options.push) return `Pushed. Set image in cluster.yaml to ${options.tag}.\n`;
  return `Next: kind load image-archive ${archivePath(options, options.architectures[0]!)}\n      or push ${tags.join(' and ')} with --push, then npm run kit -- up\n`;
}

try {
  const options = readOptions(process.argv.slice(2));
  if (options === undefined) process.stdout.write(USAGE);
  else await main(options);
} catch (error) {
  if (!(error instanceof Problem)) throw error;
  process.stderr.write(`image: ${error.message}\n`);
  process.exitCode = 1;
}
