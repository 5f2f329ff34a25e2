// `binnacle util`: looks at and works on the files of a member that is not running, as etcdutl does.
import { sizeText } from '../base/index.ts';
import { Backend } from '../storage/index.ts';
import { exactly, runProgram, type Command } from './command-line/commands.ts';
import { UsageError } from './command-line/errors.ts';
import { boolFlag, textFlag, type Flags } from './command-line/flags.ts';
import { WRITE_OUT, printRows } from './command-line/output.ts';
import { check } from './util/check.ts';
import { hashKvOfFile } from './util/hash-kv.ts';
import { restoreSnapshot } from './util/restore.ts';
import { snapshotStatus } from './util/snapshot-status.ts';
import { walLines } from './util/wal-dump.ts';
import { pathsOf, requireFile, tool, whileLocked } from './util/world.ts';

const DEFAULT_PEER_URL = 'http://localhost:2380';
const WAL_DIR = textFlag(
  'wal-dir',
  '',
  'Folder of the write-ahead log (default: in the data directory).',
);

const COMMANDS: readonly Command[] = [
  {
    name: 'check',
    parameters: '<data-dir|filename>',
    summary: 'Reports what is wrong with a database file or a data directory',
    run: async (args) => runCheck(exactly(args, 'check', '<data-dir|filename>')[0] ?? ''),
  },
  {
    name: 'snapshot status',
    parameters: '<filename>',
    summary: 'Gets the status of a snapshot file',
    run: async (args, flags) =>
      runStatus(exactly(args, 'snapshot status', '<filename>')[0] ?? '', flags),
  },
  {
    name: 'snapshot restore',
    parameters: '<filename>',
    summary: 'Makes the data directory of a new cluster from a snapshot file',
    flags: [
      textFlag('data-dir', '', 'The data directory to make (default: NAME.etcd).'),
      WAL_DIR,
      textFlag('name', 'default', 'Name of this member.'),
      textFlag('initial-cluster', '', 'NAME=URL,… of all members (default: this one).'),
      textFlag('initial-cluster-token', 'etcd-cluster', 'Token of the new cluster.'),
      textFlag('initial-advertise-peer-urls', DEFAULT_PEER_URL, 'Peer URLs of this member.'),
      boolFlag('skip-hash-check', 'Accept a file without a SHA-256: a copy of a database.'),
      textFlag('bump-revision', '0', 'Added to the latest revision.'),
      boolFlag(
        'mark-compacted',
        'Mark the bumped revision as compacted; goes with --bump-revision.',
      ),
    ],
    run: async (args, flags) =>
      runRestore(exactly(args, 'snapshot restore', '<filename>')[0] ?? '', flags),
  },
  {
    name: 'hashkv',
    parameters: '<filename>',
    summary: 'Prints the hash of the keys and their history in a file',
    flags: [textFlag('rev', '0', 'Hash up to this revision (0: the latest).')],
    run: async (args, flags) => runHashKv(exactly(args, 'hashkv', '<filename>')[0] ?? '', flags),
  },
  {
    name: 'defrag',
    summary: 'Gives back the unused space of a database',
    flags: [textFlag('data-dir', '', 'The data directory, of a member that does not run.')],
    run: async (args, flags) => {
      exactly(args, 'defrag');
      await runDefragment(flags.text('data-dir'));
    },
  },
  {
    name: 'wal dump',
    parameters: '<data-dir>',
    summary: 'Prints the write-ahead log as JSON, a line an entry',
    flags: [WAL_DIR],
    run: async (args, flags) => {
      const [dataDir = ''] = exactly(args, 'wal dump', '<data-dir>');
      for await (const line of walLines(tool(), dataDir, flags.text('wal-dir')))
        process.stdout.write(line);
    },
  },
];

export async function runUtil(argv: readonly string[]): Promise<void> {
  await runProgram(
    {
      name: 'binnacle util',
      summary: 'Works on the files of a member that does not run.',
      flags: [WRITE_OUT],
      commands: COMMANDS,
    },
    argv,
  );
}

async function runCheck(path: string): Promise<void> {
  const { checked, problems } = await check(tool(), path);
  for (const problem of problems) process.stdout.write(`${problem}\n`);
  if (problems.length > 0) throw new Error(`${path}: ${problems.length} problems found`);
  for (const one of checked) process.stdout.write(`${one}: ok\n`);
}

async function runStatus(path: string, flags: Flags): Promise<void> {
  const status = await snapshotStatus(tool(), path);
  const { hash, revision, totalKey, totalSize, version } = status;
  printRows(flags, {
    headers: ['hash', 'revision', 'total keys', 'total size', 'version'],
    rows: [[hash.toString(16), `${revision}`, `${totalKey}`, sizeText(totalSize), version]],
    json: { hash, revision, totalKey, totalSize, version },
  });
}

async function runHashKv(path: string, flags: Flags): Promise<void> {
  const { hash, hashRevision, compactRevision } = await hashKvOfFile(
    tool(),
    path,
    flags.number('rev'),
  );
  printRows(flags, {
    headers: ['hash', 'hash revision', 'compact revision'],
    rows: [[`${hash}`, `${hashRevision}`, `${compactRevision}`]],
    json: { hash, hashRevision, compactRevision },
  });
}

async function runRestore(snapshot: string, flags: Flags): Promise<void> {
  const bumpRevision = flags.number('bump-revision');
  if (bumpRevision < 0 || bumpRevision > 0 !== flags.bool('mark-compacted'))
    throw new UsageError('--mark-compacted required if --bump-revision > 0');
  const name = flags.text('name');
  await restoreSnapshot(tool(), {
    snapshot,
    name,
    dataDir: flags.text('data-dir') || `${name}.etcd`,
    walDir: flags.text('wal-dir'),
    initialCluster: flags.text('initial-cluster') || `${name}=${DEFAULT_PEER_URL}`,
    initialClusterToken: flags.text('initial-cluster-token'),
    advertisePeerUrls: flags.list('initial-advertise-peer-urls'),
    skipHashCheck: flags.bool('skip-hash-check'),
    bumpRevision,
  });
}

async function runDefragment(dataDir: string): Promise<void> {
  if (dataDir === '') throw new UsageError('required flag(s) "data-dir" not set');
  const utility = tool();
  const paths = pathsOf(dataDir);
  await requireFile(utility, paths.database);
  await whileLocked(utility, paths, async () => {
    const backend = await Backend.open(utility.world, paths.database, { logger: utility.logger });
    try {
      await backend.defragment();
    } finally {
      await backend.close();
    }
  });
}
