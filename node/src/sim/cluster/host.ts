// A machine: its disk and its clock stay, processes come and go on it.
import type { LogFields, Logger } from '../../base/index.ts';
import { buildConfig } from '../../server/index.ts';
import type { MemberObserver, StopReason } from '../checks/observer.ts';
import { SimDisk } from '../disk/sim-disk.ts';
import type { DiskRates } from '../scenario.ts';
import { MachineClock } from '../world/clock.ts';
import type { Network } from '../world/network.ts';
import type { SimRandom } from '../world/random.ts';
import type { Scheduler } from '../world/scheduler.ts';
import type { Trace } from '../world/trace.ts';
import { clientUrlOf, peerUrlOf, type Directory } from './directory.ts';
import { SimProcess } from './process.ts';

export const DATA_DIR = '/data';

/** What all machines share. */
export interface Surroundings {
  readonly scheduler: Scheduler;
  readonly network: Network;
  readonly trace: Trace;
  readonly random: SimRandom;
  readonly observer: MemberObserver;
  readonly directory: Directory;
  readonly diskRates: () => DiskRates;
  interruptsSnapshots(): boolean;
  /** A process ended by itself. */
  onEnd(host: Host, how: StopReason, reason: string): void;
}

export interface HostOptions {
  readonly name: string;
  readonly driftPpm: number;
  readonly wallOffsetMs: number;
  readonly flags: Readonly<Record<string, string>>;
  readonly version: string;
}

/** How a member gets to know its cluster when it has no data. */
export interface Entry {
  readonly initialCluster: string;
  readonly state: 'new' | 'existing';
  readonly token: string;
  readonly forceNewCluster?: boolean;
}

export class Host {
  readonly name: string;
  readonly disk: SimDisk;
  readonly clock: MachineClock;
  process: SimProcess | undefined;
  /** How it enters a cluster when its disk is empty. */
  entry: Entry | undefined;
  /** Flags that an operator has changed since. */
  changedFlags: Readonly<Record<string, string>> = {};
  /** Whether its kernel answers. */
  isPowered = true;
  private incarnation = 0;
  private endListeners: (() => void)[] = [];
  private readonly options: HostOptions;
  private readonly around: Surroundings;
  private readonly random: SimRandom;

  constructor(options: HostOptions, around: Surroundings) {
    this.name = options.name;
    this.options = options;
    this.around = around;
    this.random = around.random.fork(options.name);
    this.clock = new MachineClock(around.scheduler, options.driftPpm, options.wallOffsetMs);
    this.disk = new SimDisk({
      name: options.name,
      scheduler: around.scheduler,
      random: this.random.fork('disk'),
      trace: around.trace,
      rates: around.diskRates,
    });
  }

  /** Starts the member, on whatever is on the disk. */
  start(): void {
    if (this.process !== undefined) return;
    const { around, entry } = this;
    if (entry === undefined) return;
    this.isPowered = true;
    const incarnation = ++this.incarnation;
    this.note('start', `start ${incarnation}`);
    this.process = new SimProcess({
      ...around,
      host: this.name,
      incarnation,
      config: buildConfig(this.flagsFor(entry)),
      version: this.options.version,
      disk: this.disk,
      machine: this.clock,
      random: this.random.fork(`process ${incarnation}`),
      logger: this.logger(),
      onEnd: (how, reason) => {
        this.process = undefined;
        this.disk.killed();
        this.tellEnd();
        this.note('stop', `${how}: ${firstLine(reason)}`);
        around.observer.stopped(this.name, incarnation, how, reason);
        around.onEnd(this, how, reason);
      },
    });
  }

  /** kill -9, or the power fails. */
  kill(how: 'process' | 'power'): void {
    const { process } = this;
    process?.end();
    this.process = undefined;
    this.isPowered = how !== 'power';
    if (how === 'power') this.disk.powerFailed();
    else this.disk.killed();
    this.tellEnd();
    if (process === undefined) return;
    this.note('crash', how === 'power' ? 'power failure' : 'killed');
    const reason = how === 'power' ? 'power' : 'crash';
    this.around.observer.stopped(this.name, process.incarnation, reason);
  }

  /** Calls `ended` once when the process that runs now has ended, whatever ended it. */
  onProcessEnd(ended: () => void): void {
    this.endListeners.push(ended);
  }

  /** SIGSTOP, and SIGCONT later. */
  pauseFor(durationMs: number): void {
    this.process?.clock.pauseFor(durationMs);
  }

  private tellEnd(): void {
    const listeners = this.endListeners;
    this.endListeners = [];
    for (const listener of listeners) listener();
  }

  private flagsFor(entry: Entry): Map<string, string> {
    const flags: Record<string, string> = {
      name: this.name,
      'data-dir': DATA_DIR,
      'listen-peer-urls': 'http://0.0.0.0:2380',
      'initial-advertise-peer-urls': peerUrlOf(this.name),
      'listen-client-urls': 'http://0.0.0.0:2379',
      'advertise-client-urls': clientUrlOf(this.name),
      'initial-cluster': entry.initialCluster,
      'initial-cluster-state': entry.state,
      'initial-cluster-token': entry.token,
      ...(entry.forceNewCluster === true ? { 'force-new-cluster': 'true' } : {}),
      ...this.options.flags,
      ...this.changedFlags,
    };
    return new Map(Object.entries(flags));
  }

  private logger(): Logger {
    const log =
      (level: string) =>
      (message: string, fields: LogFields = {}): void =>
        this.note('log', `${level}: ${message}${detailOf(fields)}`);
    return { debug() {}, info: log('info'), warn: log('warn'), error: log('error') };
  }

  private note(kind: 'start' | 'stop' | 'crash' | 'log', text: string): void {
    this.around.trace.add(this.around.scheduler.nowMs, this.name, kind, text);
  }
}

const firstLine = (text: string): string => text.split('\n', 1)[0] ?? '';

function detailOf(fields: LogFields): string {
  const shown = Object.entries(fields).map(([name, value]) => `${name}=${shortText(value)}`);
  return shown.length === 0 ? '' : ` (${shown.join(' ')})`;
}

function shortText(value: unknown): string {
  if (Array.isArray(value)) return value.map(String).join(',');
  return String(value).slice(0, 200);
}
