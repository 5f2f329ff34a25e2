// The part of the chart's README that lists its values.
import { shownProperties, type JsonSchema } from './schema.ts';
import { meaningOf } from './values.ts';

const BEGIN = '<!-- values: written by npm run generate -->';
const END = '<!-- end of values -->';

/** The README with its list of values made anew. */
export function withValues(readme: string): string {
  const from = readme.indexOf(BEGIN);
  const to = readme.indexOf(END);
  if (from < 0 || to < from) throw new Error(`the chart's README has no ${BEGIN} … ${END}`);
  return `${readme.slice(0, from)}${BEGIN}\n\n${tables()}\n${readme.slice(to)}`;
}

function tables(): string {
  const single: string[] = [];
  const sections: string[] = [];
  for (const [key, schema] of shownProperties()) {
    if (schema.properties === undefined) single.push(rowOf(key, schema));
    else sections.push(`### ${key}\n\n${schema.description}\n\n${table(rowsBelow(key, schema))}`);
  }
  return `${table(single)}\n${sections.join('\n')}`;
}

const table = (rows: readonly string[]): string =>
  `| key | meaning | default |\n| --- | --- | --- |\n${rows.join('\n')}\n`;

function rowsBelow(path: string, schema: JsonSchema): string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, each]) =>
    each.properties === undefined
      ? [rowOf(`${path}.${key}`, each)]
      : rowsBelow(`${path}.${key}`, each),
  );
}

function rowOf(path: string, schema: JsonSchema): string {
  const shown = schema.default === undefined ? '' : `\`${JSON.stringify(schema.default)}\``;
  return `| \`${path}\` | ${meaningOf(schema).replaceAll('|', '\\|')} | ${shown} |`;
}
