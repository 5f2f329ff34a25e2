// The status of a cluster on Kubernetes as lines for people. Pure.
import { sizeText } from '../../node/src/base/human.ts';
import { paint, type Paint } from '../local/table.ts';
import type { MemberRow, StatusModel } from './status-model.ts';

/** A line of the table's foot, and how it is painted. */
type Line = readonly [text: string, style?: Paint | undefined];

const NOTHING = '–';
const DAY_MS = 86_400_000;

const HEADERS = ['MEMBER', 'STATE', 'ROLE', 'REVISION', 'DB SIZE', 'RESTARTS', 'NODE'];
/** Numbers stand at the right. */
const RIGHT = new Set([3, 4, 5]);

export function statusLines(model: StatusModel, now: Date, color: boolean): string[] {
  const ready = model.members.filter(({ state }) => state === 'ready').length;
  const rows = model.members.map(cellsOf);
  const widths = HEADERS.map((header, i) =>
    Math.max(header.length, ...rows.map((row) => row[i]!.length)),
  );
  const line = (cells: readonly string[]): string =>
    `  ${cells
      .map((cell, i) => (RIGHT.has(i) ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
      .join('   ')
      .trimEnd()}`;
  return [
    `${paint(model.name, 'bold', color)}  ${ready} of ${model.desired} members ready · ${model.image}`,
    '',
    paint(line(HEADERS), 'dim', color),
    ...rows.map((row, i) => painted(line(row), model.members[i]!, color)),
    '',
    ...upkeepLines(model, now).map(
      ([text, style]) => `  ${style === undefined ? text : paint(text, style, color)}`,
    ),
  ];
}

function cellsOf({ name, state, role, revision, dbSize, restarts, node }: MemberRow): string[] {
  return [
    name,
    state,
    role ?? NOTHING,
    revision === undefined ? NOTHING : revision.toLocaleString('en-US'),
    dbSize === undefined ? NOTHING : sizeText(dbSize),
    `${restarts}`,
    node === '' ? NOTHING : node,
  ];
}

function painted(line: string, { state, role }: MemberRow, color: boolean): string {
  if (state !== 'ready')
    return paint(line, state === 'starting' || state === 'ending' ? 'yellow' : 'red', color);
  return role === 'leader' ? line.replace('leader', paint('leader', 'green', color)) : line;
}

function upkeepLines(
  { policy, certificateNotAfter, reconcile, backup, alarms }: StatusModel,
  now: Date,
): Line[] {
  const lines: Line[] = alarms.map((alarm) => [`! ${alarm}`, 'red']);
  lines.push(tlsLine(policy, certificateNotAfter, now));
  if (reconcile !== undefined && reconcile.state !== 'done')
    lines.push([
      `jobs        ${reconcile.job}: ${reconcile.state}${reconcile.message === '' ? '' : `: ${reconcile.message}`}`,
      reconcile.state === 'failed' ? 'red' : 'yellow',
    ]);
  lines.push(...backupLines(backup, now));
  return lines;
}

function tlsLine(policy: StatusModel['policy'], notAfter: Date | undefined, now: Date): Line {
  if (policy === undefined)
    return ['TLS         not set up yet: the reconcile job does it', 'yellow'];
  if (policy.accept === 'plain') return ['TLS         none'];
  const days =
    notAfter === undefined ? undefined : Math.floor((notAfter.getTime() - now.getTime()) / DAY_MS);
  const until =
    notAfter === undefined
      ? 'certificates cannot be read from here'
      : `certificates until ${notAfter.toISOString().slice(0, 10)} (${days} days), renewed by themselves`;
  const mode = policy.accept === 'both' ? 'on its way: TLS and plain are let in' : policy.accept;
  return [`TLS         ${mode} · ${until}`, days !== undefined && days < 7 ? 'red' : undefined];
}

function backupLines(backup: StatusModel['backup'], now: Date): Line[] {
  if (backup === undefined) return [['backup      none yet']];
  const { lastVerified, lastVerifiedAt, lastError, verifiedBackups, destination } = backup;
  const lines: Line[] = [];
  if (lastVerified === null || lastVerifiedAt === null)
    lines.push(['backup      none verified yet', 'yellow']);
  else
    lines.push([
      `backup      verified: ${lastVerified.name}, ${agoText(now.getTime() - Date.parse(lastVerifiedAt))} ago, revision ${lastVerified.revision.toLocaleString('en-US')}, ${keysText(lastVerified.keys)}, ${sizeText(lastVerified.bytes)} · ${verifiedBackups} in ${destination}`,
    ]);
  if (lastError !== '') lines.push([`            the last run failed: ${lastError}`, 'red']);
  return lines;
}

export function agoText(ms: number): string {
  const minutes = Math.max(0, Math.round(ms / 60_000));
  if (minutes < 1) return 'less than a minute';
  if (minutes < 120) return `${minutes} ${minutes === 1 ? 'minute' : 'minutes'}`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} hours` : `${Math.round(hours / 24)} days`;
}

const keysText = (keys: number): string =>
  keys === 1 ? '1 key' : `${keys.toLocaleString('en-US')} keys`;
