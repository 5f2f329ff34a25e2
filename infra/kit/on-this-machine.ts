// The target `local`: what `npm start`, `binnacle backup` and `binnacle restore` do, under the kit's commands.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { CONFIG_NAME } from '../local/config-watch.ts';
import { SERVER } from '../local/paths.ts';
import { Problem } from '../local/problem.ts';
import type { Arguments } from './arguments.ts';
import { SettingsFile } from './settings.ts';
import type { Screen } from './screen.ts';

const BACKUPS = '.binnacle/backups';

/** @returns the exit code */
export async function runLocally(args: Arguments, screen: Screen): Promise<number> {
  if (args.config !== undefined)
    throw new Problem(
      `--config is for kind and kubernetes: this machine's cluster has ./${CONFIG_NAME}`,
    );
  switch (args.command) {
    case 'up':
      return binnacle(args, ['up', '--detach'], screen);
    case 'status':
      return binnacle(args, ['up', '--status'], screen);
    case 'down':
      return binnacle(args, ['up', '--stop'], screen);
    case 'scale':
      return scale(args, screen);
    case 'rotate':
      throw new Problem(
        'On this machine certificates are renewed by themselves; a new CA is for kind and kubernetes.',
      );
    case 'backup':
      return binnacle(
        args,
        ['backup', 'run', BACKUPS, '--status-file', `${BACKUPS}/status.json`],
        screen,
      );
    case 'restore': {
      const how = args.isPlanOnly
        ? ['--plan']
        : ['--in-place', ...(args.isConfirmed ? [`--yes=${fileHere().read().config.name}`] : [])];
      return binnacle(
        { ...args, isPlanOnly: false },
        ['restore', '--from', BACKUPS, ...how, ...args.choice],
        screen,
      );
    }
  }
}

function scale(args: Arguments, screen: Screen): number {
  const file = fileHere();
  const before = file.read().config.members;
  file.set('members', args.members);
  file.read();
  screen.line(`${CONFIG_NAME}  members: ${before} → ${args.members}`);
  if (args.isPlanOnly) return 0;
  file.save();
  screen.line(
    'A cluster that runs takes it over at once, member by member. Next: npm run kit -- status',
  );
  return 0;
}

function fileHere(): SettingsFile {
  if (!existsSync(CONFIG_NAME))
    throw new Problem(
      `There is no ${CONFIG_NAME} in this folder yet: \`npm run kit -- up\` makes it.`,
    );
  return new SettingsFile(CONFIG_NAME);
}

function binnacle(
  { isPlanOnly }: Arguments,
  argv: readonly string[],
  screen: Screen,
): Promise<number> {
  if (isPlanOnly) {
    screen.line(`This would run: binnacle ${argv.join(' ')}`);
    return Promise.resolve(0);
  }
  return new Promise((resolve, reject) => {
    const child = spawn(SERVER, argv, { stdio: 'inherit' });
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  });
}
