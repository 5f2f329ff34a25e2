// The world outside: time, randomness, disk. Pure rooms get it handed in, so that a run can be replayed from a seed.
// The real ones are in platform/.

/** A timer that was set; `cancel` is harmless after it fired. */
export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Milliseconds since the Unix epoch. It may jump. */
  wallMs(): number;
  /** Milliseconds since some fixed moment; never goes back. */
  monotonicMs(): number;
  /** Calls `callback` once, after at least `delayMs`. */
  after(delayMs: number, callback: () => void): Timer;
  /** Resolves after the events that are already queued have been handled: long work is cut into slices with it. */
  yieldNow(): Promise<void>;
  /** Calls `callback` once, after the events that are already queued have been handled. */
  soon(callback: () => void): void;
}

export interface Random {
  uint32(): number;
  /** `length` bytes that an attacker cannot guess. */
  bytes(length: number): Uint8Array;
}

export type OpenMode = 'read' | 'readWrite' | 'create';

/** An open file. Positions and lengths are bytes. Failed writes and syncs are never retried: the caller ends the process. */
export interface DiskFile {
  readonly path: string;
  size(): number;
  /** Reads synchronously; returns the number of bytes read, less than the target's length only at the end of the file. */
  readAt(target: Uint8Array, position: number): number;
  /** Reads in the thread pool; otherwise like readAt. */
  readAtAsync(target: Uint8Array, position: number): Promise<number>;
  /** Writes all of `source`, or rejects. */
  writeAt(source: Uint8Array, position: number): Promise<void>;
  /** Writes all of `sources` one behind the other, or rejects. In the thread pool, however short they are. */
  writevAt(sources: readonly Uint8Array[], position: number): Promise<void>;
  /** Cuts or extends the file (with a hole). */
  truncate(size: number): Promise<void>;
  /**
   * fdatasync: content and size are on the disk when it resolves. `isAlone`: nobody here has anything else to do meanwhile, so
   * a disk that is known to be quick may be waited for in place.
   */
  datasync(isAlone?: boolean): Promise<void>;
  close(): Promise<void>;
}

export interface Disk {
  /** 'create' makes or keeps the file and opens it for reading and writing. Rejects with an Error whose `code` is POSIX's (ENOENT, …). */
  open(path: string, mode: OpenMode): Promise<DiskFile>;
  exists(path: string): Promise<boolean>;
  /** Names in the folder, sorted. */
  list(path: string): Promise<string[]>;
  /** Makes the folder and its parents, owner-only. They survive a power failure when it resolves, whoever made them. */
  makeFolder(path: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  /** Removes a folder with everything in it; nothing happens when there is none. */
  removeFolder(path: string): Promise<void>;
  /** Syncs the folder's entries: a created or renamed file survives a power failure only after this. */
  syncFolder(path: string): Promise<void>;
  /** Takes an exclusive lock that ends with the process; rejects when another process holds it. */
  lock(path: string): Promise<{ release(): Promise<void> }>;
}

/** The world a member lives in. */
export interface World {
  readonly clock: Clock;
  readonly random: Random;
  readonly disk: Disk;
}
