// What an image archive holds: its configuration, its files and its size as a registry would store it.
import { readFileSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';
import { tarEntries, type TarEntry } from './tar.ts';

export interface ImageConfig {
  readonly architecture: string;
  readonly created: string;
  readonly config: {
    readonly User?: string;
    readonly Entrypoint?: readonly string[];
    readonly Labels?: Readonly<Record<string, string>>;
    readonly StopSignal?: string;
  };
}

export interface ImageArchive {
  readonly config: ImageConfig;
  /** Digest of the configuration, without `sha256:`: what engines call the image's id. */
  readonly id: string;
  readonly tags: readonly string[];
  /** As `docker save` wrote them, unpacked. */
  readonly layers: readonly Buffer[];
  /** Of all layers; what a later layer replaced is not in it. */
  readonly files: ReadonlyMap<string, TarEntry>;
}

interface ManifestItem {
  readonly Config: string;
  readonly RepoTags: readonly string[] | null;
  readonly Layers: readonly string[];
}

/** Reads what `docker save` and `docker-archive:` write. Throws an Error when it is something else. */
export function readImageArchive(path: string): ImageArchive {
  const entries = new Map<string, TarEntry>();
  for (const entry of tarEntries(readFileSync(path))) entries.set(entry.path, entry);
  const dataOf = (name: string): Buffer => {
    const entry = entries.get(name);
    if (entry === undefined) throw new Error(`${path}: no image archive: ${name} is missing`);
    // Some engines write a layer once and link to it.
    return entry.type === 'link' ? dataOf(entry.target.replace(/^(\.\.\/)+/, '')) : entry.data;
  };
  const [item] = JSON.parse(dataOf('manifest.json').toString('utf8')) as [ManifestItem];
  const layers = item.Layers.map((name) => unpacked(dataOf(name)));
  const files = new Map<string, TarEntry>();
  for (const layer of layers) for (const entry of tarEntries(layer)) files.set(entry.path, entry);
  return {
    config: JSON.parse(dataOf(item.Config).toString('utf8')) as ImageConfig,
    id: /(?<id>[0-9a-f]{64})/.exec(item.Config)?.groups?.['id'] ?? '',
    tags: item.RepoTags ?? [],
    layers,
    files,
  };
}

const unpacked = (layer: Buffer): Buffer =>
  layer[0] === 0x1f && layer[1] === 0x8b ? gunzipSync(layer) : layer;

/** Bytes of the layers after gzip at its usual level: what a registry stores and a node pulls. */
export function compressedBytes(layers: readonly Buffer[]): number {
  return layers.reduce((sum, layer) => sum + gzipSync(layer).length, 0);
}
