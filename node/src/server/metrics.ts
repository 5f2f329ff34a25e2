// What /metrics shows, under etcd's names (server/etcdserver/metrics.go, storage/…/metrics.go). Numbers that the member
// keeps anyway are read when somebody asks; only durations are recorded as they happen.
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import { GrpcStatus, formatId, type MemberId } from '../base/index.ts';
import type { MethodKind } from '../wire/index.ts';
import type { PeerMetrics } from '../peer/index.ts';
import { raftGauges, storeGauges } from './member-gauges.ts';
import type { Member } from './member.ts';
import { ETCD_VERSION, BINNACLE_VERSION } from './version.ts';

const DISK_BUCKETS = [
  0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.256, 0.512, 1.024, 2.048, 4.096, 8.192,
];

/** go-grpc-prometheus' names of the kinds of methods. */
const GRPC_TYPES: Readonly<Record<MethodKind, string>> = {
  unary: 'unary',
  serverStream: 'server_stream',
  clientStream: 'client_stream',
  bidiStream: 'bidi_stream',
};
const STATUSES = Object.keys(GrpcStatus).length;

/** Calls of one method that ended, counted by their status by somebody else. */
export interface EndedCalls {
  readonly path: string;
  readonly kind: MethodKind;
  readonly byStatus: Float64Array;
}

/** The finished calls of one method, counted by their status. */
interface MethodCalls {
  readonly labels: Readonly<Record<string, string>>;
  readonly byStatus: Float64Array;
}

export class Metrics {
  readonly registry = new Registry();
  readonly walSyncSeconds: Histogram;
  readonly peer: PeerMetrics;
  private readonly calls = new Map<string, MethodCalls>();
  private callsElsewhere: () => Iterable<EndedCalls> = () => [];

  constructor() {
    const registers = [this.registry];
    collectDefaultMetrics({ register: this.registry });
    this.walSyncSeconds = new Histogram({
      name: 'etcd_disk_wal_fsync_duration_seconds',
      help: 'The latency distributions of fsync called by WAL.',
      buckets: DISK_BUCKETS,
      registers,
    });
    const counted = (): Iterable<MethodCalls> => this.allCalls();
    new Counter({
      name: 'grpc_server_handled_total',
      help: 'Total number of RPCs completed on the server, regardless of success or failure.',
      labelNames: ['grpc_type', 'grpc_service', 'grpc_method', 'grpc_code'],
      registers,
      collect() {
        this.reset();
        for (const { labels, byStatus } of counted()) {
          byStatus.forEach((count, status) => {
            const code = Object.keys(GrpcStatus)[status] ?? 'Unknown';
            if (count > 0) this.inc({ ...labels, grpc_code: code }, count);
          });
        }
      },
    });
    this.peer = this.peerMetrics(registers);
  }

  text(): Promise<string> {
    return this.registry.metrics();
  }

  get contentType(): string {
    return this.registry.contentType;
  }

  /** One finished call. `path` is `/service/method`. Counted plainly; names and labels are for whoever asks. */
  callEnded(path: string, kind: MethodKind, status: GrpcStatus): void {
    let calls = this.calls.get(path);
    if (calls === undefined) {
      calls = { labels: labelsOf(path, kind), byStatus: new Float64Array(STATUSES) };
      this.calls.set(path, calls);
    }
    calls.byStatus[status] = (calls.byStatus[status] ?? 0) + 1;
  }

  /** Calls that end in other threads are counted there, and read when somebody asks. */
  countElsewhere(endedCalls: () => Iterable<EndedCalls>): void {
    this.callsElsewhere = endedCalls;
  }

  /** Of one method there may be several. */
  private *allCalls(): Iterable<MethodCalls> {
    yield* this.calls.values();
    for (const { path, kind, byStatus } of this.callsElsewhere())
      yield { labels: labelsOf(path, kind), byStatus };
  }

