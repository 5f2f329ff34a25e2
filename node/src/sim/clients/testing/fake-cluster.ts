// Machines with one real store each, without raft between them: the services, the network and the clients are the real ones.
import {
  electionService,
  kvService,
  leaseService,
  lockService,
  serverStream,
  unary,
  watchService,
  type MemberApi,
  type Registration,
} from '../../../api/index.ts';
import { FakeMember } from '../../../api/testing/fake-member.ts';
import { EtcdError, SILENT_LOGGER } from '../../../base/index.ts';
import { MaintenanceService, type SnapshotResponse } from '../../../wire/gen/rpc.ts';
import { MachineClock, ProcessClock } from '../../world/clock.ts';
import { Network } from '../../world/network.ts';
import { SimRandom } from '../../world/random.ts';
import { Scheduler } from '../../world/scheduler.ts';
import { Trace } from '../../world/trace.ts';
import { SimClient } from '../client.ts';
import { ClusterView } from './cluster-view.ts';
import type { ServingProcess } from '../ports.ts';

export class FakeProcess implements ServingProcess {
  isServing = true;
  readonly methods: Map<string, Registration>;
  readonly clock: ProcessClock;
  refusal: EtcdError | undefined = undefined;
  /** Statuses are not answered before this resolves. */
  held: Promise<void> | undefined = undefined;
  readonly canceled: string[] = [];
  readonly timeouts: (number | undefined)[] = [];

  constructor(member: FakeMember, clock: ProcessClock) {
    this.clock = clock;
    const { streaming } = member;
    const api: MemberApi = { ...member.api, commitBackend: () => Promise.resolve() };
    // Progress is asked for by hand; intervals count in the world's time.
    const watching = { ...streaming, clock, logger: SILENT_LOGGER };
    const services = [
      kvService(api),
      watchService(api, watching),
      leaseService(api, streaming),
      lockService(api, streaming),
      electionService(api, streaming),
      [this.slowHash(), this.chunks()],
    ];
    this.methods = new Map(services.flat().map((one) => [one.path, one]));
  }

  readonly guard = (): EtcdError | undefined => this.refusal;

  /** Never answers; notes deadlines and cancellations. */
  private slowHash(): Registration {
    return unary(MaintenanceService.hash, (_request, call) => {
      this.timeouts.push(call.timeoutMs);
      return new Promise((_resolve, reject) => {
        call.onCancel(() => {
          this.canceled.push(call.path);
          reject(new EtcdError('Canceled'));
        });
      });
    });
  }

  /** 100 messages of 1 KiB, as fast as the client takes them. */
  private chunks(): Registration {
    return serverStream(MaintenanceService.snapshot, async (_request, call, responses) => {
      for (let remainingBytes = 99; remainingBytes >= 0; remainingBytes--) {
        const message: SnapshotResponse = {
          ...{ header: undefined, remainingBytes, version: '' },
          blob: new Uint8Array(1024),
        };
        if (!responses.send(message)) await responses.drained();
        if (call.canceled) {
          this.canceled.push(`${call.path} ${remainingBytes}`);
          return;
        }
      }
    });
  }
}

export class FakeMachine {
  readonly name: string;
  process: FakeProcess | undefined;
  readonly member: FakeMember;
  private readonly scheduler: Scheduler;

  constructor(name: string, member: FakeMember, scheduler: Scheduler) {
    this.name = name;
    this.member = member;
    this.scheduler = scheduler;
    this.start();
  }

  start(): void {
    const machine = new MachineClock(this.scheduler, 0, 0);
    const clock = new ProcessClock(machine, this.scheduler, (error) => {
      throw error;
    });
    this.process = new FakeProcess(this.member, clock);
  }
}

export interface FakeCluster {
  readonly scheduler: Scheduler;
  readonly network: Network;
  readonly trace: Trace;
  readonly machines: readonly FakeMachine[];
  readonly view: ClusterView;
  readonly unexpected: string[];
  client(name: string): SimClient;
  kill(machine: FakeMachine, how: 'crash' | 'power'): void;
  /** Runs the world for so long. */
  run(forMs: number): Promise<void>;
}

export async function fakeCluster(count: number): Promise<FakeCluster> {
  const scheduler = new Scheduler((error) => {
    throw error;
  });
  const rates = { latencyMs: 1, jitterMs: 1, lossOneIn: 0, duplicateOneIn: 0, reorderOneIn: 0 };
  const network = new Network(scheduler, new SimRandom(7), () => rates);
  const machines: FakeMachine[] = [];
  for (let i = 0; i < count; i++) {
    machines.push(new FakeMachine(`m${i}`, await FakeMember.start(), scheduler));
  }
  const view = new ClusterView(machines);
  const unexpected: string[] = [];
  return {
    ...{ scheduler, network, machines, view, unexpected, trace: new Trace({ keep: 'some' }) },
    client: (name) =>
      new SimClient({
        ...{ name, network, scheduler, cluster: view },
        unexpected: (host, path, error) => unexpected.push(`${host} ${path} ${String(error)}`),
      }),
    kill(machine, how) {
      machine.process?.clock.end();
      machine.process = undefined;
      view.stopped(machine.name, how);
    },
    run: (forMs) => scheduler.run(scheduler.nowMs + forMs),
  };
}
