// A member in a pod, from the first moment of the process to its last (--discovery-mode=kubernetes): it decides how to start,
// starts, begins anew when its data was replaced or its membership lost, and stops when it is told to.
import { present, type Logger, type World, pause } from '../../base/index.ts';
import { KubernetesApi } from '../../kubernetes/index.ts';
import { realWorld } from '../../platform/index.ts';
import { openCertificates, peerTlsOf, type Certificates } from '../certificates.ts';
import type { ServerConfig } from '../config.ts';
import type { ProcessEnd } from '../start-member.ts';
import { Announcer } from './announcer.ts';
import { Discovery, type DiscoveryParts } from './discovery.ts';
import { Volume } from './disk.ts';
import { Life } from './life.ts';
import { PeerClient } from './peer-client.ts';
import { podLookup } from './pod-addresses.ts';
import { configOfPod, listenHostOf, podsOf, type Environment, type Pods } from './pods.ts';
import { ProbePort, type ProbeState } from './probe-port.ts';
import { RecordStore } from './record.ts';

const LOOK_MS = 200;

type Ready = Omit<DiscoveryParts, 'config'> & {
  readonly certificates: Certificates;
  /** Under the scheme that the TLS policy has at this moment. */
  readonly configNow: () => ServerConfig;
};

export class PodMember {
  private readonly config: ServerConfig;
  private readonly logger: Logger;
  private readonly onFatal: ProcessEnd['onFatal'];
  private readonly environment: Environment;
  private readonly world: World = realWorld();
  private readonly pods: Pods;
  private readonly api: KubernetesApi;
  private readonly probes: ProbePort;
  private readonly stopped = new AbortController();
  private problem: () => string = () => 'the member is starting';
  private discovery: Discovery | undefined;
  private ready: Ready | undefined;
  private life: Life | undefined;
  /** The lives, one behind the other. */
  private cycle: Promise<void> = Promise.resolve();
  private stopping: Promise<void> | undefined;

  /** @throws ConfigError, KubernetesError when the pod's environment does not fit */
  constructor(
    config: ServerConfig,
    logger: Logger,
    onFatal: ProcessEnd['onFatal'],
    environment: Environment,
  ) {
    this.config = config;
    this.logger = logger;
    this.onFatal = onFatal;
    this.environment = environment;
    this.pods = podsOf(present(config.kubernetes, 'the mode is kubernetes'), environment);
    this.api = apiOf(environment);
    this.probes = new ProbePort(this.world.clock, logger, () => this.probeState());
  }

  /** Begins; the rest happens by itself. @throws Error when the port for probes can't be bound */
  async start(): Promise<void> {
    await this.probes.listen(await listenHostOf(this.pods, this.environment));
    this.next();
  }

  /** On SIGTERM. */
  stop(): Promise<void> {
    return (this.stopping ??= this.finish());
  }

  private async finish(): Promise<void> {
    this.stopped.abort();
    // A start that is under way can't be broken off half way.
    await this.cycle;
    await this.life?.end();
    this.ready?.client.close();
    this.ready?.certificates.close();
    await this.probes.close();
    this.api.close();
  }

  /** Begins a life behind the one before. */
  private next(): void {
    this.cycle = this.cycle.then(() => this.live()).catch((error: unknown) => this.onFatal(error));
  }

  private async live(): Promise<void> {
    this.ready ??= await this.open();
    if (this.ready === undefined) return;
    const parts = { ...this.ready, config: this.ready.configNow() };
    const discovery = new Discovery(parts);
    this.discovery = discovery;
    this.problem = () => discovery.problem;
    const entry = await discovery.run(this.stopped.signal);
    if (entry === undefined) return;
    this.problem = () => 'the member is starting';
    const { onFatal } = this;
    const over: { reason?: string } = {};
    const onOver = (reason: string): void => {
      over.reason ??= reason;
      this.beginAnew(reason);
    };
    this.life = await Life.begin({ ...parts, onFatal, onOver }, entry);
    this.discovery = undefined;
    // It may have been over while it began.
    if (over.reason !== undefined) this.beginAnew(over.reason);
  }

  private beginAnew(reason: string): void {
    const { life } = this;
    if (life === undefined || this.stopped.signal.aborted) return;
    this.life = undefined;
    this.logger.warn('the member starts anew', { reason });
    this.cycle = this.cycle.then(() => life.halt());
    this.next();
  }

  /** Waits for the TLS policy, which says how to talk to others. Undefined when the process is told to stop before. */
  private async open(): Promise<Ready | undefined> {
    const { logger, world, api, pods } = this;
    const lookup = podLookup(api, pods, world.clock);
    const certificates = { ...(await openCertificates(this.config, logger)), lookup };
    const { live } = certificates;
    if (live !== undefined) {
      this.problem = () => `waiting for ${live.waitingFor ?? 'nothing'}`;
      const policy = live.waitUntilReady(logger);
      while (live.current === undefined) {
        if (this.stopped.signal.aborted) return undefined;
        await Promise.race([policy, pause(world.clock, LOOK_MS)]);
      }
    }
    const scheme = () => live?.current?.advertise ?? 'http';
    const host = await listenHostOf(pods, this.environment);
    const configNow = () => configOfPod(this.config, pods, scheme(), host);
    const config = configNow();
    return {
      ...{ world, logger, api, pods, configNow, certificates },
      volume: new Volume(config, world, logger),
      records: new RecordStore(api, pods),
      client: new PeerClient(pods, peerTlsOf(config, certificates), scheme),
      announcer: new Announcer(api, pods, world.clock, logger),
    };
  }

  private probeState(): ProbeState {
    const { life, discovery } = this;
    const isEmpty = discovery?.disk === 'empty' || discovery?.disk === 'partial';
    return {
      startProblem: life === undefined ? this.problem() : undefined,
      readyProblem: life?.readyProblem,
      undecided: discovery?.disk === undefined ? undefined : isEmpty ? 'empty' : 'holding',
      rest: life?.serveProbe,
    };
  }
}

/** BINNACLE_TEST_KUBERNETES_API is for tests that run members without pods. */
function apiOf(environment: Environment): KubernetesApi {
  const server = environment['BINNACLE_TEST_KUBERNETES_API'];
  return server === undefined
    ? KubernetesApi.fromPod({ environment })
    : KubernetesApi.fromOptions({ server });
}
