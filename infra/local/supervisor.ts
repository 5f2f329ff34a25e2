// Keeps the members running and the cluster as cluster.yaml describes it, until it is told to stop.
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClusterConfig } from '../config.ts';
import { ConfigWatch } from './config-watch.ts';
import { memberFlags } from './member-flags.ts';
import { MemberProcess } from './member-process.ts';
import type { Notices } from './notices.ts';
import { Observer, type MemberView, type ProcessView } from './observer.ts';
import type { Paths } from './paths.ts';
import { issueCertificates, type Prepared } from './prepare.ts';
import { reasonOf } from './problem.ts';
import { removeRun, writeRun } from './run-file.ts';
import { scaleOnce, type ScalingHost } from './scaling.ts';
import { writeState, type ClusterState, type MemberState } from './state.ts';

const CONFIG_INTERVAL_MS = 300;
/** How often the cluster's own member list is compared when nothing is under way. */
const IDLE_SCALE_INTERVAL_MS = 10_000;
const BUSY_SCALE_INTERVAL_MS = 250;
const RETRY_INTERVAL_MS = 1000;
const CERTIFICATE_INTERVAL_MS = 3600 * 1000;
/** After this, a quorum is enough to call the cluster ready. */
const PATIENCE_MS = 20_000;

export interface SupervisorOptions {
  readonly paths: Paths;
  readonly prepared: Prepared;
  readonly notices: Notices;
  readonly detached: boolean;
}

export class Supervisor implements ScalingHost {
  readonly paths: Paths;
  readonly notices: Notices;
  readonly observer: Observer;
  readonly state: ClusterState;
  readonly startedAt = new Date();
  private config: ClusterConfig;
  private readonly lock: Prepared['lock'];
  private readonly watch: ConfigWatch;
  private readonly detached: boolean;
  private readonly processes = new Map<string, MemberProcess>();
  /** The settings each member was started with, of those that flags carry. */
  private readonly settings = new Map<string, string>();
  private readonly stopping = new AbortController();
  private lastScaleProblem = '';
  private nextScaleMs = 0;
  private nextCertificatesMs = Date.now() + CERTIFICATE_INTERVAL_MS;

  constructor(options: SupervisorOptions) {
    const { paths, prepared, notices, detached } = options;
    this.paths = paths;
    this.notices = notices;
    this.detached = detached;
    this.config = prepared.config;
    this.state = prepared.state;
    this.lock = prepared.lock;
    this.observer = new Observer(paths);
    this.watch = new ConfigWatch(paths.configFile, prepared.configText, notices);
  }

  get desired(): number {
    return this.config.members;
  }

  get isStopping(): boolean {
    return this.stopping.signal.aborted;
  }

  /** Starts all members. Resolves when they serve; false when the supervisor was stopped before. */
  async start(): Promise<boolean> {
    for (const member of this.state.members) if (member.phase !== 'leaving') this.launch(member);
    const begun = Date.now();
    const announced = new Set<string>();
    while (!this.isStopping) {
      const views = await this.look(false);
      const serving = views.filter((view) => ['leader', 'follower', 'learner'].includes(view.role));
      for (const view of serving) {
        if (announced.has(view.name)) continue;
        announced.add(view.name);
        this.notices.done(`${view.name} is up (${view.role})`);
      }
      const isAll = serving.length === views.length;
      const isQuorum = serving.length > views.length / 2 && Date.now() - begun > PATIENCE_MS;
      if (isAll && !this.state.founded) {
        this.state.founded = true;
        writeState(this.paths, this.state);
      }
      if (isAll || isQuorum) return true;
      await this.pause(200);
    }
    return false;
  }

  /** Runs until `stop`. */
  async run(): Promise<void> {
    while (!this.isStopping) {
      const config = this.watch.look(this.state);
      if (config !== undefined) await this.take(config);
      if (Date.now() >= this.nextCertificatesMs) await this.renew();
      if (Date.now() >= this.nextScaleMs) await this.maintain();
      await this.pause(CONFIG_INTERVAL_MS);
    }
  }

  look(withRates: boolean): Promise<MemberView[]> {
    return this.observer.look(this.state, (name) => this.processView(name), withRates);
  }

  /** Stops all members and gives the folder free. A second call kills what has not ended yet. */
  async stop(): Promise<void> {
    if (this.isStopping) {
      for (const process of this.processes.values()) process.kill();
      return;
    }
    this.stopping.abort();
    await Promise.all([...this.processes.values()].map((process) => process.stop()));
    this.observer.forget();
    removeRun(this.paths);
    await this.lock.release();
  }

