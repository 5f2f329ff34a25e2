// What a log can be refused for.

/**
 * The log is damaged where no interrupted write can have damaged it. Acknowledged entries may be lost, so the member
 * must not start on it.
 */
export class WalCorruptError extends Error {
  readonly path: string;
  /** Bytes from the start of the file to the record (or length field) that is wrong. */
  readonly offset: number;
  readonly reason: string;

  constructor(path: string, offset: number, reason: string) {
    super(
      `write-ahead log is corrupt: ${path} at byte ${offset}: ${reason}. ` +
        'This member must not start on it: remove the member from the cluster, empty its data directory and add it ' +
        'again, or restore the directory from a backup; check the disk.',
    );
    this.name = 'WalCorruptError';
    this.path = path;
    this.offset = offset;
    this.reason = reason;
  }
}

/** What is there of the log is intact, but it lacks a part, or does not belong to the snapshot. */
export class WalMismatchError extends Error {
  readonly folder: string;

  constructor(folder: string, reason: string) {
    super(
      `write-ahead log in ${folder} does not fit: ${reason}. ` +
        'Put back what is missing, or restore this member from the others: remove it, and add it again with an empty ' +
        'data directory',
    );
    this.name = 'WalMismatchError';
    this.folder = folder;
  }
}
