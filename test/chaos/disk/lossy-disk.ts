// One member's disk that loses what was not synced: native/lossy-disk.c under the process, and what the tests do to it.
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readSync,
  realpathSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Launch } from '../../integration/support/member.ts';
import { powerFailure, type Losses, type Survival } from './rollback.ts';
import { readUndoLog } from './undo-log.ts';

const CONTROL_BYTES = 64;

/** Offsets in struct control of native/lossy-disk.h. */
const CHANGES_AT = 16;
const SYNCS_AT = 24;
const WORDS = {
  /** So many syncs to come fail with EIO. */
  failSyncs: 32,
  failWrites: 36,
  /** 1: what needs room fails with ENOSPC. */
  isFull: 40,
  /** 1: syncs succeed and make nothing safe. */
  isLying: 44,
  syncDelayUs: 48,
  crashAfter: 52,
  crashHow: 56,
} as const;
export type DiskFault = Exclude<keyof typeof WORDS, 'crashAfter' | 'crashHow'>;

const CRASHES = { before: 1, halfway: 2, after: 3 } as const;
export type CrashMoment = keyof typeof CRASHES;

export class LossyDisk {
  /** The member's files belong below it. */
  readonly root: string;
  readonly #state: string;
  readonly #library: string;

  /** @param folder does not exist yet */
  constructor(folder: string, library: string) {
    mkdirSync(join(folder, 'root'), { recursive: true });
    this.root = realpathSync(join(folder, 'root'));
    this.#state = join(folder, 'state');
    this.#library = library;
    mkdirSync(join(this.#state, 'grave'), { recursive: true });
    writeFileSync(join(this.#state, 'control'), Buffer.alloc(CONTROL_BYTES));
  }

  /** What a process needs to live on this disk. One at a time. */
  launch(): Launch {
    this.#trim();
    return {
      env: {
        LD_PRELOAD: this.#library,
        LOSSY_DISK_ROOT: this.root,
        LOSSY_DISK_STATE: this.#state,
        UV_USE_IO_URING: '0',
      },
    };
  }

  /** The machine goes off and on again; the process must be dead. Faults end. */
  losePower(survival: Survival): Losses {
    const log = this.#log;
    const records = existsSync(log) ? readUndoLog(log).records : [];
    const grave = join(this.#state, 'grave');
    const losses = powerFailure(this.root, grave, records, survival);
    rmSync(grave, { recursive: true });
    mkdirSync(grave);
    writeFileSync(log, '');
    this.mend();
    return losses;
  }

  set(fault: DiskFault, value: number): void {
    this.#write(WORDS[fault], value);
  }

  /** The process dies at its `count`th change or sync from now on. */
  crashAfter(count: number, moment: CrashMoment): void {
    this.#write(WORDS.crashHow, CRASHES[moment]);
    this.#write(WORDS.crashAfter, count);
  }

  mend(): void {
    for (const offset of Object.values(WORDS)) {
      if (offset !== WORDS.syncDelayUs) this.#write(offset, 0);
    }
  }

  /** Changes (of content and of names, and syncs) and syncs so far. */
  counters(): { changes: number; syncs: number } {
    return { changes: this.#read(CHANGES_AT), syncs: this.#read(SYNCS_AT) };
  }

  get #log(): string {
    return join(this.#state, 'log');
  }

  /** A killed process may have left half a record. */
  #trim(): void {
    if (existsSync(this.#log)) truncateSync(this.#log, readUndoLog(this.#log).length);
  }

  #write(offset: number, value: number): void {
    const bytes = Buffer.alloc(4);
    bytes.writeInt32LE(value);
    const file = openSync(join(this.#state, 'control'), 'r+');
    writeSync(file, bytes, 0, 4, offset);
    closeSync(file);
  }

  #read(offset: number): number {
    const bytes = Buffer.alloc(8);
    const file = openSync(join(this.#state, 'control'), 'r');
    readSync(file, bytes, 0, 8, offset);
    closeSync(file);
    return Number(bytes.readBigUInt64LE());
  }
}
