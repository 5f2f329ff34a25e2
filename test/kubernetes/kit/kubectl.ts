// kubectl on the cluster that the environment names, in one namespace.
import { Background, eventually, run, type Outcome } from '../../conformance/lib/process.ts';

/** The parts of Kubernetes' objects that the test reads. */
export interface Pod {
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly deletionTimestamp?: string;
  };
  readonly spec: { readonly nodeName?: string; readonly containers: readonly { image: string }[] };
  readonly status: {
    readonly podIP?: string;
    readonly phase: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    readonly containerStatuses?: readonly { readonly restartCount: number }[];
  };
}

export interface List<T> {
  readonly items: readonly T[];
}

const TIMEOUT_MS = 120_000;

export class Kubectl {
  readonly namespace: string;

  constructor(namespace: string) {
    this.namespace = namespace;
  }

  /** Runs kubectl once, whatever its exit code. */
  try(args: readonly string[], input?: string): Promise<Outcome> {
    return run('kubectl', ['-n', this.namespace, ...args], {
      timeoutMs: TIMEOUT_MS,
      ...(input !== undefined && { input }),
    });
  }

  /** Runs kubectl and returns its stdout. @throws Error on an exit code but 0 */
  async run(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.try(args);
    if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr.trim()}`);
    return stdout.trimEnd();
  }

  /** One object, or undefined when there is none of that name. T is the caller's claim. */
  async get<T>(kind: string, name: string): Promise<T | undefined> {
    const output = await this.run('get', kind, name, '--ignore-not-found', '-o', 'json');
    return output === '' ? undefined : (JSON.parse(output) as T); // the API server's JSON
  }

  /** All objects of a kind with these labels. T is the caller's claim. */
  async list<T>(kind: string, selector: string): Promise<readonly T[]> {
    const output = await this.run('get', kind, '-l', selector, '-o', 'json');
    return (JSON.parse(output) as List<T>).items; // the API server's JSON
  }

  async apply(...manifests: readonly unknown[]): Promise<void> {
    const input = manifests.map((each) => JSON.stringify(each)).join('\n---\n');
    const { code, stderr } = await this.try(['apply', '--server-side', '-f', '-'], input);
    if (code !== 0) throw new Error(`kubectl apply: ${stderr.trim()}`);
  }

  /** Follows a kind: each state of an object comes as one line of `template` (kubectl's jsonpath). */
  watch(kind: string, name: string, template: string): Background {
    const only = ['--field-selector', `metadata.name=${name}`];
    const output = `jsonpath=${template}{"\\n"}`;
    return this.background('get', kind, ...only, '--watch', '-o', output);
  }

  /** kubectl that goes on until it is stopped. */
  background(...args: string[]): Background {
    return new Background('kubectl', ['-n', this.namespace, ...args]);
  }

  /** Makes the namespace, as empty as a new one. */
  async freshNamespace(): Promise<void> {
    await this.deleteNamespace();
    await this.run('create', 'namespace', this.namespace);
    await this.run('label', 'namespace', this.namespace, ...RESTRICTED);
  }

  async deleteNamespace(): Promise<void> {
    await this.run('delete', 'namespace', this.namespace, '--ignore-not-found', '--wait=false');
    await eventually(
      `the end of namespace ${this.namespace}`,
      async () => {
        const found = await this.get('namespace', this.namespace);
        return found === undefined ? true : undefined;
      },
      TIMEOUT_MS,
    );
  }
}

/** What the kit makes has to be admitted under the strictest of the pod security standards. */
const RESTRICTED = ['pod-security.kubernetes.io/enforce=restricted'];
