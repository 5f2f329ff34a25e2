// `binnacle backup`: verified backups of a running cluster in a folder or a bucket.
import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import {
  exportLines,
  kubernetesStatus,
  loadCatalog,
  openClient,
  openDestination,
  choose,
  prune,
  readSnapshot,
  run,
  save,
  statusFile,
  verify,
  withThrowaway,
  type Destination,
  type Manifest,
} from '../backup/index.ts';
import { sizeText } from '../base/index.ts';
import type { KitFile } from '../kubernetes/index.ts';
import {
  CLUSTER_FLAGS,
  KEY_FILE,
  RETENTION_FLAGS,
  accessOf,
  choiceFlags,
  choiceOf,
  destinationOf,
  keyOf,
  kitFile,
  oneArgument,
  retentionOf,
} from './backup/settings.ts';
import { runProgram, type Command } from './command-line/commands.ts';
import { boolFlag, textFlag, type Flags } from './command-line/flags.ts';
import { WRITE_OUT, formatOf, printRows } from './command-line/output.ts';

const DESTINATION = '[destination]';

const COMMANDS: readonly Command[] = [
  {
    name: 'save',
    parameters: DESTINATION,
    summary: 'Copies the database of a follower to a folder or bucket',
    flags: [KEY_FILE],
    run: (args, flags) => runSave(oneArgument(args, 'backup save', DESTINATION), flags),
  },
  {
    name: 'run',
    parameters: DESTINATION,
    summary: 'Saves, verifies and prunes, and records how it went: what a schedule starts',
    flags: [
      KEY_FILE,
      ...RETENTION_FLAGS,
      boolFlag('skip-verify', 'Do not restore the backup into a throwaway member.'),
      textFlag('status-file', 'backup-status.json', 'File that records how the last run went.'),
    ],
    run: (args, flags) => runSchedule(oneArgument(args, 'backup run', DESTINATION), flags),
  },
  {
    name: 'list',
    parameters: DESTINATION,
    summary: 'Lists the backups, newest first',
    run: (args, flags) => runList(oneArgument(args, 'backup list', DESTINATION), flags),
  },
  {
    name: 'verify',
    parameters: DESTINATION,
    summary: 'Restores a backup into a throwaway member and compares what it holds',
    flags: [
      textFlag('name', '', 'The backup of this name (default: the newest one).'),
      boolFlag('all', 'All that are not verified yet.'),
      KEY_FILE,
    ],
    run: (args, flags) => runVerify(oneArgument(args, 'backup verify', DESTINATION), flags),
  },
  {
    name: 'prune',
    parameters: DESTINATION,
    summary: 'Deletes old backups, and what uploads that were cut off left behind',
    flags: [...RETENTION_FLAGS, boolFlag('dry-run', 'Only say what would be deleted.')],
    run: (args, flags) => runPrune(oneArgument(args, 'backup prune', DESTINATION), flags),
  },
  {
    name: 'export',
    parameters: '[destination]',
    summary: 'Writes keys as NDJSON: of the running cluster, or of a backup',
    flags: [
      textFlag('revision', '0', 'The state at this revision (0: the newest).'),
      textFlag('prefix', '', 'Only keys that begin with this.'),
      textFlag('output', '-', 'A file in place of standard output.'),
      ...choiceFlags('at-revision'),
      KEY_FILE,
    ],
    run: (args, flags) => runExport(oneArgument(args, 'backup export', DESTINATION), flags),
  },
];

export async function runBackup(argv: readonly string[]): Promise<void> {
  await runProgram(
    {
      name: 'binnacle backup',
      summary:
        'Verified backups of a running cluster. A destination is a folder, or s3://bucket/prefix?endpoint=https://…&region=…',
      flags: [...CLUSTER_FLAGS, WRITE_OUT],
      environmentPrefix: 'ETCDCTL_',
      commands: COMMANDS,
    },
    argv,
  );
}

/** Progress goes to standard error: standard output is for results. */
function note(line: string): void {
  process.stderr.write(`${line}\n`);
}

async function withDestination<T>(
  given: string,
  kit: KitFile | undefined,
  work: (destination: Destination) => Promise<T>,
): Promise<T> {
  const destination = await openDestination(destinationOf(given, kit));
  try {
    return await work(destination);
  } finally {
    destination.close();
  }
}

async function runSave(given: string, flags: Flags): Promise<void> {
  const kit = await kitFile();
  const access = await accessOf(flags, kit);
  const key = await keyOf(flags, kit);
  await withDestination(given, kit, async (destination) => {
    const saved = await save(access, destination, { reason: 'manual', key, note });
    printBackups(flags, [saved]);
  });
}

