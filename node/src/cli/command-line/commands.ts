// A program with subcommands: finds the one that is meant, reads its flags, runs it, and prints help where none is meant.
import { EXIT_ERROR, UsageError, reportFailure } from './errors.ts';
import { boolFlag, parseLine, type FlagSpec, type Flags } from './flags.ts';

export interface Command {
  /** `snapshot status` */
  readonly name: string;
  /** `<filename>` */
  readonly parameters?: string;
  readonly summary: string;
  readonly flags?: readonly FlagSpec[];
  /** @throws UsageError when the arguments do not fit */
  run(args: readonly string[], flags: Flags): Promise<void>;
}

export interface Program {
  /** `binnacle util` */
  readonly name: string;
  readonly summary: string;
  /** Flags of all commands. */
  readonly flags: readonly FlagSpec[];
  /** Prefix of the environment variables that stand for flags of all commands: `ETCDCTL_`. */
  readonly environmentPrefix?: string;
  readonly commands: readonly Command[];
}

const HELP: FlagSpec = { ...boolFlag('help', 'Print help and exit.'), short: 'h' };

/** Runs what `argv` asks for. Failures are printed and set the exit code. */
export async function runProgram(program: Program, argv: readonly string[]): Promise<void> {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // `… | head` ends quietly when nobody reads on.
    if (error.code === 'EPIPE') process.exit();
    throw error;
  });
  try {
    const { command, rest, words } = find(program, argv);
    if (command === undefined) {
      printHelpFor(program, argv, words);
      return;
    }
    const specs = [...(command.flags ?? []), ...program.flags, HELP];
    const line = parseLine(rest, specs, (spec) => fromEnvironment(program, spec));
    if (line.flags.bool('help')) process.stdout.write(commandHelp(program, command));
    else await command.run(line.words, line.flags);
  } catch (error) {
    reportFailure(error);
  }
}

/** The command whose name the words on the line begin with; `rest` is the line without that name. */
function find(
  program: Program,
  argv: readonly string[],
): { command: Command | undefined; rest: string[]; words: string[] } {
  const all = [...program.flags, ...program.commands.flatMap((command) => command.flags ?? [])];
  const words: string[] = [];
  const rest: string[] = [];
  let command: Command | undefined;
  for (let i = 0; i < argv.length; i++) {
    const argument = argv[i] ?? '';
    if (command !== undefined || argument.startsWith('-')) {
      rest.push(argument);
      const spec = all.find((one) => argument === `--${one.name}` || argument === `-${one.short}`);
      const takesNext = command === undefined && spec?.kind === 'text';
      if (takesNext && i + 1 < argv.length) rest.push(argv[++i] ?? '');
      continue;
    }
    words.push(argument);
    command = program.commands.find((one) => one.name === words.join(' '));
  }
  return { command, rest, words };
}

function printHelpFor(program: Program, argv: readonly string[], words: readonly string[]): void {
  const asked =
    words.length === 0 || words[0] === 'help' || argv.some((one) => /^--?h(elp)?$/.test(one));
  const topic = words.filter((word) => word !== 'help').join(' ');
  const exact = program.commands.find((command) => command.name === topic);
  if (exact !== undefined) {
    process.stdout.write(commandHelp(program, exact));
    return;
  }
  const group = program.commands.filter((command) => command.name.startsWith(`${topic} `));
  const listed = topic === '' || group.length === 0 ? program.commands : group;
  const isKnown = topic === '' || group.length > 0;
  if (asked && isKnown) {
    process.stdout.write(programHelp(program, listed));
    return;
  }
  if (isKnown) process.stderr.write(programHelp(program, listed));
  else {
    process.stderr.write(
      `Error: unknown command ${JSON.stringify(topic)} for ${JSON.stringify(program.name)}\n\n${programHelp(program, listed)}`,
    );
  }
  process.exitCode = EXIT_ERROR;
}

function fromEnvironment(program: Program, spec: FlagSpec): string | undefined {
  if (program.environmentPrefix === undefined || !program.flags.includes(spec)) return undefined;
  const name = `${program.environmentPrefix}${spec.name.toUpperCase().replaceAll('-', '_')}`;
  return process.env[name] || undefined;
}

function programHelp(program: Program, commands: readonly Command[]): string {
  const titles = commands.map((command) => titleOf(command));
  const width = Math.max(...titles.map((title) => title.length)) + 2;
  const rows = commands.map((command, i) => `  ${titles[i]?.padEnd(width)}${command.summary}`);
  return [
    program.summary,
    '',
    'Usage:',
    `  ${program.name} COMMAND [arguments] [flags]`,
    '',
    'Commands:',
    ...rows,
    '',
    ...flagsHelp('Flags', [...program.flags, HELP]),
    '',
  ].join('\n');
}

function commandHelp(program: Program, command: Command): string {
  return [
    command.summary,
    '',
    'Usage:',
    `  ${program.name} ${titleOf(command)} [flags]`,
    '',
    ...((command.flags ?? []).length === 0 ? [] : [...flagsHelp('Flags', command.flags ?? []), '']),
    ...flagsHelp('Flags of all commands', [...program.flags, HELP]),
    '',
  ].join('\n');
}

function titleOf({ name, parameters }: Command): string {
  return parameters === undefined ? name : `${name} ${parameters}`;
}

function flagsHelp(title: string, specs: readonly FlagSpec[]): string[] {
  const names = specs.map(({ name, short, kind, fallback }) => {
    const letter = short === undefined ? '    ' : `-${short}, `;
    return `  ${letter}--${name}${kind === 'bool' ? '' : ` '${fallback}'`}`;
  });
  const width = Math.max(...names.map((name) => name.length)) + 2;
  return [`${title}:`, ...specs.map((spec, i) => `${names[i]?.padEnd(width)}${spec.usage}`)];
}

/** @throws UsageError unless there are as many arguments as `names` has */
export function exactly(args: readonly string[], command: string, ...names: string[]): string[] {
  if (args.length === names.length) return [...args];
  throw new UsageError(
    `${command} needs ${names.length === 1 ? 'one argument' : `${names.length} arguments`}: ${names.join(' ')}`,
  );
}
