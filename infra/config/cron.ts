// Schedules as CronJobs take them: five fields, or one of the words that start with @.
import { pattern, text } from './fields.ts';

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
/** What can be told without reading the numbers. */
const SHAPE =
  /^(@(yearly|annually|monthly|weekly|daily|midnight|hourly)|[0-9a-zA-Z*?,/-]+( +[0-9a-zA-Z*?,/-]+){4})$/;
const WORDS = /^@(yearly|annually|monthly|weekly|daily|midnight|hourly)$/;

interface Field {
  readonly name: string;
  readonly least: number;
  readonly most: number;
  readonly words: readonly string[];
}

const FIELDS: readonly Field[] = [
  { name: 'minute', least: 0, most: 59, words: [] },
  { name: 'hour', least: 0, most: 23, words: [] },
  { name: 'day of the month', least: 1, most: 31, words: [] },
  { name: 'month', least: 1, most: 12, words: MONTHS },
  { name: 'day of the week', least: 0, most: 7, words: WEEKDAYS },
];

/** What is wrong with a schedule; undefined when Kubernetes will take it. */
export function cronProblem(schedule: string): string | undefined {
  if (WORDS.test(schedule)) return undefined;
  const parts = schedule.trim().split(/\s+/);
  if (parts.length !== FIELDS.length)
    return 'must be a schedule of five fields (minute hour day month weekday), such as 0 */6 * * *';
  for (const [index, field] of FIELDS.entries()) {
    if (!parts[index]!.split(',').every((part) => isTerm(part, field)))
      return `is no schedule: ${parts[index]} is no ${field.name} from ${field.least} to ${field.most}`;
  }
  return undefined;
}

/** `*`, `5`, `1-5`, each with `/step` or without. */
function isTerm(part: string, field: Field): boolean {
  const [range = '', step, ...rest] = part.split('/');
  if (rest.length > 0 || (step !== undefined && !(/^\d+$/.test(step) && Number(step) > 0)))
    return false;
  if (range === '*' || range === '?') return true;
  const ends = range.split('-').map((end) => valueOf(end, field));
  if (ends.length > 2 || ends.some((end) => Number.isNaN(end))) return false;
  const [from = NaN, to = from] = ends;
  return from >= field.least && to <= field.most && from <= to;
}

function valueOf(text: string, { least, words }: Field): number {
  const word = words.indexOf(text.toLowerCase());
  if (word >= 0) return word + (least === 1 ? 1 : 0);
  return /^\d+$/.test(text) ? Number(text) : NaN;
}

export const schedule = (example: string) =>
  text(`a schedule in quotes, such as "${example}"`)
    .superRefine((value, context) => {
      const problem = cronProblem(value);
      if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
    })
    .meta(pattern(SHAPE));
