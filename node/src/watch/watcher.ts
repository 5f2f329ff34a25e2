// One watcher: what it wants, how far it has seen the store, and in which of the hub's groups it is.
import type { WatchId } from '../base/ids.ts';
import type { SharedEvent } from './shared-event.ts';
import type { WatchStream } from './stream.ts';

/** Sorts behind every key: the end of a range that has none. Keys are latin1, so this character is in none of them. */
export const END_OF_KEYS = '\uffff';

export interface WatchOptions {
  /** Latin1. */
  readonly key: string;
  /** Exclusive; undefined watches the one key, END_OF_KEYS everything from `key` on. */
  readonly end: string | undefined;
  /** First revision to report; 0 begins with the next one. May lie in the future. */
  readonly startRevision: number;
  /** Whether events carry what the key was before. */
  readonly prevKv: boolean;
  readonly noPut: boolean;
  readonly noDelete: boolean;
  readonly progressNotify: boolean;
  /** Whether a large response may be cut between events of one revision. */
  readonly fragment: boolean;
}

const MAX_SMALL_ID = BigInt(Number.MAX_SAFE_INTEGER);

/**
 * - synced: has seen every revision; new events go to it at once.
 * - behind: reads old events until it has caught up (etcd's unsynced).
 * - parked: its receiver is slow, so it keeps nothing but its revision and waits for room (etcd's victims).
 */
export type WatcherState = 'synced' | 'behind' | 'parked' | 'ended';

export class Watcher {
  readonly id: WatchId;
  /** The id as a number, −1 when it is none below 2^53: what most ids are is written without a bigint. */
  readonly smallId: number;
  readonly stream: WatchStream;
  readonly options: WatchOptions;
  /** Events before this revision are none of its business, or were delivered. */
  minRevision = 0;
  state: WatcherState = 'ended';
  /** No event since the last progress notification was due. */
  quiet = true;

  /** Where the index of its group holds it. */
  list: Watcher[] | undefined = undefined;
  slot = -1;
  /** Events found for it in the pass that is under way. */
  batch: SharedEvent[] | undefined = undefined;

  constructor(id: WatchId, stream: WatchStream, options: WatchOptions) {
    this.id = id;
    this.smallId = id >= 0n && id <= MAX_SMALL_ID ? Number(id) : -1;
    this.stream = stream;
    this.options = options;
  }

  /** What it holds, about. */
  get heldBytes(): number {
    return heldBytesOf(this.options);
  }

  wants(event: SharedEvent): boolean {
    return event.isDelete ? !this.options.noDelete : !this.options.noPut;
  }
}

const WATCHER_BYTES = 600;

/** What a watcher holds, about: a client can open any number, with keys of any length. */
export function heldBytesOf({ key, end }: WatchOptions): number {
  return WATCHER_BYTES + key.length + (end?.length ?? 0);
}
