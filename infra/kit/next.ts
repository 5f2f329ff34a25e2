// What to type next. Pure.
import type { Arguments } from './arguments.ts';
import type { Settings } from './settings.ts';

/** `npm run kit -- COMMAND`, with the flags that led here. */
export function kitCommand(args: Arguments, command: string): string {
  const { target, engine, stack, config } = args;
  const flags = [
    `--target ${target}`,
    ...(engine === 'pulumi' ? [] : [`--engine ${engine}`]),
    ...(stack === target ? [] : [`--stack ${stack}`]),
    ...(config === undefined ? [] : [`--config ${config}`]),
  ];
  return `npm run kit -- ${command} ${flags.join(' ')}`;
}

export function nextAfterUp(args: Arguments, { config }: Settings, kubectl: string): string[] {
  const { name, members, backup } = config;
  const more = members < 5 ? (members < 3 ? 3 : 5) : 3;
  return [
    '',
    'It serves. Next:',
    `  ${kitCommand(args, 'status')}`,
    `  ${kubectl} exec ${name}-0 -- binnacle ctl put greeting hello`,
    `  ${kitCommand(args, `scale ${more}`)}`,
    ...(config.tls.mode !== 'plain' && config.tls.issuer === 'self'
      ? [`  ${kitCommand(args, 'rotate')}`]
      : []),
    backup.enabled
      ? `  ${kitCommand(args, 'backup')}`
      : '  set backup.enabled in the configuration: there are no backups yet',
  ];
}

export function nextAfterDown(
  args: Arguments,
  { config, kindCluster }: Settings,
  kubectl: string,
): string[] {
  const label = `app.kubernetes.io/instance=${config.name}`;
  return [
    '',
    'The data is still there. To go on with it:',
    `  ${kitCommand(args, 'up')}`,
    'To give it up for good, with all backups that lie on a volume:',
    `  ${kubectl} delete pvc,configmap,secret -l ${label}`,
    ...(args.target === 'kind' ? [`  kind delete cluster --name ${kindCluster}`] : []),
  ];
}
