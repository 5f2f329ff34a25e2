// `binnacle restore`: a backup into the data directories of a new cluster, or in place over a running one.
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import {
  RestoreRecord,
  choose,
  loadCatalog,
  openDestination,
  planRestore,
  restoreInPlace,
  restoreNew,
  save,
  type ClusterAccess,
  type Destination,
  type Manifest,
  type RestorePlan,
  type SealingKey,
} from '../backup/index.ts';
import { durationText } from '../base/index.ts';
import { KubernetesApi, type KitFile } from '../kubernetes/index.ts';
import {
  CLUSTER_FLAGS,
  KEY_FILE,
  accessOf,
  choiceFlags,
  choiceOf,
  destinationOf,
  keyOf,
  kitFile,
} from './backup/settings.ts';
import { UsageError } from './command-line/errors.ts';
import { runProgram } from './command-line/commands.ts';
import { boolFlag, textFlag, type FlagSpec, type Flags } from './command-line/flags.ts';
import { planText } from './restore/plan-text.ts';

/** As etcd's guide to disaster recovery has it: more than a week of 1,500 writes a second. */
const DEFAULT_BUMP = '1000000000';

const FLAGS: readonly FlagSpec[] = [
  textFlag(
    'from',
    '',
    'Where the backups are: a folder, or s3://bucket/prefix?endpoint=…&region=….',
  ),
  ...choiceFlags('revision'),
  KEY_FILE,
  textFlag(
    'bump-revision',
    DEFAULT_BUMP,
    'How far revisions jump, the past marked as compacted; 0: not at all.',
  ),
  boolFlag('in-place', 'Over the running cluster.'),
  textFlag('yes', '', "The cluster's name: do not ask."),
  boolFlag('plan', 'Only show what --in-place would do.'),
  boolFlag('no-safety-backup', 'Take no backup of the present state first.'),
  boolFlag(
    'allow-absent',
    'Restore without members that do not answer (in Kubernetes they join anew).',
  ),
  textFlag('peer-cacert', '', 'CA of the peer ports (default: --cacert).'),
  textFlag('peer-cert', '', 'Certificate for the peer ports (default: --cert).'),
  textFlag('peer-key', '', 'Its key.'),
  textFlag(
    'data-dir',
    '',
    'For a new cluster: the folder of the one member, or of all (DIR/NAME).',
  ),
  textFlag(
    'initial-cluster',
    'default=http://localhost:2380',
    'For a new cluster: NAME=URL,… of all members.',
  ),
  textFlag('initial-cluster-token', 'etcd-cluster', 'For a new cluster: its token.'),
  textFlag('member', '', 'For a new cluster: make only the data of this member.'),
];

export async function runRestore(argv: readonly string[]): Promise<void> {
  await runProgram(
    {
      name: 'binnacle',
      summary: 'Restores a backup.',
      flags: CLUSTER_FLAGS,
      environmentPrefix: 'ETCDCTL_',
      commands: [
        {
          name: 'restore',
          summary:
            'Restores a backup into a new cluster (--data-dir), or over a running one (--in-place)',
          flags: FLAGS,
          run: (args, flags) => restore(args, flags),
        },
      ],
    },
    ['restore', ...argv],
  );
}

async function restore(args: readonly string[], flags: Flags): Promise<void> {
  if (args.length > 0) throw new UsageError(`restore takes no argument: ${args.join(' ')}`);
  const inPlace = flags.bool('in-place') || flags.bool('plan');
  if (inPlace === (flags.text('data-dir') !== '')) {
    throw new UsageError(
      'where to? Either --in-place, over the running cluster, or --data-dir, for a new one',
    );
  }
  if (flags.number('bump-revision') < 0) throw new UsageError('--bump-revision is 0 or more');
  const kit = await kitFile();
  const key = await keyOf(flags, kit);
  const destination = await openDestination(destinationOf(flags.text('from'), kit));
  try {
    const catalog = await loadCatalog(destination);
    const backup = choose(catalog, choiceOf(flags, 'revision'), destination.label);
    if (inPlace) await overRunning({ flags, kit, key, destination, backup });
    else await intoNew(flags, destination, backup, key);
  } finally {
    destination.close();
  }
}

