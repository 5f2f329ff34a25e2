// Makes the planned faults happen, when their time has come and the cluster is in a state that has to survive them, and
// ends them all at last. Processes that end by themselves are started again, as a supervisor does it.
import type { FaultObserver, StopReason } from '../checks/observer.ts';
import type { Host } from '../cluster/host.ts';
import type { SimCluster } from '../cluster/sim-cluster.ts';
import type { FaultKind, PlannedFault, Scenario } from '../scenario.ts';
import type { Network } from '../world/network.ts';
import type { SimRandom } from '../world/random.ts';
import type { Scheduler } from '../world/scheduler.ts';
import type { Trace } from '../world/trace.ts';
import { diskFaults } from './disk-faults.ts';
import { machineFaults } from './machine-faults.ts';
import { memberFaults } from './member-faults.ts';
import { networkFaults } from './network-faults.ts';
import type { Operator } from './operator.ts';
import { STRICT_VOUCHING } from './profiles.ts';

const RESTART_MS = 1_000;
/** What may happen to the others while a member that vouches strictly comes back with an old or empty disk. */
const HARMLESS_WHEN_STRICT: ReadonlySet<FaultKind> = new Set<FaultKind>([
  ...([
    'partition',
    'cut',
    'cutOneWay',
    'cutClients',
    'slowNetwork',
    'interruptSnapshots',
  ] as const),
  ...(['kill', 'power', 'crashAt', 'pause', 'clockJump', 'moveLeader'] as const),
]);

/** What a member without data says when --initial-cluster does not name all who are there. */
const OUTDATED_ENTRY = 'error validating peerURLs';
/** What it says when it reaches none of the members that it is to join. */
const NOBODY_THERE = 'cannot fetch cluster info';
/** A member that refuses its data so often in a row is replaced by the operator. */
const REFUSALS = 2;

export interface NemesisParts {
  readonly scenario: Scenario;
  readonly cluster: SimCluster;
  readonly network: Network;
  readonly scheduler: Scheduler;
  readonly random: SimRandom;
  readonly trace: Trace;
  readonly observer: FaultObserver;
  readonly operator: Operator;
  /** Names of the clients on the network. */
  readonly clients: readonly string[];
  /** A process ended by itself, and nothing that was done to it explains that. */
  readonly unexpectedEnd: (host: string, reason: string) => void;
}

/** Makes one kind of fault happen. Returns what it did; undefined when it could not, or must not, now. */
export type FaultMaker = (fault: PlannedFault, nemesis: Nemesis) => string | undefined;

const MAKERS: Readonly<Record<FaultKind, FaultMaker>> = {
  ...networkFaults,
  ...machineFaults,
  ...diskFaults,
  ...memberFaults,
};

export class Nemesis {
  readonly parts: NemesisParts;
  /** How often each kind happened. */
  readonly counts: Record<string, number> = {};
  /** What lost something that it had promised to keep: until it is whole again nothing else may happen. */
  damaged: Host | undefined;
  /** Partitions, slow links and pauses that go on. */
  disturbances = 0;
  private readonly excused = new Set<string>();
  private readonly refusals = new Map<string, number>();
  private calm = false;
  readonly isStrict: boolean;

  constructor(parts: NemesisParts) {
    this.parts = parts;
    const [name, value] = Object.entries(STRICT_VOUCHING)[0]!; // it is a constant with one flag
    const { flags } = parts.scenario;
    this.isStrict = flags.length > 0 && flags.every((those) => those[name] === value);
  }

  /** Plans everything; times count from now. */
  start(): void {
    for (const fault of this.parts.scenario.faults)
      this.parts.scheduler.after(fault.atMs, () => this.make(fault));
  }

  /** Mends everything and starts whatever is down. Resolves when all members that are to live have begun to serve. */
  async endFaults(): Promise<void> {
    const { network, cluster, scheduler, operator } = this.parts;
    this.calm = true;
    network.mendAll();
    cluster.interruptsSnapshots = false;
    for (const { disk } of cluster.hosts) {
      disk.forgetCrash();
      disk.setCapacity(undefined);
    }
    while (this.damaged !== undefined || operator.isBusy || !this.allServe()) {
      // What the operator is at work on is not to be started under his hands.
      if (!operator.isBusy) for (const host of cluster.hosts) host.start();
      await scheduler.pause(100);
    }
  }

  /** Machines whose members are part of the cluster. */
  memberHosts(): Host[] {
    return this.parts.cluster.hosts.filter((host) => host.entry !== undefined);
  }

  allServe(): boolean {
    return this.memberHosts().every(({ process }) => process?.isServing === true);
  }

