// `binnacle doctor`: what is wrong with a cluster and what to do about it. It reads and changes nothing.
import { reportFailure, UsageError } from './command-line/errors.ts';
import { boolFlag, parseLine, textFlag, type Flags } from './command-line/flags.ts';
import { formatOf } from './command-line/output.ts';
import { GLOBAL_FLAGS } from './ctl/session.ts';
import { diagnose, type Finding } from './doctor/diagnose.ts';
import { observe } from './doctor/observe.ts';
import type { Observation } from './doctor/observation.ts';

const FLAGS = [
  boolFlag('skip-hash', 'Do not compare the contents of the members, which reads them all once.'),
  textFlag(
    'backup-status-file',
    '/etc/binnacle/backup/status.json',
    'What the backup job wrote last, where there is one.',
  ),
  ...GLOBAL_FLAGS,
  { ...boolFlag('help', 'Print help and exit.'), short: 'h' },
];

const MARKS = { critical: 'CRITICAL', warning: 'WARNING ', note: 'note    ' } as const;

/** Ends with 1 when something critical or a warning was found. */
export async function runDoctor(argv: readonly string[]): Promise<void> {
  try {
    const { flags, words } = parseLine(argv, FLAGS, fromEnvironment);
    if (flags.bool('help')) process.stdout.write(helpText());
    else if (words.length > 0)
      throw new UsageError(`doctor takes no arguments: ${words.join(' ')}`);
    else await examine(flags);
  } catch (error) {
    reportFailure(error);
  }
}

async function examine(flags: Flags): Promise<void> {
  const format = formatOf(flags);
  const seen = await observe(flags, {
    withHash: !flags.bool('skip-hash'),
    backupStatusFile: flags.text('backup-status-file'),
  });
  const findings = diagnose(seen);
  if (format === 'json') process.stdout.write(`${JSON.stringify(findings, undefined, 2)}\n`);
  else process.stdout.write(report(seen, findings));
  if (findings.some(({ severity }) => severity !== 'note')) process.exitCode = 1;
}

function report({ endpoints, members }: Observation, findings: readonly Finding[]): string {
  const answering = endpoints.filter((one) => one.status !== undefined).length;
  const voters = members.filter((one) => !one.isLearner).length;
  const lines = [`${answering} of ${endpoints.length} members answered; ${voters} have a vote.`];
  for (const { severity, what, advice } of findings)
    lines.push('', `${MARKS[severity]}  ${what}`, `          → ${advice}`);
  if (findings.length === 0) lines.push('Nothing is wrong.');
  return `${lines.join('\n')}\n`;
}

/** As `binnacle ctl` takes them. */
function fromEnvironment({ name }: { readonly name: string }): string | undefined {
  return process.env[`ETCDCTL_${name.toUpperCase().replaceAll('-', '_')}`] || undefined;
}

function helpText(): string {
  const rows = FLAGS.map(({ name, kind, fallback, usage }) => {
    const flag = kind === 'bool' ? `--${name}` : `--${name} '${fallback}'`;
    return `  ${flag.padEnd(64)}${usage}`;
  });
  return [
    'Tells what is wrong with a cluster and what to do about it. It reads and changes nothing.',
    '',
    'Usage:',
    '  binnacle doctor [flags]',
    '',
    'Ends with 0 when there are at most notes, with 1 when there is a warning or worse.',
    '',
    'Flags:',
    ...rows,
    '',
  ].join('\n');
}
