// Machines without a cluster around them, as the kernels of its machines show them to clients: whether a process runs, and whether somebody
// answers for one that does not.
import type { StopReason } from '../../checks/observer.ts';
import type { ServingCluster, ServingHost, ServingProcess } from '../ports.ts';

interface Machine {
  readonly name: string;
  readonly process: ServingProcess | undefined;
}

class HostView implements ServingHost {
  private readonly machine: Machine;
  private lostPower = false;
  private listeners: (() => void)[] = [];

  constructor(machine: Machine) {
    this.machine = machine;
  }

  get name(): string {
    return this.machine.name;
  }

  get process(): ServingProcess | undefined {
    return this.machine.process;
  }

  get isPowered(): boolean {
    return this.process !== undefined || !this.lostPower;
  }

  onProcessEnd(ended: () => void): void {
    this.listeners.push(ended);
  }

  stopped(how: StopReason): void {
    this.lostPower = how === 'power';
    const listeners = this.listeners;
    this.listeners = [];
    for (const ended of listeners) ended();
  }
}

export class ClusterView implements ServingCluster {
  readonly hosts: readonly HostView[];
  private readonly byName: ReadonlyMap<string, HostView>;

  constructor(machines: readonly Machine[]) {
    this.hosts = machines.map((machine) => new HostView(machine));
    this.byName = new Map(this.hosts.map((host) => [host.name, host]));
  }

  host(name: string): HostView {
    const host = this.byName.get(name);
    if (host === undefined) throw new Error(`no machine ${name}`);
    return host;
  }

  /** To be told when a process has ended, as `MemberObserver.stopped` is. */
  stopped(host: string, how: StopReason): void {
    this.host(host).stopped(how);
  }
}
