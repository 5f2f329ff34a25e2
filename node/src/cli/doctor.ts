// `binnacle doctor`: what is wrong with a cluster and what to do about it. It reads and changes nothing.
import { exactly, runProgram } from './command-line/commands.ts';
import { boolFlag, textFlag, type FlagSpec, type Flags } from './command-line/flags.ts';
import { formatOf } from './command-line/output.ts';
import { GLOBAL_FLAGS } from './ctl/session.ts';
import { diagnose, type Finding } from './doctor/diagnose.ts';
import { observe } from './doctor/observe.ts';
import type { Observation } from './doctor/observation.ts';

const FLAGS: readonly FlagSpec[] = [
  boolFlag('skip-hash', 'Do not compare the contents of the members, which reads them all once.'),
  textFlag(
    'backup-status-file',
    '/etc/binnacle/backup/status.json',
    'What the backup job wrote last, where there is one.',
  ),
];

const MARKS = { critical: 'CRITICAL', warning: 'WARNING ', note: 'note    ' } as const;

/** Ends with 1 when something critical or a warning was found. */
export async function runDoctor(argv: readonly string[]): Promise<void> {
  await runProgram(
    {
      name: 'binnacle',
      summary: 'Tells what is wrong with a cluster and what to do about it.',
      flags: GLOBAL_FLAGS,
      environmentPrefix: 'ETCDCTL_',
      commands: [
        {
          name: 'doctor',
          summary:
            'Tells what is wrong with a cluster and what to do about it. Changes nothing; ends with 1 on a warning or worse',
          flags: FLAGS,
          run: (args, flags) => {
            exactly(args, 'doctor');
            return examine(flags);
          },
        },
      ],
    },
    ['doctor', ...argv],
  );
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
