/** Medians, and ratios of figures that were measured round by round. */

/** The middle value; of an even number, the mean of both. NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)] ?? NaN;
  const lower = sorted[Math.ceil(sorted.length / 2) - 1] ?? NaN;
  return (lower + upper) / 2;
}

/** What one server showed in one round: name, with its unit last, to value. */
export type Figures = Readonly<Record<string, number>>;

export interface Round {
  readonly ours: Figures;
  readonly etcd: Figures;
}

export interface Comparison {
  /** Medians over the rounds. */
  readonly ours: number;
  readonly etcd: number;
  /** The median of the rounds' ratios, ours over etcd's. */
  readonly ratio: number;
}

/**
 * One figure of both servers. Each ratio is of two measurements that followed each other: what slows the machine down for
 * a while slows both. Undefined when a round lacks the figure; a ratio of nothing to nothing is 1.
 */
export function compare(rounds: readonly Round[], figure: string): Comparison | undefined {
  const pairs = rounds.flatMap(({ ours, etcd }) => {
    const [mine, other] = [ours[figure], etcd[figure]];
    return mine === undefined || other === undefined ? [] : [{ mine, other }];
  });
  if (pairs.length === 0) return undefined;
  return {
    ours: median(pairs.map(({ mine }) => mine)),
    etcd: median(pairs.map(({ other }) => other)),
    ratio: median(pairs.map(({ mine, other }) => (mine === other ? 1 : mine / other))),
  };
}

/**
 * How many times etcd's throughput a server could have that took no CPU at all, with this generator on this machine: the
 * generator's own CPU per operation stays. Undefined when it is not known.
 */
export function throughputLimit(rounds: readonly Round[]): number | undefined {
  const limits = rounds.flatMap(({ etcd }) => {
    const { cpuUs, generatorCpuUs } = etcd;
    if (cpuUs === undefined || generatorCpuUs === undefined || generatorCpuUs <= 0) return [];
    return [(cpuUs + generatorCpuUs) / generatorCpuUs];
  });
  return limits.length === 0 ? undefined : median(limits);
}
