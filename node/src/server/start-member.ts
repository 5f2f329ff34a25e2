// Starts a member from its configuration and stops it again: the order in which the parts come up, and go down
// (etcd: server/embed/etcd.go).
import { join } from 'node:path';
import { formatId, type Logger, pause } from '../base/index.ts';
import { healthService, HealthStatus } from '../api/index.ts';
import { PeerTransport, type PeerRoute } from '../peer/index.ts';
import type { HttpHandler } from '../rpc/index.ts';
import { Purger } from '../storage/index.ts';
import { realWorld } from '../platform/index.ts';
import { AutoCompactor } from './auto-compactor.ts';
import { showBackups } from './backup-metrics.ts';
import { bootstrap, type Bootstrapped } from './bootstrap.ts';
import { showCertificates } from './certificate-metrics.ts';
import { openCertificates, peerTlsOf, type Certificates } from './certificates.ts';
import { ClientPorts } from './client-ports.ts';
import type { ServerConfig } from './config.ts';
import { CorruptionCheck } from './corruption-check.ts';
import { clusterFromSrv } from './discovery-srv.ts';
import type { Founding } from './founding.ts';
import { LeaderDuties } from './leader-duties.ts';
import { LeasesAnywhere } from './leases-anywhere.ts';
import { Member } from './member.ts';
import { Metrics } from './metrics.ts';
import { OwnUrls, advertisedUrls, attributesOf } from './own-urls.ts';
import { dataPaths } from './paths.ts';
import { PeerCalls } from './peer-calls.ts';
import { peerRoutes } from './peer-routes.ts';
import { assertPortsFree } from './port-check.ts';
import { restoreRoutes } from './restore/routes.ts';
import { StateMachine } from './state-machine.ts';
import { tlsReport } from './tls-report.ts';
import { BINNACLE_VERSION, ETCD_VERSION } from './version.ts';

const PUBLISH_RETRY_MS = 100;
/** How long connections may stay that a new TLS policy would not let in; clients are told to go at once. */
const UNWELCOME_GRACE_MS = 30_000;

export interface RunningMember {
  readonly member: Member;
  readonly metrics: Metrics;
  /** Whether clients are served, which they are from when this member has applied what was committed before it began. */
  readonly isServing: boolean;
  /** Answers what --listen-metrics-urls answers. */
  readonly serveProbe: HttpHandler;
  /**
   * Tells clients to go elsewhere and waits for at most `graceMs` until what they have asked is answered, while the member
   * still does all of its work.
   */
  closeToClients(graceMs: number): Promise<void>;
  /** Hands leadership over (unless `handsOver` is false), answers what is under way, closes all files. */
  stop(handsOver?: boolean): Promise<void>;
}

/** What ends the process from within. */
export interface MemberEnd {
  /** A disk failed, or an assertion: nothing can be trusted any more. */
  readonly onFatal: (error: unknown) => void;
  /** The member was removed from the cluster. */
  readonly onRemoved: () => void;
  /** A restore in place was committed: replace the process, which finds the restored data (`finishRestore`). */
  readonly onRestore?: () => void;
}

/** What whoever starts the member knows or adds. */
export interface StartExtras {
  /** The TLS of the ports, which stays the caller's; by default it is opened here. */
  readonly certificates?: Certificates | undefined;
  /** Who the members are, for a member without a log: in place of --initial-cluster. */
  readonly founding?: Founding | undefined;
  /** More for the peer port. */
  readonly peerRoutes?: ((member: Member) => Record<string, PeerRoute>) | undefined;
  /** Has to resolve before clients are served. */
  readonly beforeServing?: ((member: Member) => Promise<void>) | undefined;
}

