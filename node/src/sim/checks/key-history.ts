// What clients did and saw: the input of the linearizability checker.

/** One request on one key. Written values are unique within a history, so that a read tells whose write it saw. */
export type KvOperation =
  | { readonly kind: 'get' }
  | { readonly kind: 'put'; readonly value: string }
  | { readonly kind: 'delete' }
  /** Puts `value` when the key holds `expected` (undefined: when there is no such key). */
  | {
      readonly kind: 'compareAndSwap';
      readonly expected: string | undefined;
      readonly value: string;
    };

/** A key's value, and how often it was written since its creation: a write that is executed twice shows in it. */
export interface VersionedValue {
  readonly value: string;
  readonly version: number;
}

/** What the member answered. */
export type KvResult =
  | { readonly kind: 'get'; readonly found: VersionedValue | undefined }
  | { readonly kind: 'put' }
  | { readonly kind: 'delete'; readonly deleted: number }
  | { readonly kind: 'compareAndSwap'; readonly succeeded: boolean };

export interface HistoryEntry {
  readonly client: number;
  readonly key: string;
  readonly operation: KvOperation;
  /** When the request was made, in ms of one clock. */
  readonly calledMs: number;
  /** When the answer was there; Infinity without one. */
  readonly returnedMs: number;
  /** Undefined when nobody knows whether the operation took effect: it may have, at any time after the call. */
  readonly result: KvResult | undefined;
  /** Revision that the answer's header names. */
  readonly revision: number | undefined;
}

export interface Answer {
  readonly result: KvResult;
  readonly revision: number;
}

export class HistoryRecorder {
  readonly entries: HistoryEntry[] = [];
  private readonly nowMs: () => number;

  constructor(nowMs: () => number) {
    this.nowMs = nowMs;
  }

  /** Runs one operation and notes its outcome; an error leaves it unknown. Returns whether there was an answer. */
  async record(
    client: number,
    key: string,
    operation: KvOperation,
    run: () => Promise<Answer>,
  ): Promise<boolean> {
    const calledMs = this.nowMs();
    try {
      const { result, revision } = await run();
      const returnedMs = this.nowMs();
      this.entries.push({ client, key, operation, calledMs, returnedMs, result, revision });
      return true;
    } catch {
      this.entries.push({
        client,
        key,
        operation,
        calledMs,
        returnedMs: Infinity,
        result: undefined,
        revision: undefined,
      });
      return false;
    }
  }
}

/**
 * Leaves out operations of unknown outcome that surely never took effect: reads, and writes without a trace in the whole
 * event log. (The answered ones are not touched: a log that lost one of them is caught by the checker.)
 */
export function withoutTracelessWrites(
  entries: readonly HistoryEntry[],
  leftTrace: (entry: HistoryEntry) => boolean,
): HistoryEntry[] {
  return entries.filter((entry) => {
    if (entry.result !== undefined) return true;
    return entry.operation.kind !== 'get' && leftTrace(entry);
  });
}
