// One life of the member in a pod: from its start to its stop, with what goes on beside it.
import { pause } from '../../base/index.ts';
import { Gauge } from 'prom-client';
import type { ProcessEnd, RunningMember } from '../start-member.ts';
import { startMember } from '../start-member.ts';
import type { Certificates } from '../certificates.ts';
import type { DiscoveryParts } from './discovery.ts';
import { recordFounded, type Entry } from './entering.ts';
import { leaveOrHandOver } from './leaving.ts';
import { memberRoutes } from './member-routes.ts';
import { becomeVoter } from './promotion.ts';
import { Reconciler } from './reconciler.ts';

const RETRY_MS = 1_000;
/** Endpoints of the Service follow readiness; until they have, clients still come. */
const ENDPOINTS_MS = 2_000;
/** Clients' connections end with the calls on them; watches would never. */
const CLIENTS_GO_MS = 1_000;

export interface LifeParts extends DiscoveryParts {
  readonly certificates: Certificates;
  readonly onFatal: ProcessEnd['onFatal'];
  /** The member was removed from the cluster, or its data was replaced: this life ends, another may begin. */
  readonly onOver: (reason: string) => void;
}

export class Life {
  private readonly parts: LifeParts;
  private readonly running: RunningMember;
  private readonly reconciler: Reconciler;
  private readonly ending: AbortController;
  private readonly isRemoved: () => boolean;

  private constructor(
    parts: LifeParts,
    running: RunningMember,
    generation: number,
    ending: AbortController,
    isRemoved: () => boolean,
  ) {
    this.parts = parts;
    this.running = running;
    this.ending = ending;
    this.isRemoved = isRemoved;
    this.reconciler = new Reconciler({
      ...parts,
      member: running.member,
      generation,
      warn: (code, reason) => parts.announcer.warn(code, reason),
    });
  }

  /** @throws Error when the member can't start */
  static async begin(parts: LifeParts, entry: Entry): Promise<Life> {
    const { volume, certificates, logger, onFatal, onOver } = parts;
    const generation = await volume.generation();
    const ending = new AbortController();
    let removed = false;
    const running = await startMember(
      entry.config,
      logger,
      {
        onFatal,
        onRemoved() {
          removed = true;
          if (!ending.signal.aborted) onOver('the member was removed from the cluster');
        },
        onRestore: () => onOver('a restore was committed'),
      },
      {
        certificates,
        founding: entry.founding,
        neighbours: entry.neighbours,
        peerRoutes: (member) => memberRoutes(member, () => generation),
        beforeServing: async () => {
          const recorded = untilFounded(parts, ending.signal);
          // Only a founder has to wait: others are not to depend on the API server.
          if (entry.isFounding) await recorded;
        },
      },
    );
    const life = new Life(parts, running, generation, ending, () => removed);
    life.goOn();
    return life;
  }

  get serveProbe(): RunningMember['serveProbe'] {
    return this.running.serveProbe;
  }

  /** Why clients are not to be sent here; undefined when they are. Other members do not matter. */
  get readyProblem(): string | undefined {
    const { member, isServing } = this.running;
    if (this.ending.signal.aborted) return 'the member is stopping';
    if (!isServing) return 'the member has not heard yet what the cluster has agreed on';
    const own = member.membership.get(member.localId);
    if (own === undefined) return 'the member is not of the cluster';
    return own.isLearner ? 'the member is a learner, which is catching up' : undefined;
  }

  /** The pod is stopped: out of the Service, out of the cluster if it is not wanted any more, and down. */
  async end(): Promise<void> {
    const { member } = this.running;
    const wasReady = this.readyProblem === undefined;
    this.ending.abort();
    if (wasReady) await pause(this.parts.world.clock, ENDPOINTS_MS);
    // Before leadership goes: clients that are elsewhere by then do not notice.
    if (member.membership.voters().length > 1) await this.running.closeToClients(CLIENTS_GO_MS);
    await leaveOrHandOver({
      ...this.parts,
      member,
      isRemoved: this.isRemoved,
      warn: (code, reason) => this.parts.announcer.warn(code, reason),
    });
    await this.halt();
  }

  /** Ends this life without a word to the cluster: another one follows. */
  async halt(): Promise<void> {
    this.ending.abort();
    this.reconciler.stop();
    // It was handed over before, or there is nobody to take it: a restore replaces all members' data.
    await this.running.stop(false);
  }

  private goOn(): void {
    const { logger, volume } = this.parts;
    const { member } = this.running;
    this.reconciler.start();
    this.showMembers();
    becomeVoter(member, this.parts, () => this.ending.signal.aborted)
      .then(() => (this.ending.signal.aborted ? undefined : volume.dropOld()))
      .catch((error: unknown) => {
        logger.warn('failed to remove old data', { error: String(error) });
      });
  }

  private showMembers(): void {
    const { member, metrics } = this.running;
    new Gauge({
      name: 'binnacle_cluster_members',
      help: 'Members of the cluster as this member knows them, by their role.',
      labelNames: ['role'],
      registers: [metrics.registry],
      collect() {
        const learners = member.membership.list().filter(({ isLearner }) => isLearner).length;
        this.set({ role: 'voter' }, member.membership.voters().length);
        this.set({ role: 'learner' }, learners);
      },
    });
  }
}

/** Writes into the record that there is a cluster, so that an empty disk is known to be a lost one. */
async function untilFounded(
  { records, config, logger, world }: LifeParts,
  ending: AbortSignal,
): Promise<void> {
  while (!ending.aborted) {
    try {
      const record = await records.read();
      // Without a record, there is data: the leader writes the record when it looks after things.
      if (record?.state === 'founding') await recordFounded(records, config.name);
      return;
    } catch (error) {
      logger.warn('could not record that the cluster was founded; trying again', {
        error: String(error),
      });
    }
    await pause(world.clock, RETRY_MS);
  }
}