  isRunning(name: string): boolean {
    return this.processes.get(name)?.pid !== undefined;
  }

  async startMember(member: MemberState): Promise<void> {
    if (this.isStopping) return;
    await issueCertificates(this.paths, this.notices, this.config, this.state, true);
    this.launch(member);
  }

  expectEnd(name: string, expected: boolean): void {
    const process = this.processes.get(name);
    if (process === undefined) return;
    process.endsOnPurpose = expected;
    if (!expected && process.pid === undefined && !process.isWaiting) process.start();
  }

  async stopMember(name: string): Promise<void> {
    await this.processes.get(name)?.stop();
    this.processes.delete(name);
    this.settings.delete(name);
  }

  private launch(member: MemberState): void {
    const { paths, notices } = this;
    const known = this.processes.get(member.name);
    const process =
      known ??
      new MemberProcess({
        name: member.name,
        flags: () => {
          this.settings.set(member.name, settingsOf(this.config));
          return memberFlags(paths, this.config, this.state, member);
        },
        logFile: paths.logFile(member.name),
        notices,
        onChange: () => this.noteProcesses(),
      });
    this.processes.set(member.name, process);
    if (process.pid === undefined) process.start();
  }

  private noteProcesses(): void {
    const pids: Record<string, number> = {};
    for (const [name, { pid }] of this.processes) if (pid !== undefined) pids[name] = pid;
    const startedAt = this.startedAt.toISOString();
    writeRun(this.paths, { supervisorPid: process.pid, detached: this.detached, startedAt, pids });
  }

  private processView(name: string): ProcessView {
    const process = this.processes.get(name);
    return { pid: process?.pid, isWaiting: process?.isWaiting ?? false };
  }

  private async take(config: ClusterConfig): Promise<void> {
    const before = this.config;
    this.config = config;
    this.nextScaleMs = 0;
    if (config.members !== before.members)
      this.notices.info(`cluster.yaml: members ${before.members} → ${config.members}`);
    else this.notices.info('cluster.yaml has changed and is taken over');
    await this.renew();
  }

  /** Brings the certificates up to date; members take them over by themselves. */
  private async renew(): Promise<void> {
    this.nextCertificatesMs = Date.now() + CERTIFICATE_INTERVAL_MS;
    try {
      const changed = await issueCertificates(
        this.paths,
        this.notices,
        this.config,
        this.state,
        true,
      );
      if (changed) this.observer.forget();
    } catch (error) {
      this.notices.error(reasonOf(error));
    }
  }

  /** One step towards what cluster.yaml says: the number of members first, then their settings. */
  private async maintain(): Promise<void> {
    try {
      const stepped = (await scaleOnce(this)) || (await this.restartOne());
      this.lastScaleProblem = '';
      this.nextScaleMs = Date.now() + (stepped ? BUSY_SCALE_INTERVAL_MS : IDLE_SCALE_INTERVAL_MS);
    } catch (error) {
      this.nextScaleMs = Date.now() + RETRY_INTERVAL_MS;
      this.explain(reasonOf(error));
    }
  }

  /** Says why a change has to wait, once. */
  private explain(problem: string): void {
    const isUnderWay =
      this.state.members.length !== this.desired ||
      this.state.members.some((member) => member.phase !== 'member');
    // A learner that is catching up is no news.
    const isExpected = problem.includes('in sync with leader') || !isUnderWay;
    if (isExpected || problem === this.lastScaleProblem || this.isStopping) return;
    this.lastScaleProblem = problem;
    this.notices.warn(`changing the members has to wait, and is tried again: ${problem}`);
  }

  /** Restarts one member whose settings are not those of cluster.yaml, the leader last. */
  private async restartOne(): Promise<boolean> {
    const wanted = settingsOf(this.config);
    const views = await this.look(false);
    const due = views.filter((view) => this.settings.get(view.name) !== wanted);
    // One at a time: the last one has to be back first.
    if (views.some((view) => view.status === undefined || view.status.leader === 0n))
      return due.length > 0;
    const next = due.find((view) => view.role !== 'leader') ?? due[0];
    const process = next === undefined ? undefined : this.processes.get(next.name);
    if (next === undefined || process === undefined) return false;
    this.notices.info(`${next.name} is restarted with the new settings`);
    await process.stop();
    if (!this.isStopping) process.start();
    return true;
  }

  private async pause(milliseconds: number): Promise<void> {
    await sleep(milliseconds, undefined, { signal: this.stopping.signal }).catch(() => undefined);
  }
}

function settingsOf(config: ClusterConfig): string {
  return JSON.stringify([config.storage, config.autoCompaction]);
}
