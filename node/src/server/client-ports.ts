// The ports for clients: gRPC and plain HTTP on each client URL, metrics and health apart where that is asked for
// (etcd: server/embed/serve.go).
import type { Logger } from '../base/index.ts';
import {
  httpEndpoints,
  type HealthStatus,
  type HttpEndpoints,
  type Registration,
} from '../api/index.ts';
import {
  RpcServer,
  type ListenOptions,
  type RpcServerOptions,
  type HttpHandler,
  type HttpRequest,
  type HttpResponder,
} from '../rpc/index.ts';
import { clientSecurity, isSecure, metricsSecurity, type Certificates } from './certificates.ts';
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
  /** GET /probe/tls on the metrics URLs: see tls-report.ts. */
  readonly tlsReport: () => TlsReport;
}

export class ClientPorts {
  private readonly parts: ClientPortParts;
  private readonly server: RpcServer;
  private readonly metricsServer: RpcServer;
  private readonly endpoints: HttpEndpoints;
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
  }

  /** Serves clients. */
  async listen(): Promise<void> {
    const { config, certificates } = this.parts;
    for (const url of [...config.listenClientUrls, ...config.listenClientHttpUrls]) {
      const security = clientSecurity(config, certificates, url);
      await listenOn(this.server, url, security);
      const { live } = certificates;
      const secure = live === undefined ? isSecure(url) : live.current?.accept !== 'plain';
      const text = secure
        ? 'serving client traffic securely'
        : 'serving client traffic insecurely; this is strongly discouraged!';
      this.parts.logger.info(text, { traffic: 'grpc+http', address: new URL(url).host });
    }
  }

  /** --listen-metrics-urls: served from the start, for probes. */
  async listenForMetrics(): Promise<void> {
    const { config, certificates } = this.parts;
    for (const url of config.listenMetricsUrls)
      await listenOn(this.metricsServer, url, metricsSecurity(config, certificates, url));
  }

  /** The policy changed: see RpcServer.reconsider. */
  reconsider(graceMs: number): void {
    this.server.reconsider(graceMs);
  }

  /** Tells clients to go elsewhere, and waits for at most `graceMs` until what they have asked is answered. */
  closeToClients(graceMs: number): Promise<void> {
    return (this.closedToClients ??= this.server.close({ graceMs }));
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
      maxRequestBytes: config.maxRequestBytes,
      maxConcurrentStreams: config.maxConcurrentStreams,
      keepaliveMinTimeMs: config.keepaliveMinTimeMs,
      keepaliveIntervalMs: config.keepaliveIntervalMs,
      keepaliveTimeoutMs: config.keepaliveTimeoutMs,
      http1,
      before: learnerGuard(member),
      observer: { finished: (path, kind, status) => metrics.callEnded(path, kind, status) },
      ...headerTrace(),
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

async function listenOn(
  server: RpcServer,
  url: string,
  security: Pick<ListenOptions, 'tls' | 'acceptance'>,
): Promise<void> {
  const { protocol, hostname, port, host, pathname } = new URL(url);
  if (protocol.startsWith('unix')) {
    await server.listen({ socketPath: `${host}${pathname}`, ...security });
  } else {
    const bare = hostname.replace(/^\[|\]$/g, '');
    await server.listen({ host: bare, port: Number(port), ...security });
  }
}

function queryOf(search: string): Map<string, string[]> {
  const query = new Map<string, string[]>();
  for (const [name, value] of new URLSearchParams(search)) {
    query.set(name, [...(query.get(name) ?? []), value]);
  }
  return query;
}

/** GODEBUG=http2debug=2 traces header fields in the words of Go's HTTP/2 server, which etcd's harness reads. */
function headerTrace(): Pick<RpcServerOptions, 'onRequestFields'> {
  if (process.env['GODEBUG']?.includes('http2debug=2') !== true) return {};
  return {
    onRequestFields: (fields) => {
      for (const { name, value } of fields) {
        const shown = `${JSON.stringify(name)} = ${JSON.stringify(value)}`;
        process.stderr.write(`http2: decoded hpack field header field ${shown}\n`);
      }
    },
  };
}
