// `binnacle backup run`: what a schedule starts. Saves, verifies, prunes, and says how it went, also when it went badly.
import type { ClusterAccess } from './access.ts';
import { loadCatalog } from './catalog.ts';
import type { Destination } from './destination.ts';
import type { SealingKey } from './encryption.ts';
import { reasonOf } from './errors.ts';
import type { Manifest } from './manifest.ts';
import { prune, type Pruned } from './prune.ts';
import type { Retention } from './retention.ts';
import { save } from './save.ts';
import { statusAfter, type StatusSink } from './status.ts';
import { verify } from './verify.ts';

export interface RunOptions {
  readonly access: ClusterAccess;
  /** Opened by the run, so that a bad one is reported as any other failure. */
  readonly openDestination: () => Promise<Destination>;
  readonly destinationLabel: string;
  readonly readKey: () => Promise<SealingKey | undefined>;
  readonly retention: Retention;
  /** Off: backups count without having been restored. */
  readonly verify: boolean;
  readonly status: StatusSink;
  readonly note: (line: string) => void;
}

export interface RunReport {
  readonly backup: Manifest;
  readonly pruned: Pruned;
}

/** @throws BackupError after the status has been written; what went well before it stays */
export async function run(options: RunOptions): Promise<RunReport> {
  const { status, note } = options;
  let destination: Destination | undefined;
  try {
    const key = await options.readKey();
    destination = await options.openDestination();
    const report = await work(options, destination, key);
    await record(options, destination, '');
    const { name, data, verified } = report.backup;
    if (verified !== null) {
      await status.tell(
        'Normal',
        'BackupVerified',
        `${name}: restored into a throwaway member and compared: revision ${verified.revision}, ${verified.keys} keys, ${data.bytes} bytes, in ${verified.tookMs} ms`,
      );
    }
    return report;
  } catch (error) {
    await record(options, destination, reasonOf(error)).catch((problem: unknown) => {
      note(`the status could not be written: ${reasonOf(problem)}`);
    });
    await status.tell('Warning', 'BackupFailed', reasonOf(error));
    throw error;
  } finally {
    destination?.close();
  }
}

async function work(
  { access, retention, note, verify: wanted }: RunOptions,
  destination: Destination,
  key: SealingKey | undefined,
): Promise<RunReport> {
  let backup = await save(access, destination, { reason: 'scheduled', key, note });
  note(`saved ${backup.name}: revision ${backup.content.revision}, ${backup.data.bytes} bytes`);
  if (wanted) {
    backup = await verify(destination, backup, { key, source: access });
    note(`verified ${backup.name} in ${backup.verified?.tookMs ?? 0} ms`);
  }
  const pruned = await prune(destination, retention);
  for (const { name } of pruned.deleted) note(`deleted ${name}`);
  return { backup, pruned };
}

async function record(
  { status, destinationLabel }: RunOptions,
  destination: Destination | undefined,
  error: string,
): Promise<void> {
  const before = await status.read();
  // Where the destination is what failed, what was known before still holds.
  const catalog =
    destination === undefined ? undefined : await loadCatalog(destination).catch(() => undefined);
  const result = { backups: catalog?.backups ?? [], destination: destinationLabel, error };
  const after = statusAfter(before, result, new Date());
  const counts =
    catalog === undefined
      ? { backups: before?.backups ?? 0, verifiedBackups: before?.verifiedBackups ?? 0 }
      : {};
  await status.write({ ...after, ...counts });
}
