// Which cluster and which destination a command means: what the line says, else what the kit's job file says, else the cluster
// that `npm start` runs in this folder.
import {
  kitCluster,
  kitDestination,
  localCluster,
  readKeyFile,
  type Choice,
  type ClusterAccess,
  type Retention,
  type SealingKey,
} from '../../backup/index.ts';
import { readKitFile, type KitFile } from '../../kubernetes/index.ts';
import { UsageError } from '../command-line/errors.ts';
import { boolFlag, textFlag, type FlagSpec, type Flags } from '../command-line/flags.ts';

export const CLUSTER_FLAGS: readonly FlagSpec[] = [
  textFlag(
    'endpoints',
    '',
    'Client URLs of members (default: the cluster that npm start runs here).',
  ),
  textFlag('cacert', '', 'CA that servers are checked against.'),
  textFlag('cert', '', 'Certificate to show to servers.'),
  textFlag('key', '', 'Its key.'),
  textFlag(
    'cluster-name',
    '',
    'What the cluster is called (default: as npm start or the kit calls it).',
  ),
];

export const KEY_FILE = textFlag(
  'encryption-key-file',
  '',
  'File with 32 bytes, as they are, in hex or base64: encrypts or decrypts the data (AES-256-GCM).',
);

export const RETENTION_FLAGS: readonly FlagSpec[] = [
  textFlag('keep', '28', 'How many backups are kept; 0 is no limit.'),
  textFlag('keep-days', '30', 'How many days backups are kept; 0 is no limit.'),
];

/** @param revision the name of the flag that chooses by revision */
export const choiceFlags = (revision: string): readonly FlagSpec[] => [
  boolFlag('latest', 'The newest verified backup; so it is without any other choice.'),
  textFlag('name', '', 'The backup of this name.'),
  textFlag(
    'time',
    '',
    'The newest verified backup of this moment or before (2026-11-21T07:00:00Z).',
  ),
  textFlag(revision, '', 'The newest verified backup with this revision or less.'),
  boolFlag('allow-unverified', 'Choose among backups that were never verified, too.'),
];

/** The job's file; undefined outside the kit's jobs. @throws KitFileError */
export async function kitFile(): Promise<KitFile | undefined> {
  const path = process.env['BINNACLE_KIT_FILE'] ?? '';
  return path === '' ? undefined : readKitFile(path);
}

/** @throws UsageError when there is no cluster */
export async function accessOf(flags: Flags, kit: KitFile | undefined): Promise<ClusterAccess> {
  const found = await clusterOf(flags, kit);
  const name = flags.text('cluster-name');
  return name === '' ? found : { ...found, name };
}

async function clusterOf(flags: Flags, kit: KitFile | undefined): Promise<ClusterAccess> {
  const endpoints = flags.list('endpoints');
  if (endpoints.length > 0) return givenCluster(flags, endpoints);
  if (kit !== undefined) return kitCluster(kit);
  const local = await localCluster(process.cwd());
  if (local !== undefined) return local;
  throw new UsageError(
    'which cluster? Give --endpoints, or call this in the folder in which npm start runs one',
  );
}

function givenCluster(flags: Flags, endpoints: readonly string[]): ClusterAccess {
  const [caFile, certFile, keyFile] = [flags.text('cacert'), flags.text('cert'), flags.text('key')];
  if ((certFile === '') !== (keyFile === '')) throw new UsageError('--cert and --key go together');
  const isSecure =
    caFile !== '' || certFile !== '' || endpoints.some((one) => one.startsWith('https://'));
  const tls = {
    ...(caFile === '' ? {} : { caFile }),
    ...(certFile === '' ? {} : { certFile, keyFile }),
  };
  return {
    kind: 'endpoints',
    name: 'binnacle',
    endpoints,
    tls: isSecure ? { client: tls, peer: tls } : undefined,
  };
}

/** The destination's URL. @throws UsageError when none is given */
export function destinationOf(given: string, kit: KitFile | undefined): string {
  if (given !== '') return given;
  if (kit !== undefined && kit.backup !== null) return kitDestination(kit.backup);
  throw new UsageError(
    "where are the backups? Name a folder, or 's3://bucket/prefix?endpoint=https://…&region=…'",
  );
}

/** @throws BackupError Key */
export async function keyOf(
  flags: Flags,
  kit: KitFile | undefined,
): Promise<SealingKey | undefined> {
  const path = flags.text('encryption-key-file') || kit?.backup?.encryptionKeyFile || '';
  return path === '' ? undefined : readKeyFile(path);
}

/** In the kit's jobs its file decides. */
export function retentionOf(flags: Flags, kit: KitFile | undefined): Retention {
  if (kit !== undefined && kit.backup !== null) return kit.backup.retention;
  const [count, days] = [flags.number('keep'), flags.number('keep-days')];
  if (count < 0 || days < 0) throw new UsageError('--keep and --keep-days are 0 or more');
  return { count, days };
}

/** @throws UsageError when more than one thing is asked for */
export function choiceOf(flags: Flags, revisionFlag: string): Choice {
  const [name, time, revision] = [flags.text('name'), flags.text('time'), flags.text(revisionFlag)];
  const given = [name, time, revision].filter((one) => one !== '').length;
  if (given + Number(flags.bool('latest')) > 1) {
    throw new UsageError(`give one of --latest, --name, --time and --${revisionFlag}`);
  }
  const at = new Date(time);
  if (time !== '' && Number.isNaN(at.getTime())) {
    throw new UsageError(`--time ${time}: write it as 2026-11-21T07:00:00Z`);
  }
  return {
    ...(name === '' ? {} : { name }),
    ...(time === '' ? {} : { time: at }),
    ...(revision === '' ? {} : { revision: flags.number(revisionFlag) }),
    allowUnverified: flags.bool('allow-unverified'),
  };
}

/** At most one argument. */
export function oneArgument(args: readonly string[], command: string, name: string): string {
  if (args.length <= 1) return args[0] ?? '';
  throw new UsageError(`${command} takes one argument: ${name}`);
}
