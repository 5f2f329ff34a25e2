// The command line of `npm run kit`.
import { parseArgs } from 'node:util';
import { Problem } from '../local/problem.ts';

export const COMMANDS = ['up', 'status', 'scale', 'rotate', 'backup', 'restore', 'down'] as const;
export type CommandName = (typeof COMMANDS)[number];
export const TARGETS = ['local', 'kind', 'kubernetes'] as const;
export type Target = (typeof TARGETS)[number];
export const ENGINES = ['pulumi', 'kubectl'] as const;
export type EngineName = (typeof ENGINES)[number];

export const HELP = `Usage: npm run kit -- COMMAND [--target local|kind|kubernetes] [flags]

  up                 Make the cluster what its configuration says; shows a plan and asks first
  status             Members, certificates and backups, in one table
  scale N            Set the number of members, and bring it about
  rotate             Replace the certificate authority, with no request lost
  backup             Make a verified backup now
  restore            Put a backup in the running cluster's place; shows what would be lost and asks first
  down               Take the cluster away; its data stays

  --target     local: processes on this machine (cluster.yaml); kind: a kind cluster on this machine;
               kubernetes: the cluster of your kubeconfig. Default: local
  --engine     pulumi (default), or kubectl: applies the same objects without Pulumi, and keeps no state
  --stack      Pulumi stack, whose configuration is infra/Pulumi.STACK.yaml. Default: the target's name
  --config     Another file with the configuration
  --plan       Show the plan and stop
  --yes        Do not ask
  --backup     restore: the backup of that name (default: the newest verified one)
  --time       restore: the newest one at that time (ISO 8601)
  --revision   restore: the newest one that is not after that revision
`;

export interface Arguments {
  readonly command: CommandName;
  readonly target: Target;
  readonly engine: EngineName;
  readonly stack: string;
  readonly config: string | undefined;
  readonly isPlanOnly: boolean;
  readonly isConfirmed: boolean;
  /** Of `scale`. */
  readonly members: number;
  /** Of `restore`: flags of `binnacle restore` that choose a backup. */
  readonly choice: readonly string[];
}

/** A bad command line: ends with 2, and the message has the help. */
export class UsageError extends Problem {
  constructor(message: string) {
    super(`${message}\n\n${HELP}`);
  }
}

/** Undefined when help was asked for. */
export function readArguments(argv: readonly string[]): Arguments | undefined {
  const { values, positionals } = parse(argv);
  if (values.help) return undefined;
  const [word, ...rest] = positionals;
  if (word === undefined) throw new UsageError('which command?');
  const command = oneOf(COMMANDS, word, 'command');
  const target = oneOf(TARGETS, values.target, '--target');
  const engine = oneOf(ENGINES, values.engine, '--engine');
  if (command !== 'scale' && rest.length > 0)
    throw new UsageError(`${command} takes no argument: ${rest.join(' ')}`);
  if (target === 'local' && (values.stack !== undefined || values.engine !== 'pulumi'))
    throw new UsageError('--stack and --engine are for kind and kubernetes');
  const choice = choiceOf(values);
  if (command !== 'restore' && choice.length > 0)
    throw new UsageError(`${choice[0]} is for restore`);
  return {
    ...{ command, target, engine, choice },
    stack: values.stack ?? target,
    config: values.config,
    isPlanOnly: values.plan,
    isConfirmed: values.yes,
    members: command === 'scale' ? membersOf(rest) : 0,
  };
}

function parse(argv: readonly string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        target: { ...text, default: 'local' },
        engine: { ...text, default: 'pulumi' },
        stack: text,
        config: text,
        plan: flag,
        yes: { ...flag, short: 'y' },
        backup: text,
        time: text,
        revision: text,
        help: { ...flag, short: 'h' },
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message); // parseArgs throws TypeErrors
  }
}

function oneOf<T extends string>(known: readonly T[], given: string, what: string): T {
  const found = known.find((each) => each === given);
  if (found === undefined) throw new UsageError(`${what} ${given}: there is ${known.join(', ')}`);
  return found;
}

function membersOf(rest: readonly string[]): number {
  const [given, ...more] = rest;
  if (given === undefined || more.length > 0 || !/^\d+$/.test(given))
    throw new UsageError('scale takes the number of members, such as: scale 5');
  return Number(given);
}

function choiceOf(values: Readonly<Record<string, unknown>>): string[] {
  const flags: Readonly<Record<string, string>> = {
    backup: '--name',
    time: '--time',
    revision: '--revision',
  };
  return Object.entries(flags).flatMap(([name, flag]) =>
    values[name] === undefined ? [] : [flag, `${values[name] as string}`],
  );
}
