// What goes wrong with a backup, by code: messages are for people and may change.

export type BackupErrorCode =
  /** The destination can't be reached, refuses, or is full. */
  | 'Destination'
  /** There is no such object, or no backup that fits. */
  | 'NotFound'
  /** What is there is not what was saved. */
  | 'Damaged'
  /** The key is missing, malformed, or another one. */
  | 'Key'
  /** The cluster can't be reached, or gives nothing that can be pinned down. */
  | 'Source'
  /** A restore was refused before anything changed. */
  | 'Refused'
  /** A member did not do what a restore asked of it. */
  | 'Member';

export class BackupError extends Error {
  readonly code: BackupErrorCode;

  constructor(code: BackupErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'BackupError';
    this.code = code;
  }
}

export function isBackupError(error: unknown, code?: BackupErrorCode): error is BackupError {
  return error instanceof BackupError && (code === undefined || error.code === code);
}

export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
