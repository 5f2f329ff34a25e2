// A member from what lies on its disk: what a real process and a simulated one have in common.
import { join } from 'node:path';
import { formatId, pause, type Logger, type World } from '../base/index.ts';
import type { ClusterMember } from '../apply/index.ts';
import { bootstrap, type Bootstrapped } from './bootstrap.ts';
import type { ServerConfig } from './config.ts';
import { clusterFromSrv } from './discovery-srv.ts';
import type { Founding } from './founding.ts';
import { Member } from './member.ts';
import { attributesOf } from './own-urls.ts';
import { dataPaths } from './paths.ts';
import type { PeerCalls } from './peer-calls.ts';
import { StateMachine } from './state-machine.ts';

const PUBLISH_RETRY_MS = 100;

/** What ends the process from within. */
export interface MemberEnd {
  /** A disk failed, or an assertion: nothing can be trusted any more. */
  readonly onFatal: (error: unknown) => void;
  /** The member was removed from the cluster. */
  readonly onRemoved: () => void;
}

export interface OpenParts {
  readonly config: ServerConfig;
  readonly world: World;
  readonly logger: Logger;
  readonly end: MemberEnd;
  readonly calls: PeerCalls;
  /** Who the members are, where that is known already. */
  readonly founding?: Founding | undefined;
  /** Members that run, and that a disk from before they joined does not know. */
  readonly neighbours?: readonly ClusterMember[] | undefined;
  readonly onWalSync: (durationMs: number) => void;
  /** Size of a segment of the log; etcd's unless told. */
  readonly walSegmentBytes?: number | undefined;
}

export interface OpenedMember {
  readonly member: Member;
  readonly boot: Bootstrapped;
  /** Held on the data directory. */
  readonly lock: { release(): Promise<void> };
}

/** @throws ConfigError, WalCorruptError, BackendCorruptError: nothing is started on data that is not whole */
export async function openMember(parts: OpenParts): Promise<OpenedMember> {
  const { config, world, logger, end, calls } = parts;
  const { memberDir } = dataPaths(config);
  await world.disk.makeFolder(memberDir);
  const lock = await world.disk.lock(join(memberDir, 'lock'));
  const common = { config, world, logger, onFatal: end.onFatal };
  const boot = await bootstrap({
    ...common,
    founding: parts.founding,
    neighbours: parts.neighbours,
    peerGet: (url, path) => calls.get(url, path),
    initialCluster: async () =>
      config.discoverySrv === '' ? config.initialCluster : clusterFromSrv(config, logger),
    onWalSync: parts.onWalSync,
    walSegmentBytes: parts.walSegmentBytes,
  });
  const { membership, consistentIndex, raftStorage } = boot;
  const state = await StateMachine.open(boot.backend, {
    ...common,
    membership,
    consistentIndex,
    replayTo: raftStorage.lastIndex(),
  });
  // The index was built meanwhile.
  await Promise.all([boot.logConfirmed, boot.backend.confirmed]);
  const member = new Member({
    ...common,
    boot,
    state,
    onRemoved: end.onRemoved,
    askTestimony: (other) => calls.testimony(other, boot.clusterId, boot.localId),
    promoteOnLeader: (leader, id) => calls.promote(leader, id),
  });
  return { member, boot, lock };
}

/** Tells the cluster this member's name and client URLs; it is ready when that has gone through raft. */
export async function publish(
  member: Member,
  clientUrls: () => readonly string[],
  stopping: () => boolean,
): Promise<void> {
  const { localId, logger } = member;
  while (!stopping()) {
    try {
      await member.caughtUp();
      await member.propose(attributesOf(member, clientUrls()));
      logger.info('published local member to cluster through raft', {
        'local-member-id': formatId(localId),
        'cluster-id': formatId(member.membership.clusterId),
      });
      return;
    } catch (error) {
      if (stopping()) return;
      logger.warn('failed to publish local member to cluster through raft', {
        'local-member-id': formatId(localId),
        error: String(error),
      });
      await pause(member.world.clock, PUBLISH_RETRY_MS);
    }
  }
}
