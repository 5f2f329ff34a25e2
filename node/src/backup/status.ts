// How the last run went, for whoever watches over it: a file, or in Kubernetes ConfigMap R-backup-status and Events. Members
// mount the ConfigMap and turn it into metrics; `binnacle doctor` reads it, too.
import { readFile, rename, writeFile } from 'node:fs/promises';
import {
  CONFIG_MAPS,
  EventRecorder,
  KubernetesApi,
  STATEFUL_SETS,
  isKubernetesError,
  type ConfigMap,
  type KitFile,
} from '../kubernetes/index.ts';
import { reasonOf } from './errors.ts';
import type { Manifest } from './manifest.ts';

/** Times are ISO 8601. What there has not been yet is null. */
export interface BackupStatus {
  readonly version: 1;
  readonly lastRunAt: string;
  readonly lastSuccessAt: string | null;
  /** The moment of which the newest verified backup is: not when it was verified. */
  readonly lastVerifiedAt: string | null;
  readonly lastVerified: null | {
    readonly name: string;
    readonly savedAt: string;
    readonly verifiedAt: string;
    readonly revision: number;
    readonly keys: number;
    readonly bytes: number;
    readonly verificationMs: number;
  };
  /** '' when the last run went well. */
  readonly lastError: string;
  readonly lastErrorAt: string | null;
  /** Complete backups at the destination, and those of them that are verified. */
  readonly backups: number;
  readonly verifiedBackups: number;
  readonly destination: string;
}

export interface RunResult {
  readonly backups: readonly Manifest[];
  readonly destination: string;
  readonly error: string;
}

/** @param before what the run before left; undefined at first */
export function statusAfter(
  before: Partial<BackupStatus> | undefined,
  { backups, destination, error }: RunResult,
  now: Date,
): BackupStatus {
  const at = now.toISOString();
  const newest = backups.find(({ verified }) => verified !== null);
  const verified = newest?.verified;
  return {
    version: 1,
    lastRunAt: at,
    lastSuccessAt: error === '' ? at : (before?.lastSuccessAt ?? null),
    lastVerifiedAt: newest?.savedAt ?? before?.lastVerifiedAt ?? null,
    lastVerified:
      newest === undefined || verified === undefined || verified === null
        ? (before?.lastVerified ?? null)
        : {
            name: newest.name,
            savedAt: newest.savedAt,
            verifiedAt: verified.at,
            revision: verified.revision,
            keys: verified.keys,
            bytes: newest.data.bytes,
            verificationMs: verified.tookMs,
          },
    lastError: error,
    lastErrorAt: error === '' ? (before?.lastErrorAt ?? null) : at,
    backups: backups.length,
    verifiedBackups: backups.filter((backup) => backup.verified !== null).length,
    destination,
  };
}

export interface StatusSink {
  read(): Promise<Partial<BackupStatus> | undefined>;
  write(status: BackupStatus): Promise<void>;
  /** Tells people; never fails. */
  tell(type: 'Normal' | 'Warning', reason: string, message: string): Promise<void>;
  close(): void;
}

/** A file that is whole or as it was. */
export function statusFile(path: string): StatusSink {
  return {
    read: async () => parse(await readFile(path, 'utf8').catch(() => undefined)),
    async write(status) {
      const temporary = `${path}.tmp-${process.pid}`;
      await writeFile(temporary, textOf(status), { mode: 0o644 });
      await rename(temporary, path);
    },
    tell: () => Promise.resolve(),
    close: () => {},
  };
}

const KEY = 'status.json';

/** The job's service account may read, create and patch the ConfigMap, and write Events. */
export function kubernetesStatus(
  { name, namespace }: KitFile,
  note: (line: string) => void,
  api: KubernetesApi = KubernetesApi.fromPod(),
): StatusSink {
  const target = { namespace, name: `${name}-backup-status` };
  const complain = (error: unknown): void => {
    note(`an Event could not be written: ${reasonOf(error)}`);
  };
  /** `kubectl describe` finds Events by the uid of what they are about. */
  const recorder = async (): Promise<EventRecorder> => {
    const found = await api.find(STATEFUL_SETS, { namespace, name });
    const uid = found?.metadata.uid;
    const about = { apiVersion: 'apps/v1', kind: 'StatefulSet', namespace, name };
    const reference = uid === undefined ? about : { ...about, uid };
    return new EventRecorder(api, reference, 'binnacle-backup', complain);
  };
  return {
    read: async () => parse((await api.find(CONFIG_MAPS, target))?.data?.[KEY]),
    async write(status) {
      const data = { [KEY]: textOf(status) };
      try {
        await api.patch(CONFIG_MAPS, target, 'merge', { data });
      } catch (error) {
        if (!isKubernetesError(error, 'NotFound')) throw error;
        await api.create(CONFIG_MAPS, statusObject(name, target, data));
      }
    },
    tell: (type, reason, message) =>
      recorder()
        .then((events) => events.record({ type, reason, message }))
        .catch(complain),
    close: () => api.close(),
  };
}

function statusObject(
  release: string,
  target: { readonly namespace: string; readonly name: string },
  data: Record<string, string>,
): ConfigMap {
  const labels = {
    'app.kubernetes.io/name': 'binnacle',
    'app.kubernetes.io/instance': release,
    'app.kubernetes.io/managed-by': 'binnacle',
  };
  return { metadata: { ...target, labels }, data };
}

function textOf(status: BackupStatus): string {
  return `${JSON.stringify(status, undefined, 2)}\n`;
}

/** It is written by earlier versions, too: what is no object is as good as none. */
function parse(text: string | undefined): Partial<BackupStatus> | undefined {
  try {
    const value: unknown = JSON.parse(text ?? '');
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
