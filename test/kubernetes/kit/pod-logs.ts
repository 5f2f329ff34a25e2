// Keeps what members and jobs logged: pods, and their logs with them, come and go during the test.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Background } from '../../conformance/lib/process.ts';
import type { Kubectl } from './kubectl.ts';

const POLL_MS = 500;
const STATE = '{.metadata.name} {.status.containerStatuses[0].restartCount} {.status.phase}{"\\n"}';

export class PodLogs {
  readonly #kubectl: Kubectl;
  readonly #folder: string;
  readonly #followers = new Map<string, Background>();
  readonly #watch: Background;
  readonly #timer: NodeJS.Timeout;
  #seen = 0;

  /** Follows all pods of the namespace, each into a file POD-RESTARTS.log of `folder`. */
  constructor(kubectl: Kubectl, folder: string) {
    this.#kubectl = kubectl;
    this.#folder = folder;
    mkdirSync(folder, { recursive: true });
    this.#watch = kubectl.background('get', 'pods', '--watch', '-o', `jsonpath=${STATE}`);
    this.#timer = setInterval(() => this.#follow(), POLL_MS);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all([this.#watch, ...this.#followers.values()].map((each) => each.stop()));
  }

  #follow(): void {
    const text = this.#watch.output;
    const fresh = text.slice(this.#seen, text.lastIndexOf('\n') + 1);
    this.#seen += fresh.length;
    for (const line of fresh.split('\n')) {
      const [pod, restarts, phase] = line.split(' ');
      if (pod === undefined || restarts === undefined || phase === 'Pending') continue;
      const before = this.#followers.get(pod);
      if (restarts === '' || (before !== undefined && !before.hasEnded)) continue;
      this.#followers.set(pod, this.#start(pod, restarts));
    }
  }

  /** What it has said in this life of its container, to the end. */
  #start(pod: string, restarts: string): Background {
    const logFile = join(this.#folder, `${pod}-${restarts}.log`);
    // stderr is what Background writes to a file.
    const command = 'exec kubectl -n "$0" logs --follow "$1" >&2';
    const args = ['-c', command, this.#kubectl.namespace, pod];
    return new Background('sh', args, { logFile });
  }
}