/** Resolves when the member runs; clients are served a moment later. @throws Error with a message for the operator, before anything was changed where possible */
export async function startMember(
  config: ServerConfig,
  logger: Logger,
  end: MemberEnd,
  extras: StartExtras = {},
): Promise<RunningMember> {
  logStart(config, logger);
  const certificates = extras.certificates ?? (await openCertificates(config, logger));
  await certificates.live?.waitUntilReady(logger);
  const parts = await openParts({ config, logger, end, certificates, extras });
  const { member, boot, calls, metrics, transport, lock } = parts;
  const corruption = new CorruptionCheck(member, calls);
  await transport.listen(config.listenPeerUrls);
  const holdsData = boot.snapshotIndex + boot.consistentIndex.index > 0;
  if (config.featureGates.initialCorruptCheck && holdsData) await corruption.beforeServing();
  const health = new HealthStatus(config.featureGates.stopGrpcServiceOnDefrag);
  const leases = new LeasesAnywhere(member, calls);
  const duties = new LeaderDuties(member, (urls) => calls.serverVersion(urls));
  const compactor = new AutoCompactor(member);
  const ports = new ClientPorts({
    ...{ config, logger, member, leases, health, metrics, certificates },
    tlsReport: () => tlsReport(certificates.live, member, transport),
  });
  ports.register(healthService(health));
  await ports.listenForMetrics();
  member.start(transport);
  for (const one of [duties, compactor, corruption]) one.start();
  const purge = startPurger(parts, logger);
  const ownUrls = followPolicy(parts, ports, certificates);

  let stopping: Promise<void> | undefined;
  const stop = async (handsOver?: boolean): Promise<void> => {
    health.set(false);
    for (const one of [duties, compactor, corruption, purge]) one.stop();
    ownUrls?.stop();
    const ending = member.stop(handsOver);
    await Promise.all([ports.close(), ending]);
    await transport.stop(100);
    calls.close();
    if (extras.certificates === undefined) certificates.close();
    await lock.release();
  };
  let isServing = false;
  const running: RunningMember = {
    member,
    metrics,
    get isServing() {
      return isServing;
    },
    serveProbe: (request, responder) => ports.serveProbe(request, responder),
    closeToClients: (graceMs) => ports.closeToClients(graceMs),
    stop: (handsOver) => (stopping ??= stop(handsOver)),
  };

  publish(member, certificates, () => stopping !== undefined)
    .then(async () => {
      await extras.beforeServing?.(member);
      if (stopping !== undefined) return;
      ownUrls?.check();
      await ports.listen();
      isServing = true;
      logger.info('ready to serve client requests', {
        'local-member-id': formatId(member.localId),
      });
    })
    .catch(end.onFatal);
  return running;
}

/** A TLS policy that changes is followed by the ports, by the streams to others, and by the member's own URLs. */
function followPolicy(
  { member, transport }: Parts,
  ports: ClientPorts,
  { live }: Certificates,
): Pick<OwnUrls, 'check' | 'stop'> | undefined {
  if (live === undefined) return undefined;
  const ownUrls = new OwnUrls(member, live);
  const unfollow = live.onChange(() => {
    ports.reconsider(UNWELCOME_GRACE_MS);
    transport.reconsider(UNWELCOME_GRACE_MS);
    ownUrls.check();
  });
  return {
    check: () => ownUrls.check(),
    stop() {
      unfollow();
      ownUrls.stop();
    },
  };
}

/** What stands before anything runs or listens. */
interface Parts {
  readonly member: Member;
  readonly boot: Bootstrapped;
  readonly calls: PeerCalls;
  readonly metrics: Metrics;
  readonly transport: PeerTransport;
  /** Held on the data directory. */
  readonly lock: { release(): Promise<void> };
}

interface Given {
  readonly config: ServerConfig;
  readonly logger: Logger;
  readonly end: MemberEnd;
  readonly certificates: Certificates;
  readonly extras: StartExtras;
}

async function openParts(given: Given): Promise<Parts> {
  const { config, logger, end, certificates, extras } = given;
  const world = realWorld();
  await assertPortsFree([
    ...config.listenPeerUrls,
    ...config.listenClientUrls,
    ...config.listenMetricsUrls,
  ]);
  const { memberDir } = dataPaths(config);
  await world.disk.makeFolder(memberDir);
  const lock = await world.disk.lock(join(memberDir, 'lock'));
  const peerTls = peerTlsOf(config, certificates);
  const calls = new PeerCalls(peerTls, 5_000 + 2 * config.electionTimeoutMs);
  const metrics = new Metrics();
  const common = { config, world, logger, onFatal: end.onFatal };
  const boot = await bootstrap({
    ...common,
    founding: extras.founding,
    peerGet: (url, path) => calls.get(url, path),
    initialCluster: async () =>
      config.discoverySrv === '' ? config.initialCluster : clusterFromSrv(config, logger),
    onWalSync: (durationMs) => metrics.walSyncSeconds.observe(durationMs / 1000),
  });
  const { membership, consistentIndex } = boot;
  const state = await StateMachine.open(boot.backend, { ...common, membership, consistentIndex });
  const member = new Member({
    ...common,
    boot,
    state,
    onRemoved: end.onRemoved,
    promoteOnLeader: (leader, id) => calls.promote(leader, id),
  });
  metrics.follow(member);
  showCertificates(metrics.registry, certificates);
  if (config.backupStatusFile !== '') showBackups(metrics.registry, config.backupStatusFile);
  const transport = newTransport({ ...given, member, boot, metrics, tls: peerTls });
  return { member, boot, calls, metrics, transport, lock };
}

