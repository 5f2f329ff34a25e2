// What a member keeps, where, and for how long.
import { z } from 'zod';
import { objectName, section } from './fields.ts';
import { quotaSize, volumeSize } from './quantity.ts';

const DURATION = /^(\d+)(m|h|d)$/;
const MINUTES_PER_UNIT: Readonly<Record<string, number>> = { m: 1, h: 60, d: 24 * 60 };

export const storage = section({
  size: volumeSize('8Gi')
    .default('8Gi')
    .describe("Size of each member's volume. It can grow while the cluster serves, not shrink."),
  templateSize: volumeSize('8Gi')
    .optional()
    .describe(
      'Size in the volumeClaimTemplate, which Kubernetes never lets change. Only for tools that render without asking the cluster: the size of the first installation, once size has grown.',
    ),
  class: objectName('the name of a StorageClass')
    .default('')
    .describe("StorageClass; empty: the cluster's default. Fixed once the cluster exists."),
  quota: quotaSize()
    .default('2GiB')
    .describe("Size of a member's database at which it takes no more writes (NOSPACE)."),
});

export const autoCompaction = section({
  mode: z
    .enum(['none', 'periodic', 'revision'], {
      error: ({ input }) =>
        input === 'off' || input === false
          ? 'off is called none: write mode: none (off is a boolean in many YAML readers)'
          : 'must be none, periodic or revision',
    })
    .default('none')
    .describe('none: history is kept until a client compacts it, which Kubernetes does by itself.'),
  retention: z
    .union([z.string(), z.number()], {
      error: 'must be a time, such as 1h, or a number of revisions, such as 1000',
    })
    .optional()
    .describe('History that is kept: a time for periodic (1h), a number for revision (1000).'),
});

/** What is wrong with a retention; undefined when it fits the mode. */
export function retentionProblem({
  mode,
  retention,
}: z.output<typeof autoCompaction>): string | undefined {
  if (mode === 'periodic' && !(typeof retention === 'string' && DURATION.test(retention)))
    return 'must be a time in m, h or d with mode: periodic, such as 1h';
  if (mode === 'revision' && !/^[1-9]\d*$/.test(String(retention)))
    return 'must be a number of revisions with mode: revision, such as 1000';
  if (mode === 'none' && retention !== undefined)
    return 'has no meaning with mode: none; remove it, or set mode to periodic or revision';
  return undefined;
}

/** The values of --auto-compaction-mode and --auto-compaction-retention; days become minutes, as Go's durations have none. */
export function compactionFlags(config: {
  readonly autoCompaction: z.output<typeof autoCompaction>;
}): { mode: string; retention: string } {
  const { mode, retention } = config.autoCompaction;
  if (mode === 'none') return { mode: 'periodic', retention: '0' };
  const match = DURATION.exec(String(retention));
  if (match === null) return { mode, retention: String(retention) };
  return { mode, retention: `${Number(match[1]) * (MINUTES_PER_UNIT[match[2]!] ?? 1)}m` };
}
