// Asks, decides and acts until the member can be started (see decide.ts).
import { formatId, pause } from '../../base/index.ts';
import type { ClusterMember } from '../../apply/index.ts';
import { KubernetesError } from '../../kubernetes/index.ts';
import { forceNewClusterOffline } from '../force-offline.ts';
import { dataPaths } from '../paths.ts';
import type { Announcer } from './announcer.ts';
import { decide } from './decide.ts';
import type { DiskState } from './disk.ts';
import { prepareFounding, prepareJoining, type Entry, type EnteringParts } from './entering.ts';
import { gather, type GatherParts, type Gathered } from './gather.ts';
import type { Situation } from './situation.ts';

const RETRY_MS = 400;

export type DiscoveryParts = GatherParts & EnteringParts & { readonly announcer: Announcer };

export class Discovery {
  /** What the start waits for. */
  problem = 'the member is starting';
  /** What the volume holds. */
  disk: DiskState['kind'] | undefined;
  private readonly parts: DiscoveryParts;

  constructor(parts: DiscoveryParts) {
    this.parts = parts;
  }

  /** Undefined when `stopped` before. */
  async run(stopped: AbortSignal): Promise<Entry | undefined> {
    const { clock } = this.parts.world;
    const sinceMs = clock.monotonicMs();
    while (!stopped.aborted) {
      const entry = await this.attempt(sinceMs, stopped);
      if (entry !== undefined) return entry;
      await pause(clock, RETRY_MS);
    }
    return undefined;
  }

  private async attempt(sinceMs: number, stopped: AbortSignal): Promise<Entry | undefined> {
    const { volume, announcer } = this.parts;
    try {
      const disk = await volume.inspect();
      this.disk = disk.kind;
      const gathered = await gather(this.parts, disk, sinceMs);
      announcer.about(gathered.wanted?.reference);
      const newest = gathered.situation.record?.generation ?? 0;
      if (
        disk.kind === 'data' &&
        disk.generation < newest &&
        (await volume.commitRestore(newest))
      ) {
        return undefined; // the next attempt finds the restored data
      }
      return stopped.aborted ? undefined : await this.act(gathered, disk);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.problem = reason;
      announcer.waits(error instanceof KubernetesError ? 'ApiServer' : 'Retrying', reason);
      return undefined;
    }
  }

  private async act({ situation }: Gathered, disk: DiskState): Promise<Entry | undefined> {
    const { announcer, config, logger } = this.parts;
    const decision = decide(situation);
    switch (decision.kind) {
      case 'wait':
        this.problem = decision.reason;
        announcer.waits(decision.code, decision.reason);
        return undefined;
      case 'refuse':
        this.problem = decision.reason;
        announcer.refuses(decision.code, decision.reason);
        return undefined;
      case 'found':
        return prepareFounding(this.parts, situation.record);
      case 'join':
      case 'replace':
        return prepareJoining(this.parts, decision, situation.peers);
      case 'recover':
        return this.recover(decision.generation);
      case 'resume':
        logger.info('resuming with the data of the volume', {
          'member-id': disk.kind === 'data' ? formatId(disk.memberId) : '',
        });
        return {
          config,
          founding: undefined,
          neighbours: neighboursIn(situation),
          isFounding: situation.record?.state === 'founding',
        };
    }
  }

  /** Dying in between repeats it: the generation is written last. */
  private async recover(generation: number): Promise<Entry> {
    const { config, world, logger, volume } = this.parts;
    logger.warn('going on as the only member, as binnacle recover asked for', { generation });
    await forceNewClusterOffline(world, logger, dataPaths(config));
    await volume.setGeneration(generation);
    return { config, founding: undefined, isFounding: false };
  }
}

/** The members of the cluster as those who run in it, and are not behind the volume, name them. */
function neighboursIn({ disk, peers }: Situation): ClusterMember[] {
  if (disk.kind !== 'data') return [];
  return peers.flatMap(({ state }) =>
    state.kind === 'running' &&
    state.answer.clusterId === disk.clusterId &&
    state.answer.generation === disk.generation
      ? state.answer.members
      : [],
  );
}
