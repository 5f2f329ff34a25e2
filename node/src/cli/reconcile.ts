// `binnacle reconcile`: the job that the kit runs in the cluster for certificates, the TLS policy and the volumes.
import { KubernetesApi, readKitFile } from '../kubernetes/index.ts';
import { reconcile } from '../reconcile/index.ts';
import { reportFailure } from './command-line/errors.ts';
import { boolFlag, parseLine, textFlag, type FlagSpec } from './command-line/flags.ts';

const DEFAULT_KIT_FILE = '/etc/binnacle/kit/kit.json';

const FLAGS: readonly FlagSpec[] = [
  boolFlag('once', 'Run once and exit, as is done anyway.'),
  boolFlag('dry-run', 'Print what would be done next, and do nothing.'),
  textFlag('gate-timeout', '5m', 'How long the members may take to load what a step wrote.'),
  textFlag(
    'client-grace',
    '90s',
    'How long a CA rotation waits between its steps for clients, whose kubelets refresh Secrets about once a minute.',
  ),
  boolFlag('help', 'Print this help and exit.'),
];

/** Reads $BINNACLE_KIT_FILE, and $BINNACLE_GATE_TIMEOUT and $BINNACLE_CLIENT_GRACE where the flags are not given. */
export async function runReconcile(argv: readonly string[]): Promise<void> {
  try {
    const { flags } = parseLine(argv, FLAGS, environmentOf);
    if (flags.bool('help')) return void process.stdout.write(helpText());
    const kit = await readKitFile(process.env['BINNACLE_KIT_FILE'] || DEFAULT_KIT_FILE);
    const api = KubernetesApi.fromPod();
    try {
      await reconcile(api, kit, {
        gateTimeoutMs: flags.durationMs('gate-timeout'),
        clientGraceMs: flags.durationMs('client-grace'),
        dryRun: flags.bool('dry-run'),
        print: (line) => process.stdout.write(`${new Date().toISOString()} ${line}\n`),
      });
    } finally {
      api.close();
    }
  } catch (error) {
    reportFailure(error);
  }
}

function environmentOf({ name, kind }: FlagSpec): string | undefined {
  if (kind === 'bool') return undefined;
  return process.env[`BINNACLE_${name.toUpperCase().replaceAll('-', '_')}`] || undefined;
}

function helpText(): string {
  const rows = FLAGS.map(({ name, fallback, kind, usage }) => {
    const title = kind === 'bool' ? `--${name}` : `--${name} '${fallback}'`;
    return `  ${title.padEnd(24)}${usage}`;
  });
  return [
    "Brings a release's certificates, TLS policy and volumes to what its kit.json asks for.",
    '',
    'Usage:',
    '  binnacle reconcile [flags]',
    '',
    'Flags:',
    ...rows,
    '',
  ].join('\n');
}
