// `status`, `backup` and `restore` on Kubernetes.
import { Problem } from '../local/problem.ts';
import { kitObjects } from '../objects/index.ts';
import { namesOf } from '../objects/names.ts';
import type { Arguments } from './arguments.ts';
import { gatherStatus } from './cluster-status.ts';
import { settingsFile } from './deploy.ts';
import { runJob } from './job.ts';
import { Kubectl, isInstalled } from './kubectl.ts';
import { kitCommand } from './next.ts';
import { confirmed, type Screen } from './screen.ts';
import type { Settings } from './settings.ts';
import { statusLines } from './status-text.ts';

function connect(args: Arguments): { settings: Settings; kubectl: Kubectl } {
  if (!isInstalled('kubectl'))
    throw new Problem('kubectl is not on PATH: install it as kubernetes.io/docs/tasks/tools says');
  const settings = settingsFile(args).read();
  const isKind = args.target === 'kind' && settings.context === '';
  const context = isKind ? `kind-${settings.kindCluster}` : settings.context;
  return { settings, kubectl: new Kubectl(context, settings.namespace) };
}

/** @returns the exit code: 1 when members are missing */
export async function showStatus(args: Arguments, screen: Screen): Promise<number> {
  const { settings, kubectl } = connect(args);
  const { config, namespace } = settings;
  const names = namesOf({ config, namespace, managedBy: 'Pulumi' });
  const selector = `app.kubernetes.io/name=binnacle,app.kubernetes.io/instance=${config.name}`;
  const model = await gatherStatus(kubectl, { ...names, selector });
  if (model === undefined) {
    screen.line(
      `There is no cluster ${config.name} in namespace ${namespace}: ${kitCommand(args, 'up')}`,
    );
    return 1;
  }
  for (const line of statusLines(model, new Date(), screen.color)) screen.line(line);
  const ready = model.members.filter(({ state }) => state === 'ready').length;
  if (ready >= model.desired) return 0;
  screen.line(
    `\nWhat is wrong, and what to do: ${kubectl.command} exec ${config.name}-0 -- binnacle doctor`,
  );
  return 1;
}

/** @returns the exit code */
export async function makeBackup(args: Arguments, screen: Screen): Promise<number> {
  const { settings, kubectl } = connect(args);
  requireBackups(settings);
  screen.line('A backup is made, and restored into a throwaway member to see that it can be.');
  const name = `${settings.config.name}-backup-${timeName(new Date())}`;
  const { succeeded, log } = await runJob(
    kubectl,
    `${settings.config.name}-backup`,
    ['backup', 'run'],
    name,
  );
  screen.line(log);
  if (!succeeded)
    throw new Problem(`Job ${name} failed: see \`${kubectl.command} describe job ${name}\`.`);
  screen.line(`\nNext: ${kitCommand(args, 'restore --plan')} shows what a restore would do.`);
  return 0;
}

/** @returns the exit code */
export async function restore(args: Arguments, screen: Screen): Promise<number> {
  const { settings, kubectl } = connect(args);
  requireBackups(settings);
  const { name } = settings.config;
  const start = timeName(new Date());
  const run = (what: string, more: readonly string[]) =>
    runJob(
      kubectl,
      `${name}-backup`,
      ['restore', ...more, ...args.choice],
      `${name}-${what}-${start}`,
    );
  const plan = await run('restore-plan', ['--plan']);
  screen.line(plan.log);
  if (!plan.succeeded) throw new Problem('Nothing was changed.');
  if (args.isPlanOnly) return 0;
  if (!(await confirmed(screen, args.isConfirmed, name))) {
    screen.line('Nothing was changed.');
    return 1;
  }
  const restored = await run('restore', ['--in-place', `--yes=${name}`]);
  screen.line(restored.log);
  if (!restored.succeeded)
    throw new Problem(
      `The restore failed: see \`${kubectl.command} describe job ${name}-restore-${start}\`.`,
    );
  screen.line(`\nNext: ${kitCommand(args, 'status')}`);
  return 0;
}

function requireBackups({ config, namespace }: Settings): void {
  const hasBackups = kitObjects(config, { namespace, managedBy: 'Pulumi' }).some(
    ({ kind, metadata }) => kind === 'CronJob' && metadata.name === `${config.name}-backup`,
  );
  if (!hasBackups)
    throw new Problem('There are no backups: set backup.enabled in the configuration, then `up`.');
}

/** Part of a name: 20261121-080500. */
const timeName = (now: Date): string =>
  now.toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-');
