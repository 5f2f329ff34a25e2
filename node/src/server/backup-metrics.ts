// What the backup job last told (--backup-status-file), among the metrics: an alert on a backup that grows old needs nothing
// but the members. Without the file, or while it can't be understood, there are no such metrics.
import { readFile } from 'node:fs/promises';
import { Gauge, type Registry } from 'prom-client';

interface Status {
  /** Unix seconds of the moment that the newest verified backup shows. */
  readonly verifiedSeconds: number;
  readonly revision: number;
  readonly bytes: number;
  readonly keys: number;
}

const GAUGES: readonly (readonly [name: string, help: string, of: (status: Status) => number])[] = [
  [
    'binnacle_backup_last_verified_timestamp_seconds',
    'Unix time of which the newest backup is that was restored and checked.',
    (status) => status.verifiedSeconds,
  ],
  [
    'binnacle_backup_last_verified_revision',
    'Revision of the newest verified backup.',
    (status) => status.revision,
  ],
  [
    'binnacle_backup_last_verified_size_bytes',
    'Size of the newest verified backup.',
    (status) => status.bytes,
  ],
  [
    'binnacle_backup_last_verified_keys',
    'Keys in the newest verified backup.',
    (status) => status.keys,
  ],
];

/** Reads the file whenever somebody asks for the metrics. */
export function showBackups(registry: Registry, path: string): void {
  for (const [name, help, of] of GAUGES) {
    new Gauge({
      name,
      help,
      registers: [registry],
      async collect() {
        const status = await readStatus(path);
        // A gauge without a value is not shown; one that is 0 would be a backup of 1970.
        if (status === undefined) this.remove();
        else this.set(of(status));
      },
    });
  }
}

async function readStatus(path: string): Promise<Status | undefined> {
  try {
    const { lastVerified } = JSON.parse(await readFile(path, 'utf8')) as {
      lastVerified?: Readonly<Record<string, unknown>> | null;
    }; // each field is checked below
    const verifiedSeconds = Date.parse(String(lastVerified?.['savedAt'])) / 1000;
    if (lastVerified === undefined || lastVerified === null || Number.isNaN(verifiedSeconds)) {
      return undefined;
    }
    const number = (field: string): number => Number(lastVerified[field] ?? 0);
    return {
      verifiedSeconds,
      revision: number('revision'),
      bytes: number('bytes'),
      keys: number('keys'),
    };
  } catch {
    return undefined;
  }
}
