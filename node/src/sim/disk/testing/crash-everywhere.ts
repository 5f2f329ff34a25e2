// Runs a workload again and again, with a crash at each disk operation of it, and looks at what every way of surviving
// that leaves; and the same with a second crash during the recovery.
import { assert, type Disk, type World } from '../../../base/index.ts';
import { MachineClock, ProcessClock } from '../../world/clock.ts';
import type { CrashMoment, DiskImage, DiskRates } from '../sim-disk.ts';
import { DiskWorld } from './disk-world.ts';

/** What is run and checked. A new one is made for each run. */
export interface Workload {
  /** From an empty disk to the end. Remembers what was acknowledged. */
  run(world: World): Promise<void>;
  /** Opens what is there, checks it against what was acknowledged, and changes a little more, durably. */
  recover(world: World): Promise<void>;
  /** A copy of what is remembered, as it is now. */
  fork(): Workload;
}

export interface CrashPlan {
  readonly seed: number;
  /** All are tried at each operation, or one after the other. */
  readonly moments: readonly CrashMoment[];
  readonly inTurn?: boolean;
  /** Ways in which the power failure may treat what was not synced, besides a kill that keeps all. */
  readonly fates: number;
  /** Second crashes that are tried for each first one. */
  readonly secondCrashes: number;
  /** How slow the disk is; quick unless told. */
  readonly rates?: DiskRates;
}

export interface CrashTotals {
  operations: number;
  crashes: number;
  secondCrashes: number;
  recoveries: number;
}

/** @throws what a recovery throws, with the place of the crash in its message */
export async function crashEverywhere(make: () => Workload, plan: CrashPlan): Promise<CrashTotals> {
  const totals: CrashTotals = { operations: 0, crashes: 0, secondCrashes: 0, recoveries: 0 };
  for (let operation = 1; ; operation++) {
    const { moments, inTurn } = plan;
    for (const [i, moment] of moments.entries()) {
      if (inTurn === true && i !== operation % moments.length) continue;
      const crash = await firstCrash(make(), plan, operation, moment);
      if (crash === undefined) {
        totals.operations = operation - 1;
        return totals;
      }
      totals.crashes++;
      await afterwards(crash, `${moment} change ${operation}, seed ${plan.seed}`, plan, totals);
    }
  }
}

/** An operation fails once, or the disk is full from there on until the process has ended. */
export type Failure = 'EIO' | 'ENOSPC';

/**
 * The same with a write or a sync that fails in place of the crash: the process ends on it, or goes on without it. What
 * the next one makes of the disk has to outlast a power failure.
 */
export async function failEverywhere(
  make: () => Workload,
  plan: Pick<CrashPlan, 'seed' | 'fates'> & { readonly kind: Failure },
): Promise<CrashTotals> {
  const totals: CrashTotals = { operations: 0, crashes: 0, secondCrashes: 0, recoveries: 0 };
  for (let operation = 1; ; operation++) {
    const world = new DiskWorld(plan.seed);
    const workload = make();
    const failed = await failIn(world, workload, operation, plan.kind);
    if (failed === 'ended before') {
      totals.operations = operation - 1;
      return totals;
    }
    if (failed === 'neither write nor sync') continue;
    totals.crashes++;
    const where = `with ${plan.kind} at change ${operation}, a ${failed}, seed ${plan.seed}`;
    const image = world.disk.image();
    for (let fate = 0; fate < plan.fates; fate++) {
      world.disk.restore(image);
      const again = workload.fork();
      await recovered(world, again, where);
      world.disk.powerFailed();
      await recovered(world, again, `${where}, and a power failure after the recovery`);
      totals.recoveries += 2;
    }
  }
}

async function failIn(
  world: DiskWorld,
  workload: Workload,
  operation: number,
  failure: Failure,
): Promise<'write' | 'datasync' | 'neither write nor sync' | 'ended before'> {
  let changes = 0;
  let failed: 'write' | 'datasync' | undefined;
  world.disk.observe((kind) => {
    if (++changes !== operation || (kind !== 'write' && kind !== 'datasync')) return;
    if (failure === 'ENOSPC' && kind === 'datasync') return;
    failed = kind;
    if (failure === 'EIO') world.disk.failNext(kind, 'EIO');
    else world.disk.setCapacity(world.disk.usedBytes);
  });
  const process = new Process(world);
  let isOver = false;
  workload.run(process.world).then(
    () => (isOver = true),
    () => (isOver = true),
  );
  await world.scheduler.run(world.scheduler.nowMs + 60_000, () => isOver);
  process.end();
  world.disk.killed();
  world.disk.observe(() => {});
  world.disk.setCapacity(undefined);
  if (failed !== undefined) return failed;
  return changes < operation ? 'ended before' : 'neither write nor sync';
}

