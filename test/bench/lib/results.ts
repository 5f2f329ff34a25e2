/** test/bench/results: latest.json with every round, and what is made of it: latest.md and the plots. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { growthCells } from '../growth/check.ts';
import { plots } from './plot.ts';
import type { Recorded } from './regression.ts';
import type { Result } from './session.ts';
import { asMarkdown, inOrder, ownFigureCells, resultCells } from './table.ts';
import { targetCells, type TargetRow } from './targets.ts';

const folder = join(import.meta.dirname, '../results');
const latestFile = join(folder, 'latest.json');
const recordedFile = join(folder, 'recorded.json');

/** A result without what only a run needs. */
export interface StoredRow extends TargetRow {
  readonly point?: { readonly axis: string; readonly value: number };
  /** The day on which it was measured. */
  readonly measured: string;
}

interface Latest {
  readonly machine: string;
  readonly rows: readonly StoredRow[];
}

export function rowOf({ workload, rounds }: Result): StoredRow {
  const { name, group, members, tls, clients, point } = workload;
  return {
    ...{ name, group, members, tls },
    ...(clients === undefined ? {} : { clients }),
    ...(point === undefined ? {} : { point }),
    measured: new Date().toISOString().slice(0, 10),
    rounds: rounds.map(({ ours, etcd }) => ({ ours: rounded(ours), etcd: rounded(etcd) })),
  };
}

/** Six digits say more than a measurement does. */
function rounded(figures: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(figures).map(([name, value]) => [name, Number(value.toPrecision(6))]),
  );
}

/** Writes all files anew. Without `replace`, results of other workloads stay. */
export function writeResults(rows: readonly StoredRow[], replace: boolean): void {
  mkdirSync(folder, { recursive: true });
  const all = replace ? rows : merged(readLatest(), rows);
  const latest = { machine: machine(), rows: inOrder(all) };
  writeFileSync(latestFile, jsonOf(latest));
  writeFileSync(join(folder, 'latest.md'), page(latest));
  for (const name of readdirSync(folder)) {
    if (name.endsWith('.svg')) rmSync(join(folder, name));
  }
  for (const [name, svg] of plots(latest.rows)) writeFileSync(join(folder, `${name}.svg`), svg);
}

function readLatest(): readonly StoredRow[] {
  if (!existsSync(latestFile)) return [];
  return (JSON.parse(readFileSync(latestFile, 'utf8')) as Latest).rows; // as writeResults wrote it
}

/** The old rows with new ones in their place, and those that are new at the end. */
export function merged(old: readonly StoredRow[], fresh: readonly StoredRow[]): StoredRow[] {
  const byName = new Map(old.map((row) => [row.name, row]));
  for (const row of fresh) byName.set(row.name, row);
  return [...byName.values()];
}

/** A line a workload: a change of one shows as one. */
function jsonOf({ machine: name, rows }: Latest): string {
  const lines = rows.map((row) => `    ${JSON.stringify(row)}`);
  return `{\n  "machine": ${JSON.stringify(name)},\n  "rows": [\n${lines.join(',\n')}\n  ]\n}\n`;
}

function machine(): string {
  const gib = Math.round(totalmem() / 2 ** 30);
  return `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown'}, ${gib} GiB, Linux ${release()}, Node ${process.version}`;
}

function page({ machine: name, rows }: Latest): string {
  const own = ownFigureCells(rows);
  const growth = growthCells(rows);
  const groups = [...new Set(rows.map((row) => row.group))];
  const days = [...new Set(rows.map((row) => row.measured))].sort().join(', ');
  return [
    '# Binnacle against etcd 3.7.3',
    `Written by \`npm run bench\`; measured ${days} on ${name}. Medians of the rounds; a ratio is this store's figure over`,
    'etcd’s of the same round. CPU is that of all members for one request (of a watch: one delivered event; of a list: one',
    'request), peak is their resident memory summed, disk is bytes written for one request. Generator, etcd and this store',
    'share the cores: `limit` is the ratio of throughput that a server without any CPU would have (node/decisions/033).',
    '',
    '## To reach',
    asMarkdown(targetCells(rows)),
    ...groups.flatMap((group) => [
      '',
      `## ${group}`,
      `![${group}](${group}.svg)`,
      '',
      asMarkdown(resultCells(rows.filter((row) => row.group === group))),
    ]),
    ...(growth.length === 0 ? [] : ['', '## Growth of cost', asMarkdown(growth)]),
    ...(own.length === 0 ? [] : ['', '## Figures of single workloads', asMarkdown(own)]),
    '',
  ].join('\n');
}

/** Undefined when nothing has been recorded yet. */
export function readRecorded(): Recorded | undefined {
  if (!existsSync(recordedFile)) return undefined;
  return JSON.parse(readFileSync(recordedFile, 'utf8')) as Recorded; // as writeRecorded wrote it
}

/** Keeps what was recorded of other workloads. */
export function writeRecorded(recorded: Recorded): void {
  mkdirSync(folder, { recursive: true });
  const all = { ...readRecorded(), ...recorded };
  writeFileSync(recordedFile, `${JSON.stringify(all, undefined, 2)}\n`);
}
