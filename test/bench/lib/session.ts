/**
 * Runs workloads on both servers in turn: round by round, and within a round cluster by cluster. Who is first changes from
 * round to round.
 */
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Cluster } from '../../conformance/lib/cluster.ts';
import { oracle, scratchFolder, serverBinary } from '../../conformance/lib/paths.ts';
import { sleep } from '../../conformance/lib/process.ts';
import { connectWorkload } from '../workloads/connect.ts';
import { resetPeak, snapshot, used, type Usage } from './measure.ts';
import type { Figures, Round } from './statistics.ts';
import type { Sample, Workload } from './workload.ts';

/** What a server does a little later (etcd commits to its database every 100 ms) belongs to the load as well. */
const SETTLE_MS = 150;

type Server = 'ours' | 'etcd';

export interface Result {
  readonly workload: Workload;
  readonly rounds: readonly Round[];
}

export interface SessionOptions {
  readonly rounds: number;
  readonly scale: number;
  readonly log: (line: string) => void;
}

/** A cluster and the workloads that it gets. */
interface Stage {
  readonly members: 1 | 3;
  readonly tls: boolean;
  readonly flags: readonly string[];
  readonly isShared: boolean;
  readonly workloads: readonly Workload[];
}

export class Session {
  /** What went wrong; a workload that failed on one server has no figures of that round. */
  readonly failures: string[] = [];
  readonly #options: SessionOptions;
  readonly #results = new Map<string, { workload: Workload; rounds: Round[] }>();

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  async run(workloads: readonly Workload[]): Promise<Result[]> {
    const stages = stagesOf(workloads);
    for (let round = 1; round <= this.#options.rounds; round++) {
      const order: readonly Server[] = round % 2 === 1 ? ['ours', 'etcd'] : ['etcd', 'ours'];
      for (const stage of round === 1 ? stages : stages.filter((each) => !isPoint(each))) {
        this.#options.log(
          `round ${round} of ${this.#options.rounds}: ${describe(stage)}, ${order.join(' then ')}`,
        );
        const figures: Record<Server, Map<Workload, Figures>> = {
          ours: new Map(),
          etcd: new Map(),
        };
        for (const server of order) figures[server] = await this.#perform(stage, server);
        this.#add(stage, figures);
      }
    }
    return [...this.#results.values()];
  }

  #add(stage: Stage, figures: Record<Server, Map<Workload, Figures>>): void {
    for (const workload of stage.workloads) {
      const [ours, etcd] = [figures.ours.get(workload), figures.etcd.get(workload)];
      if (ours === undefined || etcd === undefined) continue;
      const result = this.#results.get(workload.name) ?? { workload, rounds: [] };
      result.rounds.push({ ours, etcd });
      this.#results.set(workload.name, result);
    }
  }

  /** One server under all workloads of a stage. */
  async #perform(stage: Stage, server: Server): Promise<Map<Workload, Figures>> {
    const figures = new Map<Workload, Figures>();
    const folder = scratchFolder('bench');
    const { members, tls, flags } = stage;
    const binary = server === 'ours' ? serverBinary : oracle('etcd');
    let cluster: Cluster | undefined;
    try {
      cluster = await Cluster.start({ binary, members, tls, flags, folder });
      for (const workload of stage.workloads) {
        const measured = await this.#measure(workload, cluster, server);
        if (measured !== undefined) figures.set(workload, measured);
      }
    } catch (error) {
      this.#fail(`${server}: ${describe(stage)}`, error);
      this.#options.log(lastWords(folder));
    } finally {
      await cluster?.stop();
      rmSync(folder, { recursive: true, force: true });
    }
    return figures;
  }

  async #measure(
    workload: Workload,
    cluster: Cluster,
    server: Server,
  ): Promise<Figures | undefined> {
    try {
      const figures = await measure(workload, cluster, this.#options.scale);
      this.#options.log(progressLine(workload, server, figures));
      return figures;
    } catch (error) {
      this.#fail(`${server}: ${workload.name}`, error);
      return undefined;
    }
  }

  #fail(what: string, error: unknown): void {
    const line = `${what}: ${error instanceof Error ? error.message : String(error)}`;
    this.failures.push(line);
    this.#options.log(`  FAILED ${line}`);
  }
}