async function intoNew(
  flags: Flags,
  destination: Destination,
  backup: Manifest,
  key: SealingKey | undefined,
): Promise<void> {
  const initialCluster = flags.text('initial-cluster');
  const names = initialCluster.split(',').map((pair) => pair.split('=')[0]?.trim() ?? '');
  const all = [...new Set(names)];
  const only = flags.text('member');
  if (only !== '' && !all.includes(only)) {
    throw new UsageError(`--member ${only} is not in --initial-cluster ${initialCluster}`);
  }
  const wanted = only === '' ? all : [only];
  const folder = flags.text('data-dir');
  const dataDirs = new Map(
    wanted.map((name) => [name, wanted.length === 1 ? folder : join(folder, name)]),
  );
  const revision = await restoreNew(destination, backup, key, {
    initialCluster,
    token: flags.text('initial-cluster-token'),
    dataDirs,
    revisionBump: flags.number('bump-revision'),
  });
  const lines = [...dataDirs].map(([name, dataDir]) => `  ${name}: ${dataDir}`);
  process.stdout.write(
    `Restored ${backup.name}: ${backup.content.keys} keys, revision ${revision}\n${lines.join('\n')}\n`,
  );
}

interface InPlace {
  readonly flags: Flags;
  readonly kit: KitFile | undefined;
  readonly key: SealingKey | undefined;
  readonly destination: Destination;
  readonly backup: Manifest;
}

async function overRunning({ flags, kit, key, destination, backup }: InPlace): Promise<void> {
  const access = withPeerFiles(await accessOf(flags, kit), flags);
  const api = kit === undefined ? undefined : KubernetesApi.fromPod();
  const record = kit === undefined || api === undefined ? undefined : new RestoreRecord(api, kit);
  try {
    const plan = await planRestore(access, backup, {
      bump: flags.number('bump-revision'),
      generationFloor: (await record?.generation()) ?? 0,
      allowAbsent: flags.bool('allow-absent'),
    });
    const wantsSafety = !flags.bool('no-safety-backup');
    process.stdout.write(planText(plan, wantsSafety ? destination.label : undefined, new Date()));
    if (flags.bool('plan')) return;
    if (!(await isConfirmed(plan, flags.text('yes')))) {
      process.stdout.write('Nothing was changed.\n');
      process.exitCode = 1;
      return;
    }
    if (wantsSafety) {
      const { name } = await save(access, destination, { reason: 'before-restore', key, note });
      note(`the present state is in ${name}`);
    }
    const { pauseMs, revision, clusterId } = await restoreInPlace(plan, {
      access,
      destination,
      key,
      record: record && ((generation, id) => record.write(generation, id, backup.name)),
      note,
    });
    process.stdout.write(
      `Restored ${backup.name}: revision ${revision}, cluster ${clusterId}, generation ${plan.generation}; the first read was answered ${durationText(pauseMs)} after the commit\n`,
    );
  } finally {
    api?.close();
  }
}

function note(line: string): void {
  process.stderr.write(`${line}\n`);
}

function withPeerFiles(access: ClusterAccess, flags: Flags): ClusterAccess {
  const [caFile, certFile, keyFile] = [
    flags.text('peer-cacert'),
    flags.text('peer-cert'),
    flags.text('peer-key'),
  ];
  if (caFile + certFile + keyFile === '') return access;
  if ((certFile === '') !== (keyFile === '')) {
    throw new UsageError('--peer-cert and --peer-key go together');
  }
  const client = access.tls?.client ?? {};
  const peer = {
    ...(access.tls?.peer ?? client),
    ...(caFile === '' ? {} : { caFile }),
    ...(certFile === '' ? {} : { certFile, keyFile }),
  };
  return { ...access, tls: { client, peer } };
}

/** @throws UsageError when nobody can be asked, or another cluster was meant */
async function isConfirmed({ cluster }: RestorePlan, yes: string): Promise<boolean> {
  if (yes !== '') {
    if (yes === cluster) return true;
    throw new UsageError(`--yes=${yes}, but the cluster is called ${cluster}: nothing was changed`);
  }
  if (!process.stdin.isTTY) {
    throw new UsageError(`nobody can be asked here: confirm with --yes=${cluster}`);
  }
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  try {
    const answer = await lines.question(`Type the cluster's name (${cluster}) to restore: `);
    return answer.trim() === cluster;
  } finally {
    lines.close();
  }
}