async function runSchedule(given: string, flags: Flags): Promise<void> {
  const kit = await kitFile();
  const access = await accessOf(flags, kit);
  const url = destinationOf(given, kit);
  const status =
    kit === undefined ? statusFile(flags.text('status-file')) : kubernetesStatus(kit, note);
  try {
    const { backup } = await run({
      access,
      openDestination: () => openDestination(url),
      destinationLabel: url,
      readKey: () => keyOf(flags, kit),
      retention: retentionOf(flags, kit),
      verify: !flags.bool('skip-verify') && kit?.backup?.verify !== false,
      status,
      note,
    });
    printBackups(flags, [backup]);
  } finally {
    status.close();
  }
}

async function runList(given: string, flags: Flags): Promise<void> {
  await withDestination(given, await kitFile(), async (destination) => {
    const { backups, orphans, unreadable } = await loadCatalog(destination);
    printBackups(flags, backups);
    for (const { name } of orphans)
      note(`${name}: an upload without a manifest; it does not count`);
    for (const { object, reason } of unreadable) note(`${object}: ${reason}`);
  });
}

async function runVerify(given: string, flags: Flags): Promise<void> {
  const kit = await kitFile();
  const key = await keyOf(flags, kit);
  await withDestination(given, kit, async (destination) => {
    const catalog = await loadCatalog(destination);
    const name = flags.text('name');
    const choice = { ...(name === '' ? {} : { name }), allowUnverified: true };
    const chosen = flags.bool('all')
      ? catalog.backups.filter(({ verified, failed }) => verified === null && failed === null)
      : [choose(catalog, choice, destination.label)];
    const verified: Manifest[] = [];
    for (const one of chosen) verified.push(await verify(destination, one, { key }));
    printBackups(flags, verified);
  });
}

async function runPrune(given: string, flags: Flags): Promise<void> {
  const kit = await kitFile();
  await withDestination(given, kit, async (destination) => {
    const dryRun = flags.bool('dry-run');
    const pruned = await prune(destination, retentionOf(flags, kit), { dryRun });
    const verb = dryRun ? 'would delete' : 'deleted';
    for (const { name, data } of pruned.deleted) {
      process.stdout.write(`${verb} ${name} (${sizeText(data.bytes)})\n`);
    }
    const { length } = pruned.kept.backups;
    process.stdout.write(
      `${verb} ${pruned.deleted.length} backups and ${pruned.leftovers} leftovers of uploads; ${length} backups are kept\n`,
    );
  });
}

async function runExport(given: string, flags: Flags): Promise<void> {
  const kit = await kitFile();
  const options = { revision: flags.number('revision'), prefix: flags.text('prefix') };
  const output = flags.text('output');
  if (given === '') {
    const client = openClient(await accessOf(flags, kit));
    try {
      await writeLines(exportLines(client, options), output);
    } finally {
      client.close();
    }
    return;
  }
  const key = await keyOf(flags, kit);
  await withDestination(given, kit, async (destination) => {
    const backup = choose(
      await loadCatalog(destination),
      choiceOf(flags, 'at-revision'),
      destination.label,
    );
    const snapshot = readSnapshot(destination, backup, key);
    await withThrowaway(snapshot, ({ client, endpoint }) =>
      writeLines(exportLines(client, { ...options, endpoint }), output),
    );
  });
}

async function writeLines(lines: AsyncIterable<string>, output: string): Promise<void> {
  const target = output === '-' ? process.stdout : createWriteStream(output, { mode: 0o600 });
  let count = 0;
  for await (const line of lines) {
    count++;
    if (!target.write(line)) await once(target, 'drain');
  }
  if (target !== process.stdout) {
    target.end();
    await once(target, 'finish');
  }
  note(`${count} keys`);
}

function printBackups(flags: Flags, backups: readonly Manifest[]): void {
  const headers = ['name', 'revision', 'keys', 'size', 'saved from', 'encrypted', 'verified'];
  const rows = backups.map((backup) => [
    backup.name,
    String(backup.content.revision),
    String(backup.content.keys),
    sizeText(backup.data.bytes),
    `${backup.cluster.name}/${backup.member.name} (${backup.member.role})`,
    backup.encryption === null ? 'no' : backup.encryption.keyId,
    stateOf(backup),
  ]);
  if (formatOf(flags) === 'simple' && backups.length > 0) {
    process.stdout.write(alignedText([headers, ...rows]));
    return;
  }
  printRows(flags, { headers, rows, json: backups });
}

function stateOf({ verified, failed }: Manifest): string {
  if (failed !== null) return `FAILED: ${failed.reason}`;
  return verified === null ? 'not yet' : verified.at.replace(/\.\d+Z$/, 'Z');
}

function alignedText(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, i) =>
    Math.max(...rows.map((row) => (row[i] ?? '').length)),
  );
  return rows
    .map(
      (row) => `${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  ')}`.trimEnd() + '\n',
    )
    .join('');
}
