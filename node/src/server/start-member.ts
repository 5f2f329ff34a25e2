// Starts a member from its configuration and stops it again: the order in which the parts come up, and go down
// (etcd: server/embed/etcd.go).
import { formatId, type Logger } from '../base/index.ts';
import type { ClusterMember } from '../apply/index.ts';
import { healthService, HealthStatus } from '../api/index.ts';
import { PeerTransport, type PeerRoute } from '../peer/index.ts';
import type { HttpHandler } from '../rpc/index.ts';
import { realWorld } from '../platform/index.ts';
import { showBackups } from './backup-metrics.ts';
import type { Bootstrapped } from './bootstrap.ts';
import { showCertificates } from './certificate-metrics.ts';
import { openCertificates, peerTlsOf, type Certificates } from './certificates.ts';
import { ClientPorts } from './client-ports.ts';
import type { ServerConfig } from './config.ts';
import type { Founding } from './founding.ts';
import { LeasesAnywhere } from './leases-anywhere.ts';
import { Duties } from './duties.ts';
import type { Member } from './member.ts';
import { Metrics } from './metrics.ts';
import { openMember, publish, type MemberEnd } from './open-member.ts';
import { OwnUrls, advertisedUrls } from './own-urls.ts';
import { PeerCalls, httpAsker } from './peer-calls.ts';
import { peerLinks, peerRoutes } from './peer-routes.ts';
import { assertPortsFree } from './port-check.ts';
import { restoreRoutes } from './restore/routes.ts';
import { tlsReport } from './tls-report.ts';
import { BINNACLE_VERSION, ETCD_VERSION } from './version.ts';

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

export interface ProcessEnd extends MemberEnd {
  /** A restore in place was committed: replace the process, which finds the restored data (`finishRestore`). */
  readonly onRestore?: () => void;
}

/** What whoever starts the member knows or adds. */
export interface StartExtras {
  /** The TLS of the ports, which stays the caller's; by default it is opened here. */
  readonly certificates?: Certificates | undefined;
  /** Who the members are, for a member without a log: in place of --initial-cluster. */
  readonly founding?: Founding | undefined;
  /** Members that run, and that a disk from before they joined does not know. */
  readonly neighbours?: readonly ClusterMember[] | undefined;
  /** More for the peer port. */
  readonly peerRoutes?: ((member: Member) => Record<string, PeerRoute>) | undefined;
  /** Has to resolve before clients are served. */
  readonly beforeServing?: ((member: Member) => Promise<void>) | undefined;
}

/** Resolves when the member runs; clients are served a moment later. @throws Error with a message for the operator, before anything was changed where possible */
export async function startMember(
  config: ServerConfig,
  logger: Logger,
  end: ProcessEnd,
  extras: StartExtras = {},
): Promise<RunningMember> {
  logStart(config, logger);
  const certificates = extras.certificates ?? (await openCertificates(config, logger));
  await certificates.live?.waitUntilReady(logger);
  const parts = await openParts({ config, logger, end, certificates, extras });
  const { member, boot, calls, metrics, transport, lock } = parts;
  const duties = new Duties(member, boot, calls);
  await transport.listen(config.listenPeerUrls);
  await duties.checkBeforeServing();
  const health = new HealthStatus(config.featureGates.stopGrpcServiceOnDefrag);
  const leases = new LeasesAnywhere(member, calls);
  const ports = new ClientPorts({
    ...{ config, logger, member, leases, health, metrics, certificates },
    onFatal: end.onFatal,
    tlsReport: () => tlsReport(certificates.live, member, transport),
  });
  ports.register(healthService(health));
  await ports.start();
  member.start(transport);
  duties.start();
  const ownUrls = followPolicy(parts, ports, certificates);

  let stopping: Promise<void> | undefined;
  const stop = async (handsOver?: boolean): Promise<void> => {
    health.set(false);
    duties.stop();
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

  const clientUrls = () => advertisedUrls(config, certificates.live).client;
  publish(member, clientUrls, () => stopping !== undefined)
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
  readonly end: ProcessEnd;
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
  const peerTls = peerTlsOf(config, certificates);
  const calls = new PeerCalls(
    httpAsker(peerTls, world.clock),
    5_000 + 2 * config.electionTimeoutMs,
  );
  const metrics = new Metrics();
  const opened = await openMember({
    ...{ config, world, logger, end, calls },
    ...{ founding: extras.founding, neighbours: extras.neighbours },
    onWalSync: (durationMs) => metrics.walSyncSeconds.observe(durationMs / 1000),
  });
  const { member, boot } = opened;
  metrics.follow(member);
  showCertificates(metrics.registry, certificates);
  if (config.backupStatusFile !== '') showBackups(metrics.registry, config.backupStatusFile);
  const transport = newTransport({ ...given, member, boot, metrics, tls: peerTls });
  return { ...opened, calls, metrics, transport };
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
    links: peerLinks(member),
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
