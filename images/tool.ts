// The program that builds: docker, podman or buildah, whichever is there and works.
import { spawnSync } from 'node:child_process';
import { Problem } from './problem.ts';

export const TOOLS = ['docker', 'podman', 'buildah'] as const;
export type Tool = (typeof TOOLS)[number];

/** What fails when the program is only a client without its daemon, a stand-in, or may not make containers. */
const PROBES: Readonly<Record<Tool, readonly string[]>> = {
  docker: ['version', '--format', '{{.Server.Version}}'],
  podman: ['info', '--format', '{{.Version.Version}}'],
  buildah: ['info'],
};

export interface BuildOptions {
  readonly context: string;
  readonly platform: string;
  readonly tag: string;
  readonly base: string | undefined;
  readonly isolation: string | undefined;
  readonly sourceDateEpoch: number;
  /** Layers of earlier builds are taken as they are, with the times that those had. */
  readonly mayReuse: boolean;
  readonly arguments: Readonly<Record<string, string>>;
}

/** Undefined when the program works; else what is wrong with it, in a line. */
function defectOf(tool: Tool): string | undefined {
  const { error, status, stdout, stderr } = spawnSync(tool, PROBES[tool], {
    encoding: 'utf8',
    timeout: 20_000,
  });
  if (error !== undefined)
    return 'code' in error && error.code === 'ENOENT' ? 'not installed' : error.message;
  if (status === 0 && stdout.trim() !== '') return undefined;
  const lines = stderr.trim().split('\n');
  return lines.at(-1) || `'${tool} ${PROBES[tool].join(' ')}' ended with ${status}`;
}

/** Throws a `Problem` that lists what was tried when none works. */
export function chooseTool(wanted: Tool | undefined): Tool {
  const defects: string[] = [];
  for (const tool of wanted === undefined ? TOOLS : [wanted]) {
    const defect = defectOf(tool);
    if (defect === undefined) return tool;
    defects.push(`  ${tool}: ${defect}`);
  }
  throw new Problem(
    `An image needs docker, podman or buildah, and none of them works here:\n${defects.join('\n')}\n` +
      "Start Docker, or install one: 'apt-get install buildah' needs no daemon.",
  );
}

export function build(tool: Tool, options: BuildOptions): void {
  const { context, platform, tag, base, isolation, sourceDateEpoch, mayReuse } = options;
  const values = {
    ...options.arguments,
    ...(base === undefined ? {} : { BASE: base }),
    SOURCE_DATE_EPOCH: `${sourceDateEpoch}`,
  };
  const cache = mayReuse ? [] : ['--no-cache'];
  const common = [...cache, '--platform', platform, '--tag', tag].concat(
    Object.entries(values).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]),
  );
  const own =
    tool === 'docker'
      ? ['--provenance=false', '--sbom=false', '--load']
      : ['--timestamp', `${sourceDateEpoch}`, '--layers'].concat(
          isolation === undefined ? [] : ['--isolation', isolation],
        );
  const command = tool === 'docker' ? ['buildx', 'build'] : ['build'];
  const advice =
    base === undefined
      ? '\nWhere no registry can be reached, take a Debian image that is there: --base IMAGE (images/README.md makes one).'
      : '';
  run(tool, [...command, ...own, ...common, context], advice);
}

/** Writes the image as a Docker archive, which docker, podman, containerd and `kind load image-archive` read. */
export function save(tool: Tool, tag: string, archive: string): void {
  if (tool === 'buildah') run(tool, ['push', '--quiet', tag, `docker-archive:${archive}:${tag}`]);
  else if (tool === 'podman')
    run(tool, ['save', '--quiet', '--format', 'docker-archive', '--output', archive, tag]);
  else run(tool, ['save', '--output', archive, tag]);
}

/** Pushes what was built; several platforms also as one list under `tag`. */
export function push(tool: Tool, tag: string, parts: readonly string[]): void {
  for (const part of parts) run(tool, ['push', part]);
  if (parts.length === 1) return;
  if (tool === 'docker') {
    run(tool, ['buildx', 'imagetools', 'create', '--tag', tag, ...parts]);
    return;
  }
  spawnSync(tool, ['manifest', 'rm', tag], { stdio: 'ignore' });
  run(tool, ['manifest', 'create', tag, ...parts]);
  run(tool, ['manifest', 'push', '--all', tag, `docker://${tag}`]);
}

function run(tool: Tool, args: readonly string[], advice = ''): void {
  const { status, error } = spawnSync(tool, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  if (error !== undefined) throw new Problem(`${tool}: ${error.message}`);
  if (status !== 0) throw new Problem(`'${tool} ${args.join(' ')}' ended with ${status}${advice}`);
}
