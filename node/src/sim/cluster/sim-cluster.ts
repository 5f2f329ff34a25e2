// All machines of a run, and the cluster that lives on them.
import { present } from '../../base/index.ts';
import type { MemberObserver, StopReason } from '../checks/observer.ts';
import type { DiskRates, Scenario } from '../scenario.ts';
import type { Network } from '../world/network.ts';
import type { SimRandom } from '../world/random.ts';
import type { Scheduler } from '../world/scheduler.ts';
import type { Trace } from '../world/trace.ts';
import { hostIn, peerUrlOf, type Directory, type Endpoint } from './directory.ts';
import { Host, type Surroundings } from './host.ts';
import type { SimProcess } from './process.ts';

export interface ClusterParts {
  readonly scenario: Scenario;
  readonly scheduler: Scheduler;
  readonly network: Network;
  readonly trace: Trace;
  readonly random: SimRandom;
  readonly observer: MemberObserver;
  /** A process ended by itself. */
  readonly onEnd: (host: Host, how: StopReason, reason: string) => void;
}

const ETCD_VERSION = '3.7.3';
const WALL_ERROR_MS = 2_000;

export class SimCluster implements Directory {
  readonly hosts: readonly Host[];
  /** While true, transfers of snapshots break off. */
  interruptsSnapshots = false;
  diskRates: DiskRates;

  constructor(parts: ClusterParts) {
    const { scenario, random } = parts;
    this.diskRates = scenario.disk;
    const around: Surroundings = {
      ...parts,
      directory: this,
      diskRates: () => this.diskRates,
      interruptsSnapshots: () => this.interruptsSnapshots,
    };
    const drift = random.fork('drift');
    const hosts: Host[] = [];
    for (let i = 0; i < scenario.members + scenario.spareHosts; i++) {
      const options = {
        name: `m${i}`,
        driftPpm: drift.between(-scenario.clockDriftPpm, scenario.clockDriftPpm + 1),
        wallOffsetMs: drift.between(-WALL_ERROR_MS, WALL_ERROR_MS),
        flags: scenario.flags[i] ?? {},
        version: scenario.versions[i] ?? ETCD_VERSION,
      };
      hosts.push(new Host(options, around));
    }
    this.hosts = hosts;
    const founders = hosts.slice(0, scenario.members);
    const initialCluster = founders.map(({ name }) => `${name}=${peerUrlOf(name)}`).join(',');
    for (const host of founders) host.entry = { initialCluster, state: 'new', token: 'sim' };
  }

  host(name: string): Host {
    return present(
      this.hosts.find((one) => one.name === name),
      `there is a host ${name}`,
    );
  }

  /** The host whose member leads, as far as it knows; of several the one of the highest term. */
  leader(): Host | undefined {
    let found: { readonly host: Host; readonly term: number } | undefined;
    for (const host of this.hosts) {
      const member = host.process?.member;
      if (member?.isLeader !== true) continue;
      const { term } = member.raft();
      if (found === undefined || term > found.term) found = { host, term };
    }
    return found?.host;
  }

  /** Processes that run. */
  processes(): SimProcess[] {
    return this.hosts.flatMap(({ process }) => (process === undefined ? [] : [process]));
  }

  hostOf(urls: readonly string[]): string | undefined {
    return hostIn(urls[0] ?? '');
  }

  endpoint(host: string): Endpoint | undefined {
    return this.hosts.find((one) => one.name === host)?.process;
  }
}
