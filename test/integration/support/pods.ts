// A StatefulSet without Kubernetes: processes that take themselves for its pods, on loopback addresses, and an API server that
// knows the few objects they ask for. `scale` does what the controller does with podManagementPolicy Parallel.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FakeApi } from '../../../node/src/kubernetes/testing/fake-api.ts';
import { eventually } from './waiting.ts';

const BINARY = fileURLToPath(new URL('../../../node/bin/binnacle', import.meta.url));
const NAME = 'store';
const NAMESPACE = 'shop';
const STATEFUL_SETS = `/apis/apps/v1/namespaces/${NAMESPACE}/statefulsets`;
const CONFIG_MAPS = `/api/v1/namespaces/${NAMESPACE}/configmaps`;
/** kubelet's, as the kit asks for it. */
const GRACE_MS = 60_000;

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** One pod: a process and its volume. */
export class TestPod {
  readonly name: string;
  readonly host: string;
  readonly volume: string;
  readonly logFile: string;
  private readonly environment: () => Readonly<Record<string, string>>;
  private child: ChildProcess | undefined;

  constructor(
    set: { readonly folder: string; readonly net: string; readonly api: () => string },
    i: number,
  ) {
    this.name = `${NAME}-${i}`;
    this.host = `${set.net}.${i + 1}`;
    this.volume = join(set.folder, this.name);
    this.logFile = join(set.folder, `${this.name}.log`);
    this.environment = () => ({
      POD_NAME: this.name,
      POD_NAMESPACE: NAMESPACE,
      BINNACLE_TEST_POD_HOSTS: `${set.net}.%d`,
      BINNACLE_TEST_KUBERNETES_API: set.api(),
    });
  }

  get clientUrl(): string {
    return `http://${this.host}:2379`;
  }

  get isRunning(): boolean {
    return (
      this.child !== undefined && this.child.exitCode === null && this.child.signalCode === null
    );
  }

  get log(): string {
    return existsSync(this.logFile) ? readFileSync(this.logFile, 'utf8') : '';
  }

  start(): void {
    const log = openSync(this.logFile, 'a');
    const args = [
      '--discovery-mode=kubernetes',
      `--kubernetes-statefulset=${NAME}`,
      `--data-dir=${this.volume}/data`,
    ];
    const environment = { ...process.env, ...this.environment() };
    const child = spawn(BINARY, args, { stdio: ['ignore', log, log], env: environment });
    closeSync(log);
    running.add(child);
    child.once('exit', () => running.delete(child));
    this.child = child;
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const { child } = this;
    if (child === undefined || !this.isRunning) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    const timer = setTimeout(() => child.kill('SIGKILL'), GRACE_MS);
    await ended;
    clearTimeout(timer);
  }

  /** The volume is lost. */
  wipe(): void {
    rmSync(this.volume, { recursive: true, force: true });
  }

  /** `live`, `startup` or `ready`: the status, and what is said. */
  async probe(name: string): Promise<{ status: number; text: string }> {
    const answer = await fetch(`http://${this.host}:2381/probe/${name}`);
    return { status: answer.status, text: (await answer.text()).trim() };
  }

  async isReady(): Promise<boolean> {
    return (await this.probe('ready').catch(() => ({ status: 0 }))).status === 200;
  }
}

export class TestStatefulSet {
  readonly api = new FakeApi();
  readonly folder = mkdtempSync(join(tmpdir(), 'binnacle-pods-'));
  private readonly net: string;
  private pods: TestPod[] = [];

  /** `net` is three parts of a loopback address, such as 127.0.61: a pod's number is the fourth. */
  constructor(net: string) {
    this.net = net;
  }

  pod(ordinal: number): TestPod {
    const { folder, net } = this;
    while (this.pods.length <= ordinal)
      this.pods.push(new TestPod({ folder, net, api: () => this.api.url }, this.pods.length));
    const pod = this.pods[ordinal];
    if (pod === undefined) throw new Error('was just made');
    return pod;
  }

  /** The pods that are asked for. */
  members(replicas: number): TestPod[] {
    return Array.from({ length: replicas }, (_, i) => this.pod(i));
  }

  async begin(replicas: number): Promise<void> {
    await this.api.start();
    await this.scale(replicas);
  }

  /** Resolves when the pods that are too many have ended; those that are new have only begun. */
  async scale(replicas: number): Promise<void> {
    this.want(replicas);
    for (const pod of this.members(replicas)) if (!pod.isRunning) pod.start();
    await Promise.all(this.pods.slice(replicas).map((pod) => pod.stop()));
  }

  /** Only what the API server says. */
  want(replicas: number, metadata: Readonly<Record<string, string>> = {}): void {
    this.api.put(STATEFUL_SETS, {
      metadata: { name: NAME, ...metadata },
      spec: { replicas },
    } as never); // the fake keeps any object
  }

  forgetStatefulSet(): void {
    this.api.remove(STATEFUL_SETS, NAME);
  }

  forgetRecord(): void {
    this.api.remove(CONFIG_MAPS, `${NAME}-cluster`);
  }

  /** As somebody leaves it who dies. */
  putRecord(record: Readonly<Record<string, unknown>>): void {
    const data = { record: JSON.stringify(record) };
    this.api.put(CONFIG_MAPS, { metadata: { name: `${NAME}-cluster` }, data } as never); // the fake keeps any object
  }

  get record(): Record<string, unknown> | undefined {
    const data = this.api.peek('configmaps', NAMESPACE, `${NAME}-cluster`)?.['data'];
    const text = (data as { record?: string } | undefined)?.record; // the member writes it
    return text === undefined ? undefined : (JSON.parse(text) as Record<string, unknown>);
  }

  get events(): { reason: string; message: string }[] {
    return this.api.all('events', NAMESPACE) as unknown as { reason: string; message: string }[]; // Events have both
  }

  async untilReady(replicas: number, timeoutMs = 45_000): Promise<void> {
    await eventually(
      `${replicas} ready pods`,
      async () =>
        (await Promise.all(this.members(replicas).map((pod) => pod.isReady()))).every(Boolean),
      timeoutMs,
    );
  }

  async end(): Promise<void> {
    await Promise.all(this.pods.map((pod) => pod.stop('SIGKILL')));
    await this.api.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
