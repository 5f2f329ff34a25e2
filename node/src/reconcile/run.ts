// The job: looks, plans, waits for the gate, acts, until nothing is left to do.
import { isKubernetesError, type EventText, type KitFile } from '../kubernetes/index.ts';
import { act } from './act.ts';
import { shortfalls } from './gates.ts';
import { newestKit, observe, type Api, type Snapshot } from './objects.ts';
import { plan } from './plan.ts';
import { askAll, refresh, type AskMember } from './pods.ts';
import type { Action, Step } from './step.ts';
import { ROTATION_DONE, eventOf, textOf } from './words.ts';

export interface JobOptions {
  /** How long the members may take for one step, in milliseconds. */
  readonly gateTimeoutMs: number;
  /** How long clients may take to load a Secret, in milliseconds, where kit.json does not say it. */
  readonly clientGraceMs: number;
}

export interface JobWorld {
  readonly api: Api;
  readonly ask: AskMember;
  readonly now: () => Date;
  readonly sleep: (milliseconds: number) => Promise<void>;
  readonly print: (line: string) => void;
  /** Writes an Event about the StatefulSet. It never rejects. */
  readonly tell: (event: EventText) => Promise<void>;
}

const POLL_MS = 1000;
/** Asked again now and then: a kubelet may have looked before it knew of the new Secret itself. */
const REFRESH_EVERY_MS = 5000;
/** After a first installation members are waited for, but not insisted on: pulling images takes its time. */
const FIRST_WAIT_MS = 60_000;
/** More than any way has: a rotation together with a change of mode takes about 25. */
const MAX_WRITES = 100;

/** The cluster can't be brought to what the configuration asks for; the message says what is in the way. */
export class ReconcileError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ReconcileError';
  }
}

/** Why the next action has to wait. */
interface Obstacle {
  readonly title: string;
  /** A line a pod, or for somebody else. */
  readonly lines: readonly string[];
  /** Pods whose kubelets should look for new Secrets. */
  readonly pods: readonly string[];
  /** Passes by itself, at a time that is known. */
  readonly isCertain: boolean;
}

/** Brings certificates and policy to what kit.json asks for; one run. */
export class TlsJob {
  private readonly world: JobWorld;
  private readonly mounted: KitFile;
  private readonly options: JobOptions;
  private writes = 0;
  private isFirst = false;
  private hasRotated = false;
  private waiting:
    { title: string; sinceMs: number; refreshedMs: number; shown: readonly string[] } | undefined;

  constructor(world: JobWorld, mounted: KitFile, options: JobOptions) {
    this.world = world;
    this.mounted = mounted;
    this.options = options;
  }

  /** What would be done next, in words. */
  async nextStep(): Promise<string> {
    const { kit, step } = await this.look();
    const gate = step.gate === undefined ? '' : `, once ${step.gate.title}`;
    return `${textOf(step.action, kit)}${gate}`;
  }

  /** @throws ReconcileError; the next run goes on where this one was */
  async run(): Promise<void> {
    while (this.writes < MAX_WRITES) {
      const { kit, snapshot, step } = await this.look();
      const obstacle = await this.obstacleTo(kit, snapshot, step);
      if (obstacle !== undefined) {
        if (await this.wait(kit, obstacle)) continue;
        return;
      }
      this.waiting = undefined;
      if (step.action.kind === 'done') return this.finish();
      await this.perform(kit, snapshot, step.action);
    }
    throw new ReconcileError(
      `${MAX_WRITES} writes did not lead to the end: does another tool write the same objects?`,
    );
  }

  private async look(): Promise<{ kit: KitFile; snapshot: Snapshot; step: Step }> {
    const kit = await newestKit(this.world.api, this.mounted);
    const snapshot = await observe(this.world.api, kit);
    const step = plan({
      kit,
      observed: snapshot.observed,
      now: this.world.now(),
      clientGraceMs: graceMs(kit, this.options),
      changed: this.writes > 0,
    });
    return { kit, snapshot, step };
  }

