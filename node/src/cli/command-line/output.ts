// Rows in the format that -w asks for.
import type { FlagSpec, Flags } from './flags.ts';
import { drawTable, simpleRow } from './table.ts';

export type Format = 'simple' | 'json' | 'table';

export const WRITE_OUT: FlagSpec = {
  name: 'write-out',
  short: 'w',
  kind: 'text',
  fallback: 'simple',
  usage: 'Output format: simple, json or table.',
};

export function formatOf(flags: Flags): Format {
  return flags.choice('write-out', ['simple', 'json', 'table']);
}

export interface Rows {
  readonly headers: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** What `-w json` prints. */
  readonly json: unknown;
}

/** Prints a table, its rows separated by commas, or its JSON. */
export function printRows(flags: Flags, { headers, rows, json }: Rows): void {
  switch (formatOf(flags)) {
    case 'json':
      process.stdout.write(`${jsonText(json)}\n`);
      return;
    case 'table':
      process.stdout.write(drawTable(headers, rows));
      return;
    case 'simple':
      process.stdout.write(rows.map(simpleRow).join(''));
  }
}

/** JSON with 64-bit integers as numbers and bytes in base64, as etcd's tools write it. */
export function jsonText(value: unknown): string {
  if (typeof value === 'bigint') return String(value);
  if (value instanceof Uint8Array) return `"${Buffer.from(value).toString('base64')}"`;
  if (Array.isArray(value)) return `[${value.map(jsonText).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const fields = Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .map(([name, field]) => `${JSON.stringify(name)}:${jsonText(field)}`);
  return `{${fields.join(',')}}`;
}
