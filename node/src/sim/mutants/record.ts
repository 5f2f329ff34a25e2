// Where each mutant was found: found.json for programs, a table in node/decisions for people.
import { readFile, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { MUTANTS } from './catalog.ts';
import type { Finding } from './search.ts';

const finding = z.strictObject({
  runs: z.int().min(1),
  seed: z.int().min(0),
  profile: z.string(),
  check: z.string(),
});
const record = z.record(z.string(), finding);

const RECORD = new URL('found.json', import.meta.url);
const PAGE = new URL('../../../decisions/030-deliberate-bugs.md', import.meta.url);
const BEGIN = '<!-- Written by npm run sim:mutants -- --update -->';
const END = '<!-- end -->';

export type FoundRecord = Map<string, Finding>;

export async function readRecord(): Promise<FoundRecord> {
  return new Map(Object.entries(record.parse(JSON.parse(await readFile(RECORD, 'utf8')))));
}

/** Mutants that are gone leave the record; those that were not looked for keep their place. */
export async function writeRecord(found: FoundRecord): Promise<void> {
  const known = MUTANTS.flatMap(({ name }) => {
    const one = found.get(name);
    return one === undefined ? [] : [[name, one] as const];
  });
  await writeFile(RECORD, `${JSON.stringify(Object.fromEntries(known), undefined, 2)}\n`);
  const page = await readFile(PAGE, 'utf8');
  await writeFile(PAGE, withTable(page, markdownTable(found)));
}

/** @throws Error when the page has no place for it */
export function withTable(page: string, table: string): string {
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END);
  if (begin === -1 || end < begin) throw new Error('the page has no place for the table');
  return `${page.slice(0, begin + BEGIN.length)}\n\n${table}\n${page.slice(end)}`;
}

export function markdownTable(found: FoundRecord): string {
  const rows = MUTANTS.map(({ name, bug, like, file }) => {
    const one = found.get(name);
    const place = one === undefined ? ['–', '–', '–'] : [one.runs, one.profile, one.check];
    return [`\`${name}\`: ${bug}`, like, `\`${file}\``, ...place];
  });
  return aligned([['mutant', 'like', 'where', 'found after', 'profile', 'check'], ...rows]);
}

/** As Prettier would write it. */
function aligned(rows: readonly (readonly (string | number)[])[]): string {
  const [head, ...body] = rows.map((row) => row.map(String));
  if (head === undefined) return '';
  const widths = head.map((_, i) => Math.max(3, ...[head, ...body].map((row) => row[i]!.length)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, i) => cell.padEnd(widths[i]!)).join(' | ')} |`;
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return `${[line(head), rule, ...body.map(line)].join('\n')}\n`;
}
