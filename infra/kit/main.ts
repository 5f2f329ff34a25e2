// `npm run kit`: one entry to a cluster on this machine, in kind, or on any Kubernetes.
import { ConfigFileError } from '../config-file.ts';
import { Problem } from '../local/problem.ts';
import { HELP, UsageError, readArguments, type Arguments } from './arguments.ts';
import { deploy, takeDown } from './deploy.ts';
import { runLocally } from './on-this-machine.ts';
import { terminal, type Screen } from './screen.ts';
import { makeBackup, restore, showStatus } from './upkeep.ts';

const EXIT_USAGE = 2;

/** @returns the exit code: 0, 1 when something went wrong, 2 for a bad command line or a program that is missing */
export async function runKit(argv: readonly string[], screen: Screen): Promise<number> {
  try {
    const args = readArguments(argv);
    if (args !== undefined) return await run(args, screen);
    screen.line(HELP);
    return 0;
  } catch (error) {
    if (!(error instanceof Problem || error instanceof ConfigFileError)) throw error;
    process.stderr.write(`kit: ${error.message}\n`);
    return error instanceof UsageError ? EXIT_USAGE : 1;
  }
}

function run(args: Arguments, screen: Screen): Promise<number> {
  if (args.target === 'local') return runLocally(args, screen);
  switch (args.command) {
    case 'up':
    case 'scale':
    case 'rotate':
      return deploy(args, screen);
    case 'down':
      return takeDown(args, screen);
    case 'status':
      return showStatus(args, screen);
    case 'backup':
      return makeBackup(args, screen);
    case 'restore':
      return restore(args, screen);
  }
}

if (import.meta.main) process.exitCode = await runKit(process.argv.slice(2), terminal);
