// Pulumi: its command line does the work, on the program in this folder's parent.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Problem } from '../local/problem.ts';
import type { Deployment, Engine } from './engine.ts';
import { isInstalled } from './kubectl.ts';

const PROGRAM = fileURLToPath(new URL('..', import.meta.url));
const PROJECT = fileURLToPath(new URL('../..', import.meta.url));

export const HOW_TO_GET_PULUMI = [
  'Pulumi is not on PATH. Install it (pulumi.com/docs/install, or `brew install pulumi`), and say once where it keeps',
  'its state: `pulumi login --local` for this machine, `pulumi login` for a team. Then repeat the command.',
  'Without Pulumi, --engine kubectl applies the same objects; it keeps no state.',
].join('\n');

export const pulumiEngine: Engine = {
  missing: () => (isInstalled('pulumi') ? undefined : HOW_TO_GET_PULUMI),

  async up(deployment) {
    const build = ['run', '--silent', 'build:infra'];
    await run('npm', deployment.settings.isBuilt ? [...build, '--', '--image'] : build, PROJECT);
    await select(deployment);
    // The plan was shown and confirmed.
    await pulumi(deployment, ['up', '--yes', '--skip-preview']);
  },

  async down(deployment) {
    await select(deployment);
    await pulumi(deployment, ['destroy', '--yes', '--skip-preview']);
  },
};

const select = ({ stack }: Deployment): Promise<void> =>
  run('pulumi', ['stack', 'select', '--create', stack, '--cwd', PROGRAM], PROJECT);

function pulumi({ stack, settingsPath }: Deployment, args: readonly string[]): Promise<void> {
  const where = ['--stack', stack, '--cwd', PROGRAM, '--config-file', settingsPath];
  return run('pulumi', [...args, ...where], PROJECT);
}

/** With its output where the user sees it. @throws Problem when it fails: it has said why */
function run(program: string, args: readonly string[], cwd: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: 'inherit', cwd });
    child.once('error', (error) => reject(new Problem(`${program}: ${error.message}`)));
    child.once('close', (code) => {
      if (code === 0) resolve();
      else reject(new Problem(`'${program} ${args.join(' ')}' ended with ${code ?? 'a signal'}.`));
    });
  });
}
