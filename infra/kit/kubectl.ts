// kubectl as a child process: the cluster of one context and namespace.
import { spawn, spawnSync } from 'node:child_process';
import type { KubernetesObject } from '../objects/index.ts';
import { Problem } from '../local/problem.ts';

export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Whether a program is on PATH. */
export function isInstalled(program: string): boolean {
  const { error } = spawnSync(program, ['version'], { stdio: 'ignore', timeout: 20_000 });
  return !(error !== undefined && 'code' in error && error.code === 'ENOENT');
}

/** Runs a program to its end. @throws Problem when it cannot be started */
export function finish(program: string, args: readonly string[], input = ''): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    const [stdout, stderr] = [[] as Buffer[], [] as Buffer[]];
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
    child.stdin.on('error', () => undefined); // it may end before it has read all
    child.stdin.end(input);
    child.once('error', (error) => reject(new Problem(`${program}: ${error.message}`)));
    child.once('close', (code) => {
      const [out, err] = [Buffer.concat(stdout).toString(), Buffer.concat(stderr).toString()];
      resolve({ code: code ?? -1, stdout: out, stderr: err });
    });
  });
}

export class Kubectl {
  readonly namespace: string;
  private readonly context: string;

  /** @param context of the kubeconfig; '' for the current one */
  constructor(context: string, namespace: string) {
    this.context = context;
    this.namespace = namespace;
  }

  /** How a person types it, for what to do next. */
  get command(): string {
    const context = this.context === '' ? '' : ` --context ${this.context}`;
    return `kubectl${context} -n ${this.namespace}`;
  }

  try(args: readonly string[], input?: string): Promise<Finished> {
    const context = this.context === '' ? [] : ['--context', this.context];
    return finish('kubectl', [...context, '-n', this.namespace, ...args], input);
  }

  /** Returns what it printed. @throws Problem with kubectl's own words */
  async run(args: readonly string[], input?: string): Promise<string> {
    const { code, stdout, stderr } = await this.try(args, input);
    if (code !== 0) throw new Problem(`kubectl ${args.join(' ')}: ${explain(stderr)}`);
    return stdout;
  }

  /** Undefined when there is no such object. */
  async get<T extends object>(kind: string, name: string): Promise<T | undefined> {
    const text = await this.run(['get', kind, name, '--ignore-not-found', '-o', 'json']);
    return text.trim() === '' ? undefined : (JSON.parse(text) as T); // what the caller asks for
  }

  /** Those of `kinds` with these labels; a kind that the cluster does not have counts as empty. */
  async list<T extends object>(kinds: string, labels: string): Promise<T[]> {
    const { code, stdout, stderr } = await this.try(['get', kinds, '-l', labels, '-o', 'json']);
    if (code !== 0) {
      if (/the server doesn't have a resource type/.test(stderr)) return [];
      throw new Problem(`kubectl get ${kinds}: ${explain(stderr)}`);
    }
    return (JSON.parse(stdout) as { items: T[] }).items;
  }

  /** Whether the cluster answers; the reason when it does not. */
  async unreachable(): Promise<string | undefined> {
    const { code, stderr } = await this.try(['get', '--raw', '/version', '--request-timeout=10s']);
    return code === 0 ? undefined : explain(stderr);
  }

  async hasNamespace(): Promise<boolean> {
    return (await this.get('namespace', this.namespace)) !== undefined;
  }
}

/** The API server's words without kubectl's repetitions of the same failure. */
function explain(stderr: string): string {
  const lines = stderr.split('\n').filter((line) => line !== '' && !/^[EW]\d{4} /.test(line));
  return lines.slice(-5).join('\n') || 'it failed without a word';
}

/** Several objects as one document. */
export const listOf = (objects: readonly KubernetesObject[]): string =>
  JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects });
