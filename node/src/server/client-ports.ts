// The ports for clients: gRPC and plain HTTP on each client URL, metrics and health apart where that is asked for
// (etcd: server/embed/serve.go).
import type { Logger } from '../base/index.ts';
import {
  httpEndpoints,
  type HealthStatus,
  type HttpEndpoints,
  type Registration,
} from '../api/index.ts';
import { FrontThreads, type FrontOptions } from '../front/index.ts';
import {
  RpcServer,
  writeHeaderTrace,
  type HttpHandler,
  type HttpRequest,
  type HttpResponder,
} from '../rpc/index.ts';
import {
  clientSecurity,
  followCertificates,
  frontAcceptance,
  isSecure,
  metricsSecurity,
  type Certificates,
} from './certificates.ts';
import { clientServices } from './client-services.ts';
import type { ServerConfig } from './config.ts';
import type { LeasesAnywhere } from './leases-anywhere.ts';
import { learnerGuard } from './learner-guard.ts';
import type { Member } from './member.ts';
import type { Metrics } from './metrics.ts';
import type { TlsReport } from './tls-report.ts';
import { ETCD_VERSION } from './version.ts';

/** How long calls under way may take when the member stops; the harness of etcd allows 1.5 s for everything. */
const GRACE_MS = 500;

export interface ClientPortParts {
  readonly config: ServerConfig;
  readonly logger: Logger;
  readonly member: Member;
  readonly leases: LeasesAnywhere;
  readonly health: HealthStatus;
  readonly metrics: Metrics;
  readonly certificates: Certificates;
  /** A thread that serves clients failed: the process cannot go on. */
  readonly onFatal: (error: unknown) => void;
  /** GET /probe/tls on the metrics URLs: see tls-report.ts. */
  readonly tlsReport: () => TlsReport;
}

export class ClientPorts {
  private readonly parts: ClientPortParts;
  private readonly server: RpcServer;
  private readonly metricsServer: RpcServer;
  private readonly endpoints: HttpEndpoints;
  private readonly registrations: Registration[] = [];
  /** With --client-threads, from `start` on. */
  private front: FrontThreads | undefined;
  private stopFollowing: () => void = () => {};
  private closedToClients: Promise<void> | undefined;

  constructor(parts: ClientPortParts) {
    this.parts = parts;
    this.endpoints = httpEndpoints(parts.member, ETCD_VERSION, parts.logger);
    this.server = this.newServer((request, responder) => this.serveHttp(request, responder));
    this.metricsServer = this.newServer((request, responder) =>
      this.serveProbe(request, responder),
    );
    for (const service of clientServices(parts)) this.register(service);
  }

  register(registrations: readonly Registration[]): void {
    this.server.register(registrations);
    this.registrations.push(...registrations);
  }

  /** Serves clients. */
  async listen(): Promise<void> {
    const { config, certificates } = this.parts;
    for (const url of [...config.listenClientUrls, ...config.listenClientHttpUrls]) {
      await this.listenForClients(url);
      const { live } = certificates;
      const secure = live === undefined ? isSecure(url) : live.current?.accept !== 'plain';
      const text = secure
        ? 'serving client traffic securely'
        : 'serving client traffic insecurely; this is strongly discouraged!';
      this.parts.logger.info(text, { traffic: 'grpc+http', address: new URL(url).host });
    }
  }

  /** Front threads serve TCP; a unix socket cannot be listened on by several. */
  private async listenForClients(url: string): Promise<void> {
    const { config, certificates } = this.parts;
    const place = placeOf(url);
    if (this.front === undefined || 'socketPath' in place)
      await this.server.listen({ ...place, ...clientSecurity(config, certificates, url) });
    else {
      const acceptance = () => frontAcceptance(config, certificates, url);
      await this.front.listen({ ...place, acceptance });
    }
  }

  private newFront(threads: number): FrontThreads {
    const { config, logger, member, metrics, certificates, onFatal } = this.parts;
    const front = new FrontThreads({
      ...{ threads, logger, onFatal, methods: this.registrations, limits: limitsOf(config) },
      clock: member.world.clock,
      before: learnerGuard(member),
      http: (request, responder) => this.serveHttp(request, responder),
      tracesHeaders: tracesHeaders(),
    });
    metrics.countElsewhere(() => front.endedCalls());
    this.stopFollowing = followCertificates(certificates, () => front.refresh());
    return front;
  }