interface TransportParts extends Given {
  readonly member: Member;
  readonly boot: Bootstrapped;
  readonly metrics: Metrics;
  readonly tls: ReturnType<typeof peerTlsOf>;
}

function newTransport(parts: TransportParts): PeerTransport {
  const { member, boot, metrics, certificates, tls, end, extras } = parts;
  const { config, logger, world } = member;
  return new PeerTransport({
    memberId: boot.localId,
    clusterId: boot.clusterId,
    urls: () => advertisedUrls(config, certificates.live).peer,
    tls,
    logger,
    clock: world.clock,
    serverVersion: ETCD_VERSION,
    routes: {
      ...peerRoutes(member),
      ...restoreRoutes({ member, boot, restart: end.onRestore }),
      ...extras.peerRoutes?.(member),
    },
    metrics: metrics.peer,
    dialTimeoutMs: 1_000 + config.electionTimeoutMs,
    linkTimeoutMs: config.raftReadTimeoutMs,
    handlers: {
      process: (messages) => member.receive(messages),
      isIdRemoved: (id) => boot.membership.isRemoved(id),
      reportUnreachable: (id) => member.reportUnreachable(id),
      proposalUnsent: (message) => member.proposalUnsent(message),
      reportSnapshot: (id, ok) => member.reportSnapshot(id, ok),
      saveDatabaseSnapshot: (_from, database, index) => boot.files.saveDatabase(index, database),
      selfRemoved: () => end.onRemoved(),
    },
  });
}

function startPurger({ member, boot }: Parts, logger: Logger): Purger {
  const { config, world } = member;
  const { snapDir, walDir } = dataPaths(config);
  return new Purger(
    world,
    [
      { folder: snapDir, suffix: '.snap', keep: config.maxSnapshotFiles },
      { folder: snapDir, suffix: '.snap.db', keep: config.maxSnapshotFiles },
      {
        folder: walDir,
        suffix: '.wal',
        keep: config.maxWalFiles,
        isHeld: (name) => boot.wal.holds(name),
      },
    ],
    logger,
  );
}

/** Tells the cluster this member's name and client URLs; it is ready when that has gone through raft. */
async function publish(
  member: Member,
  { live }: Certificates,
  stopping: () => boolean,
): Promise<void> {
  const { config, localId, logger } = member;
  while (!stopping()) {
    try {
      await member.propose(attributesOf(member, advertisedUrls(config, live).client));
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

function logStart(config: ServerConfig, logger: Logger): void {
  if (config.inertFlags.length > 0) {
    logger.warn('flags without effect are set', { flags: config.inertFlags });
  }
  logger.info('starting an etcd server', {
    'etcd-version': ETCD_VERSION,
    'binnacle-version': BINNACLE_VERSION,
    name: config.name,
    'data-dir': config.dataDir,
    'heartbeat-interval': `${config.heartbeatIntervalMs}ms`,
    'election-timeout': `${config.electionTimeoutMs}ms`,
    'snapshot-count': config.snapshotCount,
    'initial-advertise-peer-urls': config.advertisePeerUrls,
    'listen-peer-urls': config.listenPeerUrls,
    'advertise-client-urls': config.advertiseClientUrls,
    'listen-client-urls': config.listenClientUrls,
    'listen-metrics-urls': config.listenMetricsUrls,
    'initial-cluster': config.initialCluster,
    'initial-cluster-state': config.initialClusterState,
    'initial-cluster-token': config.initialClusterToken,
    'quota-backend-bytes': config.quotaBackendBytes,
    'pre-vote': config.preVote,
  });
}
