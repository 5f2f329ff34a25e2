// The command line of `npm run image`.
import { arch } from 'node:os';
import { parseArgs } from 'node:util';
import type { Architecture } from './node-binary.ts';
import { Problem } from './problem.ts';
import { TOOLS, type Tool } from './tool.ts';

export const USAGE = `Builds the image of Binnacle.

Usage: npm run image -- [flags]

  --tool docker|podman|buildah  What builds it (default: the first of them that works).
  --tag NAME:TAG                Its name (default: binnacle:dev; without a registry that is localhost/binnacle:dev).
  --platform LIST               linux/amd64, linux/arm64 or both, separated by a comma (default: this machine's).
  --base IMAGE                  A Debian image to take the libraries from (default: the one the Dockerfile pins).
  --output FILE.tar             Where the archive goes (default: .binnacle/image/binnacle-ARCHITECTURE.tar).
  --isolation KIND              buildah and podman only: chroot builds where containers cannot be started.
  --push                        Push it; of two platforms, as one list that has both.
`;

export interface Options {
  readonly tool: Tool | undefined;
  readonly tag: string;
  readonly architectures: readonly Architecture[];
  readonly base: string | undefined;
  readonly output: string | undefined;
  readonly isolation: string | undefined;
  readonly push: boolean;
}

/** Undefined when help was asked for. */
export function readOptions(argv: readonly string[]): Options | undefined {
  const values = parse(argv);
  if (values.help) return undefined;
  const tool = values.tool as Tool | undefined; // checked in the next line
  if (tool !== undefined && !TOOLS.includes(tool))
    throw new Problem(`--tool ${tool}: choose one of ${TOOLS.join(', ')}`);
  const architectures = values.platform?.split(',').map(architectureOf) ?? [ownArchitecture()];
  if (new Set(architectures).size !== architectures.length)
    throw new Problem(`--platform ${values.platform}: names a platform twice`);
  return {
    tool,
    tag: qualified(values.tag),
    architectures,
    base: values.base,
    output: values.output,
    isolation: values.isolation,
    push: values.push,
  };
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        tool: { type: 'string' },
        tag: { type: 'string', default: 'binnacle:dev' },
        platform: { type: 'string' },
        base: { type: 'string' },
        output: { type: 'string' },
        isolation: { type: 'string' },
        push: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values;
  } catch (error) {
    throw new Problem(`${(error as Error).message}\n\n${USAGE}`); // parseArgs throws TypeErrors
  }
}

function architectureOf(platform: string): Architecture {
  const architecture = /^(?:linux\/)?(?<architecture>amd64|arm64)$/.exec(platform.trim())?.groups?.[
    'architecture'
  ];
  if (architecture === undefined)
    throw new Problem(`--platform ${platform}: the image is built for linux/amd64 and linux/arm64`);
  return architecture as Architecture; // what the expression matched
}

export const ownArchitecture = (): Architecture => (arch() === 'arm64' ? 'arm64' : 'amd64');

/** Engines disagree about what `binnacle:dev` is short for; with a first part that is a host they do not. */
function qualified(tag: string): string {
  const match = /^(?<name>[a-z0-9._/:-]+?)(?::(?<tag>[\w.-]+))?$/.exec(tag);
  if (match === null) throw new Problem(`--tag ${tag}: is not NAME:TAG`);
  const name = match.groups!['name']!;
  const first = name.split('/')[0]!;
  const hasHost = name.includes('/') && (/[.:]/.test(first) || first === 'localhost');
  return `${hasHost ? name : `localhost/${name}`}:${match.groups!['tag'] ?? 'dev'}`;
}
