// Where backups lie: a folder or a bucket. Both hold objects under flat names.
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BackupError } from './errors.ts';
import { FolderDestination } from './folder.ts';
import { isS3Url, parseS3Url } from './s3-url.ts';

export interface StoredObject {
  readonly name: string;
  readonly bytes: number;
  readonly modifiedAtMs: number;
}

/** All methods reject with BackupError, whose message says what to do. */
export interface Destination {
  /** For messages: without credentials. */
  readonly label: string;
  /** Fails where a write would fail at once: before a large copy is begun. */
  prepare(): Promise<void>;
  /** All objects, in no order. Uploads that are not complete are not among them. */
  list(): Promise<StoredObject[]>;
  /** Writes an object whose length nobody knows yet, and holds no more than a few parts of it. It appears whole or not at all. */
  write(name: string, content: AsyncIterable<Uint8Array>): Promise<void>;
  /** Replaces a small object in one step. */
  put(name: string, content: Uint8Array): Promise<void>;
  /** A small object. @throws BackupError NotFound */
  get(name: string): Promise<Uint8Array>;
  /** An object from byte `from` on. May end early with an error; see `readAll`. */
  read(name: string, from: number): AsyncIterable<Uint8Array>;
  /** Nothing happens when there is none. */
  remove(name: string): Promise<void>;
  /** Gives back what uploads that were cut off hold, when it is older than `olderThanMs`; returns how many. */
  sweep(olderThanMs: number): Promise<number>;
  close(): void;
}

/**
 * `/path`, `file:///path` or `s3://bucket/prefix?endpoint=…&region=…`.
 * @throws BackupError Destination when it is none of these
 */
export async function openDestination(url: string): Promise<Destination> {
  if (isS3Url(url)) {
    // The S3 client takes a while to load, and most calls of the program do not need it.
    const { S3Destination } = await import('./s3.ts');
    return new S3Destination(parseS3Url(url));
  }
  if (url.startsWith('file://')) {
    try {
      return new FolderDestination(fileURLToPath(url));
    } catch (error) {
      throw new BackupError('Destination', `${url}: ${String(error)}; write file:///path`);
    }
  }
  if (url === '' || /^[a-z][a-z0-9+.-]*:\/\//i.test(url)) {
    throw new BackupError(
      'Destination',
      `${JSON.stringify(url)} is no place for backups: give a folder (/path), or s3://bucket/prefix?endpoint=https://…&region=…`,
    );
  }
  return new FolderDestination(resolve(url));
}
