// A plan as lines for people. Pure.
import { paint, type Paint } from '../local/table.ts';
import type { Json } from '../objects/index.ts';
import type { FieldChange } from './differences.ts';
import { isEmpty, type ObjectChange, type Plan } from './plan.ts';

/** More would scroll the meaning away; `--plan` with a log shows no more either: objects say the rest. */
const FIELDS_SHOWN = 6;
const VALUE_WIDTH = 60;

const SIGNS: Readonly<Record<ObjectChange['action'], { sign: string; style: Paint }>> = {
  create: { sign: '+', style: 'green' },
  change: { sign: '~', style: 'yellow' },
  delete: { sign: '-', style: 'red' },
  keep: { sign: '=', style: 'dim' },
};

export function planLines(plan: Plan, color: boolean): string[] {
  const title = `${paint(plan.cluster, 'bold', color)}  ${plan.place}`;
  if (isEmpty(plan)) return [title, '', '  Everything is as the configuration says.'];
  const objects = plan.objects.filter(({ action }) => action !== 'keep');
  const kept = plan.objects.length - objects.length;
  const width = Math.max(0, ...objects.map(({ kind }) => kind.length));
  return [
    title,
    '',
    ...plan.meaning.map((line) => `  ${line}`),
    ...(plan.meaning.length === 0 ? [] : ['']),
    ...plan.preparations.map((line) => `  ${paint('+', 'green', color)} ${line}`),
    ...objects.flatMap((object) => objectLines(object, width, color)),
    ...(kept === 0
      ? []
      : [
          paint(
            `  = ${kept} ${kept === 1 ? 'object stays' : 'objects stay'} as they are`.replace(
              'object stays as they are',
              'object stays as it is',
            ),
            'dim',
            color,
          ),
        ]),
  ];
}

function objectLines(
  { kind, name, action, fields }: ObjectChange,
  width: number,
  color: boolean,
): string[] {
  const { sign, style } = SIGNS[action];
  const shown = fields.slice(0, FIELDS_SHOWN).map(fieldLine);
  const more = fields.length - shown.length;
  return [
    `  ${paint(sign, style, color)} ${kind.padEnd(width)}  ${name}`,
    ...[...shown, ...(more > 0 ? [`and ${more} more`] : [])].map((line) =>
      paint(`      ${line}`, 'dim', color),
    ),
  ];
}

function fieldLine({ path, from, to }: FieldChange): string {
  if (to === undefined) return `${path}: ${valueText(from)} goes away`;
  return from === undefined
    ? `${path}: ${valueText(to)}`
    : `${path}: ${valueText(from)} → ${valueText(to)}`;
}

function valueText(value: Json | undefined): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const line = text.replaceAll('\n', ' ');
  return line.length > VALUE_WIDTH ? `${line.slice(0, VALUE_WIDTH - 1)}…` : line;
}
