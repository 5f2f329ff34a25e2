// Small files that are whole or not there, whatever happens while they are written.
import * as fs from 'node:fs';
import { dirname } from 'node:path';

/** For private keys and everything that only the owner should read. */
export const PRIVATE_MODE = 0o600;
export const PUBLIC_MODE = 0o644;

/** Replaces the file by way of a temporary one; it is durable when this returns. */
export function writeAtomically(path: string, content: string, mode: number): void {
  const temporary = `${path}.tmp-${process.pid}`;
  const file = fs.openSync(temporary, 'w', mode);
  try {
    fs.writeSync(file, content);
    fs.fsyncSync(file);
  } finally {
    fs.closeSync(file);
  }
  fs.chmodSync(temporary, mode); // a umask or a left-over may have given it another
  fs.renameSync(temporary, path);
  syncFolder(dirname(path));
}

/** Makes the entries of a folder durable. */
export function syncFolder(path: string): void {
  const folder = fs.openSync(path, 'r');
  try {
    fs.fsyncSync(folder);
  } finally {
    fs.closeSync(folder);
  }
}

/** The content, or undefined when there is no such file. */
export function readIfThere(path: string): string | undefined {
  try {
    return fs.readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** The last bytes of a file that may be large. */
export function readTail(path: string, bytes: number): string {
  const file = fs.openSync(path, 'r');
  try {
    const { size } = fs.fstatSync(file);
    const length = Math.min(size, bytes);
    const buffer = Buffer.alloc(length);
    const read = fs.readSync(file, buffer, 0, length, size - length);
    return buffer.toString('utf8', 0, read);
  } finally {
    fs.closeSync(file);
  }
}
