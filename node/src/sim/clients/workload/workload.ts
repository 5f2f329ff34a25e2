// All the clients of a run: made from a scenario, going on until they are told to stop.
import type { SimRandom } from '../../world/random.ts';
import type { ClientCounts } from '../../scenario.ts';
import { SimClient } from '../client.ts';
import type { SimClientParts } from '../client.ts';
import type { Recorder } from '../recorder.ts';
import { Actor, type SharedView } from './actor.ts';
import { runCompaction } from './compaction.ts';
import { KeySpace } from './key-space.ts';
import { runKv } from './kv.ts';
import { runLease } from './lease.ts';
import { runLock } from './lock.ts';
import { runMaintenance } from './maintenance.ts';
import { runSerial } from './serial.ts';
import { runTxn } from './txn.ts';
import { runWatch } from './watch.ts';

export interface WorkloadParts extends Omit<SimClientParts, 'name'> {
  readonly recorder: Recorder;
  /** Each client has a stream of its own, by its name. */
  readonly random: SimRandom;
  readonly counts: ClientCounts;
  /** What a client itself found wrong: a violation. */
  readonly report: (check: string, text: string) => void;
}

type Kind = Exclude<keyof ClientCounts, 'pauseMs' | 'keys'>;

export class Workload {
  /** Names of the clients on the network. */
  readonly clients: readonly string[];
  private readonly actors: {
    readonly actor: Actor;
    readonly run: (actor: Actor) => Promise<void>;
  }[] = [];
  private readonly shared: SharedView = {
    revision: 1,
    compactRevision: 0,
    leases: [],
    isStopped: false,
    era: 0,
    stragglers: [],
  };
  private readonly report: WorkloadParts['report'];
  private running: Promise<unknown> = Promise.resolve();

  constructor(parts: WorkloadParts) {
    const { counts } = parts;
    this.report = parts.report;
    const keys = new KeySpace(counts.keys);
    const add = (kind: Kind, run: (actor: Actor) => Promise<void>): void => {
      for (let i = 0; i < counts[kind]; i++) {
        const name = `${kind}-${i}`;
        const { cluster, scheduler, recorder, random } = parts;
        const client = new SimClient({ ...parts, name });
        const { shared } = this;
        const actor = new Actor({
          ...{ client, cluster, scheduler, recorder, keys, shared, pauseMs: counts.pauseMs },
          report: parts.report,
          random: random.fork(name),
        });
        this.actors.push({ actor, run });
      }
    };
    add('kv', runKv);
    add('txn', runTxn);
    add('serial', runSerial);
    add('lease', runLease);
    add('watch', runWatch);
    add('lock', runLock);
    add('compact', runCompaction);
    add('maintenance', runMaintenance);
    this.clients = this.actors.map(({ actor }) => actor.name);
  }

  start(): void {
    this.running = Promise.all(this.actors.map(({ actor, run }) => run(actor)));
  }

  /** No client begins anything new. */
  stop(): void {
    this.shared.isStopped = true;
  }

  /**
   * Resolves when no call is under way any more, after `stop`. Watchers that have not seen by then what the clients saw,
   * 40 s after it, are reported.
   */
  async finish(): Promise<void> {
    await this.running;
    for (const text of this.shared.stragglers) this.report('watch catches up', text);
    for (const { actor } of this.actors) actor.client.close();
  }

  /** The cluster was restored from a snapshot: what clients saw behind it is gone. */
  eraBegan(revision: number): void {
    this.shared.revision = revision;
    this.shared.compactRevision = 0;
    this.shared.era++;
    this.shared.leases.length = 0;
  }
}
