// What the backend refuses to work with.

const REMEDY =
  'do not start the member on it: restore a snapshot, or remove the member, empty its data folder and add it again';

/** The file's structure is damaged. Nothing of the damaged page has been used. */
export class BackendCorruptError extends Error {
  readonly path: string;
  /** Number of the page. */
  readonly pageId: number;
  /** Bytes from the start of the file. */
  readonly offset: number;

  constructor(path: string, pageId: number, offset: number, what: string) {
    super(`${path}: page ${pageId}, offset ${offset}: ${what}; ${REMEDY}`);
    this.name = 'BackendCorruptError';
    this.path = path;
    this.pageId = pageId;
    this.offset = offset;
  }
}

/** The file is sound, but uses something of bbolt that etcd never writes. */
export class BackendUnsupportedError extends Error {
  readonly path: string;

  constructor(path: string, what: string) {
    super(`${path}: ${what}; etcd never writes such a file, so it is not a member's database`);
    this.name = 'BackendUnsupportedError';
    this.path = path;
  }
}
