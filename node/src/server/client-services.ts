// The gRPC services of a member.
import {
  authService,
  clusterService,
  electionService,
  kvService,
  leaseService,
  lockService,
  maintenanceService,
  watchService,
  type HealthStatus,
  type Registration,
} from '../api/index.ts';
import type { LeasesAnywhere } from './leases-anywhere.ts';
import type { Member } from './member.ts';
import { ETCD_VERSION } from './version.ts';

export interface ServiceParts {
  readonly member: Member;
  readonly leases: LeasesAnywhere;
  readonly health: HealthStatus;
}

export function clientServices(parts: ServiceParts): Registration[][] {
  const { member, leases, health } = parts;
  const { logger, config } = member;
  const { clock, random } = member.world;
  const onLeaderLost = (lost: () => void): (() => void) => member.leaderWatch.onLeaderLost(lost);
  return [
    kvService(member),
    authService(member),
    clusterService(member),
    maintenanceService(member, ETCD_VERSION, logger, health),
    watchService(member, {
      hub: member.hub,
      clock,
      random,
      logger,
      progressNotifyIntervalMs: config.watchProgressNotifyIntervalMs,
      onLeaderLost,
    }),
    leaseService(member, {
      lessor: member.state.lessor,
      random,
      onLeaderLost,
      renewLease: (id) => leases.renew(id),
      leaseTimeToLive: (id, withKeys) => leases.timeToLive(id, withKeys),
    }),
    lockService(member, { hub: member.hub, random }),
    electionService(member, { hub: member.hub, random }),
  ];
}
