// The table that a person reads.
import type { Measured } from './measure.ts';
import type { Budget, Verdict } from './verdict.ts';

const SITES_SHOWN = 20;

const MARK: Readonly<Record<Verdict['outcome'], string>> = {
  within: '',
  better: 'better: --record',
  over: 'OVER',
  unknown: 'NO BUDGET',
};

/** A line of the table: figures are for one operation. */
function line(name: string, cells: readonly string[], mark: string): string {
  return `${name.padEnd(52)}${cells.map((cell) => cell.padStart(10)).join('')}  ${mark}`.trimEnd();
}

export const HEADING = line('operation', ['ns', 'bytes', 'budget', 'objects', 'budget'], '');

export function row(
  name: string,
  measured: Measured,
  budget: Budget | undefined,
  outcome: Verdict['outcome'],
): string {
  const cells = [
    measured.ns.toFixed(0),
    measured.bytes.toFixed(0),
    budget?.bytes.toFixed(0) ?? '',
    measured.allocations.toFixed(1),
    budget?.allocations.toFixed(1) ?? '',
  ];
  return line(name, cells, MARK[outcome]);
}

/** The functions that allocate most, with what they allocate on the heap. */
export function siteRows({ sites }: Measured): string {
  return sites
    .slice(0, SITES_SHOWN)
    .map(({ name, place, bytes, allocations }) =>
      line(
        `    ${name === '' ? '(anonymous)' : name}`,
        ['', bytes.toFixed(1), '', allocations.toFixed(2)],
        place,
      ),
    )
    .join('\n');
}