  private async obstacleTo(
    kit: KitFile,
    snapshot: Snapshot,
    { gate, notBefore, action }: Step,
  ): Promise<Obstacle | undefined> {
    if (action.kind === 'fail') throw new ReconcileError(action.message);
    if (action.kind === 'wait')
      return {
        title: 'cert-manager has issued its Secrets',
        lines: [action.message],
        pods: [],
        isCertain: false,
      };
    if (gate !== undefined) {
      const { replicas } = snapshot.observed;
      const reports = await askAll(this.world.api, kit, replicas, this.world.ask);
      const missing = shortfalls(gate, kit, replicas, reports);
      if (missing.length > 0) {
        const lines = missing.map(({ pod, has }) => `${pod} ${has}`);
        const pods = missing.map(({ pod }) => pod);
        return { title: gate.title, lines, pods, isCertain: false };
      }
    }
    const leftMs = (notBefore?.getTime() ?? 0) - this.world.now().getTime();
    if (leftMs <= 0) return undefined;
    const title = 'clients have had the time to load the Secrets';
    return { title, lines: [], pods: [], isCertain: true };
  }

  /** Waits a moment. @returns false when it is not worth waiting any longer */
  private async wait(kit: KitFile, obstacle: Obstacle): Promise<boolean> {
    const { title, lines, pods } = obstacle;
    const nowMs = this.world.now().getTime();
    if (this.waiting?.title !== title) {
      this.waiting = { title, sinceMs: nowMs, refreshedMs: 0, shown: [] };
      this.world.print(`waiting until ${title}`);
    }
    const waitedMs = nowMs - this.waiting.sinceMs;
    const limitMs = this.isFirst ? FIRST_WAIT_MS : this.options.gateTimeoutMs;
    const text = lines.join('; ');
    if (waitedMs > limitMs && !obstacle.isCertain) {
      if (this.isFirst) {
        this.world.print(`done; members that are still on their way: ${text}`);
        return false;
      }
      throw new ReconcileError(
        `after ${Math.round(limitMs / 1000)} s it is still not so that ${title}: ${text}. ` +
          'Nothing is lost: the next run of the job goes on from here.',
      );
    }
    for (const line of lines) if (!this.waiting.shown.includes(line)) this.world.print(`  ${line}`);
    this.waiting.shown = lines;
    if (pods.length > 0 && nowMs - this.waiting.refreshedMs >= REFRESH_EVERY_MS) {
      await refresh(this.world.api, kit, pods, this.world.now());
      this.waiting.refreshedMs = nowMs;
    }
    await this.world.sleep(POLL_MS);
    return true;
  }

  private async perform(kit: KitFile, snapshot: Snapshot, action: Action): Promise<void> {
    const { api, print, tell } = this.world;
    this.writes++;
    try {
      await act({ api, kit, snapshot, now: this.world.now() }, action);
    } catch (error) {
      const isRace =
        isKubernetesError(error, 'Conflict') || isKubernetesError(error, 'AlreadyExists');
      if (!isRace) throw error;
      print(`somebody else was faster, looking again: ${textOf(action, kit)}`);
      return;
    }
    print(textOf(action, kit));
    if (action.kind === 'set-policy' && action.from === undefined)
      this.isFirst = !snapshot.observed.hasRecord;
    if (action.kind === 'end-rotation') this.hasRotated = true;
    const event = eventOf(action, kit);
    if (event !== undefined) await tell(event);
  }

  private async finish(): Promise<void> {
    if (this.hasRotated) await this.world.tell(ROTATION_DONE);
    this.world.print(this.writes === 0 ? 'certificates and policy are in order' : 'done');
  }
}

function graceMs({ tls }: KitFile, { clientGraceMs }: JobOptions): number {
  return tls.clientGraceSeconds === undefined ? clientGraceMs : tls.clientGraceSeconds * 1000;
}