/** All workloads of one number of members and TLS share a cluster, but those that want one of their own. */
export function stagesOf(workloads: readonly Workload[]): Stage[] {
  const shared = ([1, 3] as const).flatMap((members) =>
    [false, true].map((tls) => ({ members, tls, flags: [], isShared: true })),
  );
  const stages: Stage[] = [];
  for (const stage of shared) {
    const own = workloads.filter(
      ({ members, tls, ownCluster }) =>
        ownCluster === undefined && members === stage.members && tls === stage.tls,
    );
    if (own.length === 0) continue;
    stages.push({ ...stage, workloads: [connectWorkload(stage.members, stage.tls), ...own] });
  }
  for (const workload of workloads) {
    if (workload.ownCluster === undefined) continue;
    const { members, tls, ownCluster } = workload;
    stages.push({ members, tls, flags: ownCluster.flags, isShared: false, workloads: [workload] });
  }
  return stages;
}

/** The end of what each member wrote. */
function lastWords(folder: string): string {
  const logs = readdirSync(folder).filter((name) => name.endsWith('.log'));
  return logs
    .map((name) => `  ${name}: …${readFileSync(join(folder, name), 'utf8').slice(-1000)}`)
    .join('\n');
}

/** One of the many points of a growth plot, which shows a shape: the first round has to do. */
function isPoint({ isShared, workloads }: Stage): boolean {
  return !isShared && workloads.every((workload) => workload.point !== undefined);
}

function describe({ members, tls, isShared, workloads }: Stage): string {
  const name = `${members} member${members === 1 ? '' : 's'}, ${tls ? 'mTLS' : 'plain'}`;
  return isShared ? name : `${name}, ${workloads.map((workload) => workload.name).join()}`;
}

async function measure(workload: Workload, cluster: Cluster, scale: number): Promise<Figures> {
  try {
    const { warmUp } = workload;
    if (warmUp !== undefined) {
      await workload.prepare?.(cluster, scale * warmUp);
      await workload.run(cluster, scale * warmUp);
      await workload.finish?.();
    }
    await workload.prepare?.(cluster, scale);
    await sleep(SETTLE_MS);
    resetPeak(cluster);
    const before = snapshot(cluster);
    const sample = await workload.run(cluster, scale);
    await sleep(SETTLE_MS);
    return figuresOf(sample, used(sample.steady?.from ?? before, snapshot(cluster)));
  } finally {
    await workload.finish?.();
  }
}

function figuresOf(sample: Sample, usage: Usage): Figures {
  const { operations, seconds, p50Ms, p99Ms, maxMs, generatorCpuUs, steady } = sample;
  const counted = steady?.operations ?? operations;
  return {
    operations,
    seconds,
    perSecond: operations / seconds,
    ...(p50Ms === undefined ? {} : { p50Ms }),
    ...(p99Ms === undefined ? {} : { p99Ms }),
    ...(maxMs === undefined ? {} : { maxMs }),
    cpuUs: usage.cpuUs / counted,
    peakBytes: usage.peakBytes,
    writtenBytes: usage.writtenBytes / counted,
    ...(generatorCpuUs === undefined ? {} : { generatorCpuUs: generatorCpuUs / operations }),
    ...sample.figures,
  };
}

function progressLine(workload: Workload, server: Server, figures: Figures): string {
  const number = (name: string, digits: number): string => (figures[name] ?? NaN).toFixed(digits);
  const cells = [
    `${number('perSecond', 0)}/s`.padStart(10),
    `p50 ${number('p50Ms', 2)} ms`.padStart(16),
    `p99 ${number('p99Ms', 2)} ms`.padStart(16),
    `CPU ${number('cpuUs', 1)} µs`.padStart(16),
    `${number('seconds', 1)} s`.padStart(8),
  ];
  return `  ${server.padEnd(5)} ${workload.name.padEnd(36)}${cells.join('')}`;
}
