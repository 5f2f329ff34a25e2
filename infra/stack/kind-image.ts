// The image for a kind cluster: built with Docker and loaded into the nodes. Both happen when the stack is deployed, and
// nothing at a preview.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import docker from '@pulumi/docker';
import * as pulumi from '@pulumi/pulumi';
import { VERSION } from '../config.ts';

export interface KindImageArgs {
  /** Folder with the Dockerfile and all that it copies. */
  readonly context: string;
  readonly kindCluster: string;
  /** Empty: the machine's own. */
  readonly platform: string;
}

interface LoadInputs {
  readonly image: string;
  readonly cluster: string;
}

/**
 * Runs as text in a process of its own (Pulumi stores a dynamic provider's code in the state), so it must not use
 * anything from around it.
 */
const loader: pulumi.dynamic.ResourceProvider<LoadInputs> = {
  create({ image, cluster }) {
    const { spawnSync } = process.getBuiltinModule('node:child_process');
    const args = ['load', 'docker-image', image, '--name', cluster];
    const { error, status, stderr } = spawnSync('kind', args, { encoding: 'utf8' });
    if (error !== undefined)
      return Promise.reject(
        new Error(`kind cannot be started (${error.message}): is it installed?`),
      );
    if (status !== 0)
      return Promise.reject(
        new Error(`kind ${args.join(' ')} ended with ${String(status)}: ${stderr}`),
      );
    return Promise.resolve({ id: `${cluster}/${image}`, outs: { image, cluster } });
  },
  diff: (_id, olds, news) =>
    Promise.resolve({
      changes: olds.image !== news.image || olds.cluster !== news.cluster,
      replaces: ['image', 'cluster'].filter(
        (key) => olds[key as keyof LoadInputs] !== news[key as keyof LoadInputs],
      ),
    }),
};

class LoadedImage extends pulumi.dynamic.Resource {
  constructor(name: string, args: pulumi.Inputs, opts: pulumi.CustomResourceOptions) {
    super(loader, name, args, opts, 'binnacle', 'LoadedImage');
  }
}

/** An image that the nodes of a kind cluster have. Its tag follows from what is in it. */
export class KindImage extends pulumi.ComponentResource {
  readonly registry = 'localhost';
  readonly repository = 'binnacle';
  readonly tag: string;
  readonly loaded: pulumi.Resource;

  constructor(name: string, args: KindImageArgs, opts?: pulumi.ComponentResourceOptions) {
    super('binnacle:stack:KindImage', name, {}, opts);
    const { context, kindCluster, platform } = args;
    if (!existsSync(join(context, 'Dockerfile')))
      throw new pulumi.RunError(
        `${context} has no Dockerfile: run \`npm run build:infra -- --image\` in the project's folder first.`,
      );
    this.tag = `${VERSION}-${contentHash(context)}`;
    const imageName = `${this.registry}/${this.repository}:${this.tag}`;
    const built = new docker.Image(
      name,
      {
        imageName,
        skipPush: true,
        build: {
          context,
          dockerfile: join(context, 'Dockerfile'),
          args: { VERSION },
          platform: platform === '' ? `linux/${ownArchitecture()}` : platform,
        },
      },
      { parent: this },
    );
    // The digest is only known once the image is there, so nothing is loaded before.
    const inputs = { image: built.repoDigest.apply(() => imageName), cluster: kindCluster };
    this.loaded = new LoadedImage(`${name}-loaded`, inputs, { parent: this });
    this.registerOutputs({ tag: this.tag });
  }
}

const ownArchitecture = (): string => (process.arch === 'arm64' ? 'arm64' : 'amd64');

/** Of all files but Node's binaries, whose hashes are in the list of packages (sbom.json). */
function contentHash(folder: string): string {
  const hash = createHash('sha256');
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/^node-(amd64|arm64)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  for (const file of files)
    hash
      .update(`${relative(folder, file)}\n`)
      .update(readFileSync(file))
      .update('\n');
  return hash.digest('hex').slice(0, 12);
}
