// The live table as lines of text. Pure: what is shown depends on the arguments alone.
import { sizeText } from '../../node/src/base/human.ts';
import { formatId } from '../../node/src/base/index.ts';
import type { MemberView, Role } from './observer.ts';

export interface TableModel {
  readonly cluster: string;
  readonly tls: 'mutual' | 'plain';
  readonly desired: number;
  readonly uptimeMs: number | undefined;
  readonly members: readonly MemberView[];
  /** Dim lines below the table. */
  readonly footer: readonly string[];
}

export interface TableStyle {
  /** Columns of the terminal. */
  readonly width: number;
  readonly color: boolean;
}

interface Column {
  readonly title: string;
  readonly align: 'left' | 'right';
  readonly cell: (view: MemberView) => string;
  /** The highest is left out first where the terminal is narrow; 0 never. */
  readonly sacrifice: number;
}

const NOTHING = '–';
const GAP = '   ';
const MARGIN = '  ';

const COLUMNS: readonly Column[] = [
  { title: 'MEMBER', align: 'left', sacrifice: 0, cell: (view) => view.name },
  { title: 'ROLE', align: 'left', sacrifice: 0, cell: (view) => view.role },
  {
    title: 'REVISION',
    align: 'right',
    sacrifice: 1,
    cell: (view) => count(view.status?.header?.revision),
  },
  {
    title: 'RAFT INDEX',
    align: 'right',
    sacrifice: 4,
    cell: (view) => count(view.status?.raftIndex),
  },
  { title: 'DB SIZE', align: 'right', sacrifice: 3, cell: (view) => size(view.status?.dbSize) },
  {
    title: 'REQUESTS/S',
    align: 'right',
    sacrifice: 2,
    cell: (view) => rate(view.requestsPerSecond),
  },
  { title: 'CLIENT URL', align: 'left', sacrifice: 5, cell: (view) => view.clientUrl },
];

const CODES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 } as const;
export type Paint = keyof typeof CODES;

export function paint(text: string, style: Paint, color: boolean): string {
  return color ? `\x1b[${CODES[style]}m${text}\x1b[0m` : text;
}

const ROLE_PAINT: Readonly<Record<Role, Paint | undefined>> = {
  leader: 'green',
  follower: undefined,
  learner: 'cyan',
  'no leader': 'yellow',
  starting: 'yellow',
  restarting: 'red',
  stopped: 'red',
};

/** None of the lines is wider than the terminal. */
export function renderTable(model: TableModel, style: TableStyle): string[] {
  const { width, color } = style;
  const columns = columnsThatFit(model.members, width);
  const widths = columns.map((column) => columnWidth(column, model.members));
  const line = (cells: readonly string[]) => cut(MARGIN + cells.join(GAP).trimEnd(), width);
  const titles = columns.map((column, index) => pad(column.title, widths[index]!, column.align));
  const plainRows = model.members.map((view) =>
    line(columns.map((column, index) => pad(column.cell(view), widths[index]!, column.align))),
  );
  const rows = model.members.map((view, index) => {
    const role = ROLE_PAINT[view.role];
    const plain = plainRows[index]!;
    return role === undefined ? plain : plain.replace(view.role, paint(view.role, role, color));
  });
  const widest = Math.max(...[line(titles), ...plainRows].map((each) => each.length));
  const rule = cut(MARGIN, width) + '─'.repeat(Math.max(0, widest - MARGIN.length));
  return [
    headline(model, style),
    '',
    paint(line(titles), 'dim', color),
    paint(rule, 'dim', color),
    ...rows,
    ...alarms(model.members).map((text) => paint(cut(MARGIN + text, width), 'red', color)),
    ...(model.footer.length === 0 ? [] : ['']),
    ...model.footer.map((text) => paint(cut(MARGIN + text, width), 'dim', color)),
  ];
}

function headline(model: TableModel, { width, color }: TableStyle): string {
  const up = model.members.filter((view) => view.status !== undefined).length;
  const rates = model.members
    .map((view) => view.requestsPerSecond)
    .filter((each) => each !== undefined);
  const total = rates.reduce((sum, each) => sum + each, 0);
  const parts = [
    `${up} of ${model.members.length} members up`,
    ...(model.desired === model.members.length ? [] : [`scaling to ${model.desired}`]),
    model.tls === 'mutual' ? 'mTLS' : 'no TLS',
    ...(rates.length === 0 ? [] : [`${rate(total)} requests/s`]),
    ...(model.uptimeMs === undefined ? [] : [`up ${uptimeText(model.uptimeMs)}`]),
  ];
  const rest = cut(
    `  ${parts.join(' · ')}`,
    Math.max(0, width - MARGIN.length - model.cluster.length),
  );
  return (
    cut(MARGIN, width) + paint(cut(model.cluster, width - MARGIN.length), 'bold', color) + rest
  );
}

/** Whole seconds: 45s, 2m 05s, 3h 20m, 2d 4h. */
export function uptimeText(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  const two = (value: number) => String(value).padStart(2, '0');
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m ${two(seconds % 60)}s`;
  if (seconds < 86_400)
    return `${Math.floor(seconds / 3600)}h ${two(Math.floor(seconds / 60) % 60)}m`;
  return `${Math.floor(seconds / 86_400)}d ${Math.floor(seconds / 3600) % 24}h`;
}

/** What members complain of, each thing once: alarms come from all of them. */
function alarms(members: readonly MemberView[]): string[] {
  return [...new Set(members.flatMap((view) => view.status?.errors ?? []))]
    .filter((text) => !text.includes('no leader'))
    .map(
      (text) =>
        `! ${text.replace(/memberID:(\d+)/, (_, id: string) => nameOf(members, BigInt(id)))}`,
    );
}

function nameOf(members: readonly MemberView[], id: bigint): string {
  const found = members.find((view) => view.status?.header?.memberId === id);
  return found?.name ?? formatId(id);
}

function columnsThatFit(members: readonly MemberView[], width: number): Column[] {
  let columns = [...COLUMNS];
  for (let level = 5; level > 0; level--) {
    const widths = columns.map((column) => columnWidth(column, members));
    const total = widths.reduce((sum, each) => sum + each + GAP.length, MARGIN.length - GAP.length);
    if (total <= width) break;
    columns = columns.filter((column) => column.sacrifice !== level);
  }
  return columns;
}

/** Wide enough for what comes: numbers that grow should not move the columns each second. */
function columnWidth(column: Column, members: readonly MemberView[]): number {
  const least = column.title === 'ROLE' ? 'restarting'.length : column.title.length;
  return Math.max(least, ...members.map((view) => column.cell(view).length));
}

function pad(text: string, width: number, align: 'left' | 'right'): string {
  return align === 'left' ? text.padEnd(width) : text.padStart(width);
}

export function cut(text: string, width: number): string {
  if (text.length <= width) return text;
  return width <= 0 ? '' : `${text.slice(0, width - 1)}…`;
}

function count(value: number | undefined): string {
  return value === undefined ? NOTHING : value.toLocaleString('en-US');
}

function size(bytes: number | undefined): string {
  return bytes === undefined ? NOTHING : sizeText(bytes);
}

function rate(value: number | undefined): string {
  if (value === undefined) return NOTHING;
  return value > 0 && value < 9.95 ? value.toFixed(1) : count(Math.round(value));
}
