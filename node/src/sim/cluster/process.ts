// One process: a real member on a simulated machine, from its start to its end.
import type { CallContext, EtcdError, Logger, World } from '../../base/index.ts';
import { HealthStatus, healthService, type Registration } from '../../api/index.ts';
import {
  clientServices,
  Duties,
  LeasesAnywhere,
  learnerGuard,
  openMember,
  peerEndpoints,
  PeerCalls,
  publish,
  type Endpoint as PeerEndpoint,
  type Member,
  type OpenedMember,
  type ServerConfig,
} from '../../server/index.ts';
import type { MemberObserver, StopReason } from '../checks/observer.ts';
import type { SimDisk } from '../disk/sim-disk.ts';
import { ProcessClock, type MachineClock } from '../world/clock.ts';
import type { Network } from '../world/network.ts';
import type { SimRandom } from '../world/random.ts';
import type { Scheduler } from '../world/scheduler.ts';
import type { Directory, Endpoint } from './directory.ts';
import { gatedDisk } from './gated-disk.ts';
import { simAsker } from './peer-asker.ts';
import { SimTransport } from './peer-transport.ts';
import { watchMember } from './spy.ts';

/** Small, so that segments are cut, prepared and removed all the time. */
const WAL_SEGMENT_BYTES = 64 * 1024;

export interface ProcessParts {
  readonly host: string;
  readonly incarnation: number;
  readonly config: ServerConfig;
  /** What it says its version is. */
  readonly version: string;
  readonly disk: SimDisk;
  readonly machine: MachineClock;
  readonly random: SimRandom;
  readonly scheduler: Scheduler;
  readonly network: Network;
  readonly directory: Directory;
  readonly observer: MemberObserver;
  readonly logger: Logger;
  interruptsSnapshots(): boolean;
  /** The process is over; called once, and not by `end`. */
  onEnd(how: StopReason, reason: string): void;
}

export class SimProcess implements Endpoint {
  readonly host: string;
  readonly incarnation: number;
  readonly clock: ProcessClock;
  clusterId = 0n;
  transport: SimTransport | undefined;
  questions: Readonly<Record<string, PeerEndpoint>> = {};
  isServing = false;
  /** Path → handler, as the RPC server has them. */
  methods: ReadonlyMap<string, Registration> = new Map();
  /** What every call has to pass. */
  guard: (call: CallContext) => EtcdError | undefined = () => undefined;
  private readonly parts: ProcessParts;
  private readonly mount: { readonly disk: World['disk']; end(): void };
  private opened: OpenedMember | undefined;
  private duties: Duties | undefined;

  constructor(parts: ProcessParts) {
    this.parts = parts;
    this.host = parts.host;
    this.incarnation = parts.incarnation;
    this.clock = new ProcessClock(parts.machine, parts.scheduler, (error) => this.fail(error));
    this.mount = parts.disk.mount();
    this.clock.soon(() => void this.start().catch((error: unknown) => this.fail(error)));
  }

  /** The real one; undefined while it opens its data. */
  get member(): Member | undefined {
    return this.opened?.member;
  }

  /** The process is gone from one moment to the next. */
  end(): void {
    this.clock.end();
    this.mount.end();
    this.transport = undefined;
    this.isServing = false;
  }

  /** As on SIGTERM. */
  async stop(): Promise<void> {
    this.isServing = false;
    this.duties?.stop();
    await this.opened?.member.stop();
    this.finish('stop', 'stopped');
  }

  private async start(): Promise<void> {
    const { config, network, directory, host, logger, observer, incarnation } = this.parts;
    const { clock } = this;
    const world: World = {
      clock,
      random: this.parts.random,
      disk: gatedDisk(this.mount.disk, clock),
    };
    const asker = simAsker({ host, clock, network, directory });
    const calls = new PeerCalls(asker, 5_000 + 2 * config.electionTimeoutMs);
    const opened = await openMember({
      ...{ config, world, logger, calls, founding: undefined, onWalSync() {} },
      walSegmentBytes: WAL_SEGMENT_BYTES,
      end: {
        onFatal: (error) => this.fail(error),
        onRemoved: () => this.finish('stop', 'removed from the cluster'),
      },
    });
    const { member, boot } = opened;
    this.opened = opened;
    this.clusterId = boot.clusterId;
    const spy = watchMember({ member, boot, host, incarnation, observer });
    observer.started(host, incarnation, member.localId, spy.durable.term);
    const duties = new Duties(member, boot, calls);
    this.duties = duties;
    this.questions = peerEndpoints(member, this.parts.version);
    await duties.checkBeforeServing();
    this.serve(opened, calls);
    this.transport = new SimTransport({
      ...{ host, clock, network, directory, member },
      clusterId: boot.clusterId,
      linkTimeoutMs: config.raftReadTimeoutMs,
      saveDatabase: (index, database) => boot.files.saveDatabase(index, database),
      sent: spy.sent,
      selfRemoved: () => this.finish('stop', 'told that it was removed from the cluster'),
      interruptsSnapshots: () => this.parts.interruptsSnapshots(),
    });
    member.start(this.transport);
    duties.start();
    await publish(
      member,
      () => config.advertiseClientUrls,
      () => clock.hasEnded,
    );
    this.isServing = !clock.hasEnded;
  }

  private serve({ member }: OpenedMember, calls: PeerCalls): void {
    const health = new HealthStatus(member.config.featureGates.stopGrpcServiceOnDefrag);
    const leases = new LeasesAnywhere(member, calls);
    const services = [...clientServices({ member, leases, health }), healthService(health)];
    this.methods = new Map(services.flat().map((one) => [one.path, one]));
    this.guard = learnerGuard(member);
  }

  private fail(error: unknown): void {
    this.finish('fatal', error instanceof Error ? (error.stack ?? error.message) : String(error));
  }

  private finish(how: StopReason, reason: string): void {
    if (this.clock.hasEnded) return;
    this.end();
    this.parts.onEnd(how, reason);
  }
}