  /** The machine that a fault is meant for. */
  target({ target = 'any' }: PlannedFault): Host | undefined {
    const { cluster, random } = this.parts;
    const members = this.memberHosts();
    if (typeof target === 'number') return cluster.hosts[target];
    const leader = cluster.leader();
    if (target === 'leader' && leader !== undefined) return leader;
    const others = target === 'follower' ? members.filter((one) => one !== leader) : members;
    return others.length === 0 ? undefined : random.pick(others);
  }

  /** Whether something was done to the host that explains errors of its member. */
  isExcused(host: string): boolean {
    return this.excused.has(host);
  }

  /** From now on the host's process may end by itself. */
  excuse(host: Host): void {
    this.excused.add(host.name);
  }

  /**
   * Whether one member may lose what it promised to keep: all others are well, and have all there is; or the member asks
   * the others before it takes part, however long that takes.
   */
  mayDamage(host: Host, kind?: FaultKind): boolean {
    if (this.calm || this.damaged !== undefined) return false;
    const isAmnesia = kind === 'wipe' || kind === 'rollback';
    if (this.isStrict && isAmnesia) return !this.parts.operator.isBusy;
    if (this.disturbances > 0) return false;
    if (this.parts.operator.isBusy || !this.allServe() || this.memberHosts().length < 3)
      return false;
    const others = this.memberHosts().filter((one) => one !== host);
    const positions = others.map(({ process }) => process?.member?.raft());
    const newest = Math.max(...positions.map((one) => one?.commitIndex ?? 0));
    return positions.every((one) => one !== undefined && one.appliedIndex >= newest);
  }

  /** Ends something after its time, and is told when it has ended. */
  during(durationMs: number, end: () => void): void {
    this.disturbances++;
    this.parts.scheduler.after(durationMs, () => {
      this.disturbances--;
      end();
    });
  }

  /** Starts the host again after its time, unless somebody did before. */
  startLater(host: Host, afterMs: number): void {
    this.parts.scheduler.after(afterMs, () => host.start());
  }

  say(text: string): void {
    const { trace, scheduler } = this.parts;
    trace.add(scheduler.nowMs, 'faults', 'fault', text);
  }

  /** A process ended by itself. */
  ended(host: Host, how: StopReason, reason: string): void {
    if (how === 'stop' && this.damaged === host) {
      // Its disk went back to a former self that was removed: the present one is lost.
      this.parts.operator.replace(host);
      return;
    }
    if (how === 'stop') {
      // Removed from the cluster: the machine is free for another member.
      host.entry = undefined;
      host.disk.wipe();
      return;
    }
    const { operator } = this.parts;
    if (reason.includes(OUTDATED_ENTRY) && !operator.isBusy) {
      operator.enterAgain(host);
      return;
    }
    // Or whoever it asked was behind, or the operator is still at work.
    if (reason.includes(OUTDATED_ENTRY) || reason.includes(NOBODY_THERE)) {
      this.startLater(host, RESTART_MS);
      return;
    }
    const isDamaged = this.damaged === host;
    if (!isDamaged && !this.excused.has(host.name)) this.parts.unexpectedEnd(host.name, reason);
    const refusals = (this.refusals.get(host.name) ?? 0) + 1;
    this.refusals.set(host.name, refusals);
    if (isDamaged && refusals >= REFUSALS) {
      operator.replace(host);
      return;
    }
    this.startLater(host, RESTART_MS);
  }

  /** Waits until the damaged member is whole: it serves, and has all there is. */
  watchDamaged(): void {
    const host = this.damaged;
    if (host === undefined) return;
    const { operator, scheduler, cluster } = this.parts;
    const own = host.process?.member?.raft();
    const leads = cluster.leader()?.process?.member?.raft();
    const isWhole =
      host.process?.isServing === true &&
      !operator.isBusy &&
      own !== undefined &&
      leads !== undefined &&
      own.appliedIndex >= leads.commitIndex;
    if (isWhole) {
      this.say(`${host.name} is whole again`);
      this.damaged = undefined;
      this.refusals.delete(host.name);
      this.excused.delete(host.name);
    } else scheduler.after(200, () => this.watchDamaged());
  }

  private make(fault: PlannedFault): void {
    if (this.calm || this.parts.operator.isRestoring) return;
    const isHarmless = this.isStrict && HARMLESS_WHEN_STRICT.has(fault.kind);
    if (this.damaged !== undefined && !isHarmless) return;
    const text = MAKERS[fault.kind](fault, this);
    if (text === undefined) return;
    this.counts[fault.kind] = (this.counts[fault.kind] ?? 0) + 1;
    this.say(`${fault.kind}: ${text}`);
    this.parts.observer.fault(fault.kind, text);
  }
}