interface Crash {
  readonly world: DiskWorld;
  readonly workload: Workload;
  readonly image: DiskImage;
}

/** Undefined when the workload ended before. */
async function firstCrash(
  workload: Workload,
  { seed, rates }: CrashPlan,
  operation: number,
  moment: CrashMoment,
): Promise<Crash | undefined> {
  const world = new DiskWorld(seed);
  if (rates !== undefined) world.rates = rates;
  const image = await crashIn(world, (process) => workload.run(process), operation, moment);
  return image === undefined ? undefined : { world, workload, image };
}

/** Runs `work` as a process until it crashes: returns the disk with all that the page cache holds. */
async function crashIn(
  world: DiskWorld,
  work: (process: World) => Promise<void>,
  operation: number,
  moment: CrashMoment,
): Promise<DiskImage | undefined> {
  let image: DiskImage | undefined;
  const process = new Process(world);
  world.disk.crashAt(
    operation,
    () => {
      process.end();
      image = world.disk.image();
    },
    moment,
  );
  let outcome: { error?: unknown } | undefined;
  work(process.world).then(
    () => (outcome = {}),
    (error: unknown) => (outcome = { error }),
  );
  const isOver = (): boolean => image !== undefined || outcome !== undefined;
  await world.scheduler.run(world.scheduler.nowMs + 3_600_000, isOver);
  world.disk.forgetCrash();
  process.end();
  if (outcome?.error !== undefined && image === undefined) throw outcome.error;
  assert(isOver(), 'a workload ends or crashes');
  return image;
}

async function afterwards(
  { world, workload, image }: Crash,
  where: string,
  plan: CrashPlan,
  totals: CrashTotals,
): Promise<void> {
  for (let fate = 0; fate <= plan.fates; fate++) {
    const place = `${where}, ${fate === 0 ? 'killed' : `power failure ${fate}`}`;
    world.disk.restore(image);
    if (fate > 0) world.disk.powerFailed();
    const survived = world.disk.image();
    const before = world.disk.counters.changes;
    await recovered(world, workload.fork(), place);
    totals.recoveries++;
    const changes = world.disk.counters.changes - before;
    for (let second = 0; second < plan.secondCrashes; second++) {
      world.disk.restore(survived);
      const at = world.random.between(1, changes + 1);
      await crashAgain(world, workload.fork(), at, `${place}, again at change ${at}`);
      totals.secondCrashes++;
      totals.recoveries++;
    }
  }
}

async function crashAgain(
  world: DiskWorld,
  workload: Workload,
  at: number,
  place: string,
): Promise<void> {
  const moment = world.random.pick(['before', 'halfway', 'after'] as const);
  try {
    await crashIn(world, (process) => workload.recover(process), at, moment);
  } catch (error) {
    throw at_(place, error);
  }
  if (world.random.chance(0.7)) world.disk.powerFailed();
  else world.disk.killed();
  await recovered(world, workload, `${place} (${moment})`);
}

async function recovered(world: DiskWorld, workload: Workload, place: string): Promise<void> {
  const process = new Process(world);
  try {
    await world.finish(workload.recover(process.world));
  } catch (error) {
    throw at_(place, error);
  } finally {
    process.end();
  }
}

function at_(place: string, error: unknown): Error {
  const reason = error instanceof Error ? error.message : String(error);
  return new Error(`after a crash ${place}: ${reason}`, { cause: error });
}

/** One process on the disk. */
export class Process {
  readonly world: World;
  private readonly clock: ProcessClock;
  private readonly unmount: () => void;

  constructor(world: DiskWorld) {
    const machine = new MachineClock(world.scheduler, 0, 0);
    this.clock = new ProcessClock(machine, world.scheduler, (error) => {
      throw error;
    });
    const mount: { disk: Disk; end(): void } = world.disk.mount();
    this.world = { clock: this.clock, random: world.random.fork('process'), disk: mount.disk };
    this.unmount = () => mount.end();
  }

  end(): void {
    this.clock.end();
    this.unmount();
  }
}
