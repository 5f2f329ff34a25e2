// The server room: one member, from its flags to its ports.
export { buildConfig, parseInitialCluster, type ServerConfig } from './config.ts';
export { ConsistentIndex, positionIn } from './consistent-index.ts';
export { PodMember } from './discovery/pod-member.ts';
export { clientServices, type ServiceParts } from './client-services.ts';
export { Duties } from './duties.ts';
export { durationMs } from './duration.ts';
export { FLAG_SPECS, helpText } from './flag-specs.ts';
export { ConfigError, collectFlags } from './flag-values.ts';
export { forceNewClusterOffline } from './force-offline.ts';
export { plannedCluster, type ClusterPlan } from './founding.ts';
export { LeasesAnywhere } from './leases-anywhere.ts';
export { learnerGuard } from './learner-guard.ts';
export type { Member } from './member.ts';
export type { MemberTransport } from './member-transport.ts';
export { openMember, publish, type OpenedMember } from './open-member.ts';
export { peerEndpoints, type Endpoint } from './peer-answers.ts';
export { PeerCalls, type PeerAsker, type PeerQuestion, type PeerReply } from './peer-calls.ts';
export { dataPaths, type DataPaths } from './paths.ts';
export { SnapshotError, placeSnapshot } from './restore/place-snapshot.ts';
export {
  commitStaged,
  dropStaged,
  finishRestore,
  stagedRestore,
  type StagedRestore,
} from './restore/staging.ts';
export {
  readGeneration,
  removeOldData,
  siblingPaths,
  writeGeneration,
  type SiblingPaths,
} from './restore/siblings.ts';
export { writeRestoredMember, type RestoreWorld } from './restore/restored-member.ts';
export { startMember, type RunningMember } from './start-member.ts';
export { LiveTls, type LiveTlsOptions } from './tls-policy.ts';
export { tlsReport, type TlsReport } from './tls-report.ts';
export { BINNACLE_VERSION, ETCD_VERSION } from './version.ts';
