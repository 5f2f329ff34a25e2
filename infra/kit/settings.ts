// The configuration of a deployment: a Pulumi stack's file, or a file with the same keys and no `binnacle:` before them.
// It is read, and for `scale` and `rotate` changed, with all its comments.
import { readFileSync, writeFileSync } from 'node:fs';
import { isMap, isScalar, parseDocument, type Document } from 'yaml';
import { checkConfig, type ClusterConfig } from '../config.ts';
import { Problem, reasonOf } from '../local/problem.ts';

const PROJECT = 'binnacle:';
const DEFAULT_NAMESPACE = 'default';
const DEFAULT_KIND_CLUSTER = 'binnacle';

export interface Settings {
  readonly config: ClusterConfig;
  readonly namespace: string;
  /** Of the kubeconfig; '' for the current one. */
  readonly context: string;
  readonly kindCluster: string;
  /** The image is built here and loaded into the kind cluster. */
  readonly isBuilt: boolean;
}

/** Keys of a stack that are not the cluster's (infra/stack/settings.ts). */
const STACK_KEYS = ['namespace', 'context', 'build'];

export class SettingsFile {
  readonly path: string;
  private readonly document: Document;
  private readonly isStack: boolean;

  /** @throws Problem */
  constructor(path: string) {
    this.path = path;
    let text: string;
    try {
      text = readFileSync(path, 'utf8');
    } catch (error) {
      throw new Problem(`${path}: ${reasonOf(error)}`);
    }
    this.document = parseDocument(text);
    const [error] = this.document.errors;
    if (error !== undefined) throw new Problem(`${path}: is not valid YAML: ${error.message}`);
    this.isStack = isMap(this.document.get('config'));
  }

  /** @throws Problem that names each key that is wrong */
  read(): Settings {
    const values = this.values();
    const cluster = Object.fromEntries(
      Object.entries(values).filter(([key]) => !STACK_KEYS.includes(key)),
    );
    const checked = checkConfig(cluster);
    if (!checked.success)
      throw new Problem(
        checked.error.issues
          .map(({ path, message }) => `${this.path}: ${path.join('.') || 'the file'}: ${message}`)
          .join('\n'),
      );
    const build = (values['build'] ?? {}) as { kindCluster?: string; enabled?: boolean }; // looked at below
    return {
      config: checked.data,
      namespace: textOf(values['namespace'], DEFAULT_NAMESPACE),
      context: textOf(values['context'], ''),
      kindCluster: textOf(build.kindCluster, DEFAULT_KIND_CLUSTER),
      isBuilt: build.enabled === true,
    };
  }

  /** Sets one key, given as `tls.caGeneration`, in memory. */
  set(path: string, value: number): void {
    const [first = '', ...rest] = path.split('.');
    const at = this.isStack ? ['config', PROJECT + first, ...rest] : [first, ...rest];
    this.document.setIn(this.readable(at), value);
  }

  /** Writes what was set. */
  save(): void {
    writeFileSync(this.path, this.document.toString({ lineWidth: 0 }));
  }

  /** `pulumi config set --path` writes `binnacle:tls.caGeneration`-like keys only on request: sections are maps. */
  private readable(at: readonly string[]): string[] {
    for (let depth = 1; depth < at.length; depth++) {
      const node: unknown = this.document.getIn(at.slice(0, depth), true);
      if (node !== undefined && isScalar(node) && node.value !== null)
        throw new Problem(`${this.path}: ${at.slice(0, depth).join('.')} is not a section`);
    }
    return [...at];
  }

  private values(): Record<string, unknown> {
    const all = (this.document.toJS() ?? {}) as Record<string, unknown>; // checked key by key afterwards
    if (!this.isStack) return all;
    const config = all['config'] as Record<string, unknown>;
    return Object.fromEntries(
      Object.entries(config)
        .filter(([key]) => key.startsWith(PROJECT))
        .map(([key, value]) => [key.slice(PROJECT.length), numberOf(key, value)]),
    );
  }
}

/** `pulumi config set` writes numbers as text. */
function numberOf(key: string, value: unknown): unknown {
  return key === `${PROJECT}members` && typeof value === 'string' && /^\d+$/.test(value)
    ? Number(value)
    : value;
}

const textOf = (value: unknown, otherwise: string): string =>
  typeof value === 'string' && value !== '' ? value : otherwise;