  /** Gauges and counters that follow a member. */
  follow(member: Member): void {
    this.static(member);
    for (const [name, help, read] of [...raftGauges(member), ...storeGauges(member)]) {
      new Gauge({
        name,
        help,
        registers: [this.registry],
        collect() {
          this.set(read());
        },
      });
    }
  }

  private static(member: Member): void {
    const registers = [this.registry];
    new Gauge({
      name: 'etcd_server_version',
      help: "Which version is running. 1 for 'server_version' label with current version.",
      labelNames: ['server_version'],
      registers,
    }).set({ server_version: ETCD_VERSION }, 1);
    new Gauge({
      name: 'binnacle_version',
      help: 'Which version of Binnacle is running.',
      labelNames: ['version'],
      registers,
    }).set({ version: BINNACLE_VERSION }, 1);
    new Gauge({
      name: 'etcd_server_id',
      help: 'Server or member ID in hexadecimal format.',
      labelNames: ['server_id'],
      registers,
    }).set({ server_id: formatId(member.localId) }, 1);
    new Gauge({
      name: 'etcd_cluster_version',
      help: "Which version is running. 1 for 'cluster_version' label with current cluster version",
      labelNames: ['cluster_version'],
      registers,
      collect() {
        this.reset();
        const version = member.membership.clusterVersion;
        if (version !== undefined)
          this.set({ cluster_version: version.split('.').slice(0, 2).join('.') }, 1);
      },
    });
  }

  private peerMetrics(registers: Registry[]): PeerMetrics {
    const sentFailures = new Counter({
      name: 'etcd_network_peer_sent_failures_total',
      help: 'The total number of send failures from peers.',
      labelNames: ['To'],
      registers,
    });
    const roundTrip = new Histogram({
      name: 'etcd_network_peer_round_trip_time_seconds',
      help: 'Round-Trip-Time histogram between peers',
      labelNames: ['To'],
      buckets: [
        0.0001, 0.0002, 0.0004, 0.0008, 0.0016, 0.0032, 0.0064, 0.0128, 0.0256, 0.0512, 0.1024,
        0.2048, 0.4096, 0.8192, 1.6384, 3.2768,
      ],
      registers,
    });
    const active = new Gauge({
      name: 'etcd_network_active_peers',
      help: 'The current number of active peer connections.',
      labelNames: ['Local', 'Remote'],
      registers,
    });
    const to = (id: MemberId) => ({ To: formatId(id) });
    return {
      sentBytes: this.bytesByMember(
        'etcd_network_peer_sent_bytes_total',
        'The total number of bytes sent to peers.',
        'To',
      ),
      receivedBytes: this.bytesByMember(
        'etcd_network_peer_received_bytes_total',
        'The total number of bytes received from peers.',
        'From',
      ),
      sentFailure: (id) => sentFailures.inc(to(id)),
      roundTripSeconds: (id, seconds) => roundTrip.observe(to(id), seconds),
      peerActive: (id, isActive) =>
        active.set({ Local: '', Remote: formatId(id) }, Number(isActive)),
    };
  }

  /** Counts with each message between members: plainly, as the calls. */
  private bytesByMember(
    name: string,
    help: string,
    label: string,
  ): (id: MemberId, bytes: number) => void {
    const totals = new Map<MemberId, number>();
    new Counter({
      name,
      help,
      labelNames: [label],
      registers: [this.registry],
      collect() {
        this.reset();
        for (const [id, bytes] of totals) this.inc({ [label]: formatId(id) }, bytes);
      },
    });
    return (id, bytes) => void totals.set(id, (totals.get(id) ?? 0) + bytes);
  }
}

function labelsOf(path: string, kind: MethodKind): Readonly<Record<string, string>> {
  const [, service = '', method = ''] = path.split('/');
  return { grpc_type: GRPC_TYPES[kind], grpc_service: service, grpc_method: method };
}
