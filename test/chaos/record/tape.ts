// What clients and the harness did and saw, in order, as it happened: played to the checkers when the run is over.
import { EtcdError, StatusError } from '../../../node/src/base/errors.ts';
import { wasNotExecuted } from '../../../node/src/client/retry.ts';
import type { OperationRecord, WatchStreamRecord } from '../../../node/src/sim/checks/observer.ts';
import type {
  ResponseHeader,
  WatchRequest,
  WatchResponse,
} from '../../../node/src/wire/gen/rpc.ts';

/** Which run of each member is under way, by name; a member that is down is not in it. Replaced at each change. */
export type Runs = ReadonlyMap<string, number>;

/** Any client's endpoint may have answered: the header says which member did, and the runs whether it lived through it. */
export interface TapeRecord extends OperationRecord {
  host: string;
  readonly runsAtCall: Runs;
  runsAtReturn: Runs;
}

export type TapeEvent = { readonly atMs: number } & (
  | { readonly kind: 'called' | 'returned'; readonly record: TapeRecord }
  | { readonly kind: 'started' | 'stopped'; readonly host: string; readonly run: number }
  | { readonly kind: 'watchOpened' | 'watchClosed'; readonly stream: WatchStreamRecord }
  | {
      readonly kind: 'watchRequested';
      readonly stream: WatchStreamRecord;
      readonly request: WatchRequest;
    }
  | {
      readonly kind: 'watchResponse';
      readonly stream: WatchStreamRecord;
      readonly response: WatchResponse;
    }
  | { readonly kind: 'faultsEnded' }
);
type Untimed<T> = T extends unknown ? Omit<T, 'atMs'> : never;

/** Of an operation whose member is not known. */
export const SOMEWHERE = 'somewhere';

export class Tape {
  readonly events: TapeEvent[] = [];
  #runs: Runs = new Map();
  #lastRun = 0;
  #lastId = 0;
  #isFrozen = false;

  get nowMs(): number {
    return performance.now();
  }

  /** Nothing that happens from now on is judged. */
  freeze(): void {
    this.#isFrozen = true;
  }

  started(host: string): void {
    const run = ++this.#lastRun;
    this.#runs = new Map([...this.#runs, [host, run]]);
    this.#add({ kind: 'started', host, run });
  }

  stopped(host: string): void {
    const run = this.#runs.get(host);
    if (run === undefined) return;
    this.#runs = new Map([...this.#runs].filter(([name]) => name !== host));
    this.#add({ kind: 'stopped', host, run });
  }

  faultsEnded(): void {
    this.#add({ kind: 'faultsEnded' });
  }

  called(client: string, path: string, request: unknown): TapeRecord {
    const record: TapeRecord = {
      ...{ id: ++this.#lastId, client, host: SOMEWHERE, path, request, calledMs: this.nowMs },
      ...{ returnedMs: Infinity, outcome: 'pending', response: undefined },
      ...{ errorCode: undefined, errorText: undefined },
      ...{ runsAtCall: this.#runs, runsAtReturn: this.#runs },
    };
    this.#add({ kind: 'called', record });
    return record;
  }

  answered(record: TapeRecord, response: unknown): void {
    if (this.#isFrozen) return;
    record.outcome = 'ok';
    record.response = response;
    this.#returned(record);
  }

  /** @param isRepeated an earlier attempt of the same call may have been executed, whatever the last one says */
  failed(record: TapeRecord, error: unknown, isRepeated: boolean): void {
    if (this.#isFrozen) return;
    if (wasNotExecuted(error) && !isRepeated) record.outcome = 'refused';
    else record.outcome = error instanceof EtcdError && !isRepeated ? 'error' : 'unknown';
    if (error instanceof EtcdError || error instanceof StatusError) {
      record.errorCode = error.status;
      record.errorText = error.message;
    }
    this.#returned(record);
  }

  watchOpened(client: string, host: string): WatchStreamRecord {
    const stream = { id: ++this.#lastId, client, host, openedMs: this.nowMs };
    this.#add({ kind: 'watchOpened', stream });
    return stream;
  }

  watchRequested(stream: WatchStreamRecord, request: WatchRequest): void {
    this.#add({ kind: 'watchRequested', stream, request });
  }

  watchResponse(stream: WatchStreamRecord, response: WatchResponse): void {
    this.#add({ kind: 'watchResponse', stream, response });
  }

  watchClosed(stream: WatchStreamRecord): void {
    this.#add({ kind: 'watchClosed', stream });
  }

  #returned(record: TapeRecord): void {
    if (record.outcome !== 'unknown') record.returnedMs = this.nowMs;
    record.runsAtReturn = this.#runs;
    this.#add({ kind: 'returned', record });
  }

  #add(event: Untimed<TapeEvent>): void {
    if (!this.#isFrozen) this.events.push({ ...event, atMs: this.nowMs });
  }
}

/** The header of an answer, if it has one. */
export function headerOf(response: unknown): ResponseHeader | undefined {
  if (typeof response !== 'object' || response === null || !('header' in response))
    return undefined;
  return response.header as ResponseHeader | undefined; // so are all headers of the API
}