  /** Serves --listen-metrics-urls from the start, for probes, and starts the threads that `listen` needs. */
  async start(): Promise<void> {
    const { config, certificates } = this.parts;
    if (config.clientThreads > 0) this.front = this.newFront(config.clientThreads);
    for (const url of config.listenMetricsUrls)
      await this.metricsServer.listen({
        ...placeOf(url),
        ...metricsSecurity(config, certificates, url),
      });
  }

  /** The policy changed: see RpcServer.reconsider. */
  reconsider(graceMs: number): void {
    this.server.reconsider(graceMs);
    this.front?.reconsider(graceMs);
  }

  /** Tells clients to go elsewhere, and waits for at most `graceMs` until what they have asked is answered. */
  closeToClients(graceMs: number): Promise<void> {
    return (this.closedToClients ??= this.closeServers(graceMs));
  }

  private async closeServers(graceMs: number): Promise<void> {
    this.stopFollowing();
    await Promise.all([this.server.close({ graceMs }), this.front?.close({ graceMs })]);
  }

  async close(): Promise<void> {
    await Promise.all([
      this.closeToClients(GRACE_MS),
      this.metricsServer.close({ graceMs: GRACE_MS }),
    ]);
  }

  private newServer(http1: HttpHandler): RpcServer {
    const { config, logger, member, metrics } = this.parts;
    return new RpcServer({
      clock: member.world.clock,
      logger,
      ...limitsOf(config),
      http1,
      before: learnerGuard(member),
      observer: { finished: (path, kind, status) => metrics.callEnded(path, kind, status) },
      ...(tracesHeaders() && { onRequestFields: writeHeaderTrace }),
    });
  }

  /** A request to a metrics URL. */
  async serveProbe(request: HttpRequest, responder: HttpResponder): Promise<void> {
    const { certificates, tlsReport } = this.parts;
    if (certificates.live === undefined || request.url !== '/probe/tls') {
      await this.serveHttp(request, responder);
      return;
    }
    const report = JSON.stringify(tlsReport());
    responder.respond(200, { 'Content-Type': 'application/json' }, `${report}\n`);
  }

  private async serveHttp(request: HttpRequest, responder: HttpResponder): Promise<void> {
    const { metrics } = this.parts;
    const [path = '', search = ''] = request.url.split('?', 2);
    if (path === '/metrics') {
      responder.respond(200, { 'Content-Type': metrics.contentType }, await metrics.text());
      return;
    }
    const answer = await this.endpoints(request.method, path, queryOf(search));
    if (answer !== undefined) responder.respond(answer.status, answer.headers, answer.body);
    else
      responder.respond(
        404,
        { 'Content-Type': 'text/plain; charset=utf-8' },
        '404 page not found\n',
      );
  }
}

/** Where a URL is listened on. */
function placeOf(url: string): { socketPath: string } | { host: string; port: number } {
  const { protocol, hostname, port, host, pathname } = new URL(url);
  if (protocol.startsWith('unix')) return { socketPath: `${host}${pathname}` };
  return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) };
}

const limitsOf = (config: ServerConfig): FrontOptions['limits'] => ({
  maxRequestBytes: config.maxRequestBytes,
  maxConcurrentStreams: config.maxConcurrentStreams,
  keepaliveMinTimeMs: config.keepaliveMinTimeMs,
  keepaliveIntervalMs: config.keepaliveIntervalMs,
  keepaliveTimeoutMs: config.keepaliveTimeoutMs,
});

function queryOf(search: string): Map<string, string[]> {
  const query = new Map<string, string[]>();
  for (const [name, value] of new URLSearchParams(search)) {
    query.set(name, [...(query.get(name) ?? []), value]);
  }
  return query;
}

/** As GODEBUG=http2debug=2 asks Go's server. */
const tracesHeaders = (): boolean => process.env['GODEBUG']?.includes('http2debug=2') === true;
