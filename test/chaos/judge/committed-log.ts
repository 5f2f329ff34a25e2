// The committed entries of a cluster of processes, read from the members' write-ahead logs when they have ended.
import { join } from 'node:path';
import { SILENT_LOGGER } from '../../../node/src/base/logger.ts';
import { RealDisk } from '../../../node/src/platform/real-disk.ts';
import { Model, type LoggedRequest } from '../../../node/src/sim/checks/model/model.ts';
import { readValidSnapshots, replay } from '../../../node/src/storage/wal/replay.ts';
import type { Entry } from '../../../node/src/wire/gen/raft.ts';

/** A member's entries up to `commitIndex`, from the last snapshot on that it got from another member, if it got one. */
export async function readCommittedLog(dataDir: string, commitIndex: number): Promise<Entry[]> {
  const disk = new RealDisk();
  const folder = join(dataDir, 'member/wal');
  const taken = await readValidSnapshots(disk, folder, SILENT_LOGGER);
  let failure: unknown;
  for (const start of [{ index: 0, term: 0 }, ...taken]) {
    try {
      const { state } = await replay(disk, folder, start, SILENT_LOGGER);
      const committed = state.entries.filter((entry) => entry.index <= commitIndex);
      const last = committed.at(-1)?.index ?? start.index;
      if (last === commitIndex) return committed;
      failure = new Error(`${dataDir} has no entry ${commitIndex}, which it had applied`);
    } catch (error) {
      failure = error; // the log has a gap behind this snapshot
    }
  }
  throw failure;
}

/** The log from the first entry on, of what each member has. @throws Error when an entry is nowhere */
export function joinLogs(logs: readonly (readonly Entry[])[]): Entry[] {
  const byIndex = new Map(logs.flat().map((entry) => [entry.index, entry]));
  return Array.from(byIndex.keys(), (_, position) => {
    const entry = byIndex.get(position + 1);
    if (entry === undefined) throw new Error(`no member has entry ${position + 1}`);
    return entry;
  });
}

/** Where in a log things are. */
export class LogIndex {
  readonly entries: readonly Entry[];
  readonly requests: readonly LoggedRequest[];
  readonly model = new Model();
  readonly #used = new Set<LoggedRequest>();
  readonly #byIndex: ReadonlyMap<number, LoggedRequest>;

  /** @param entries from index 1 on */
  constructor(entries: readonly Entry[]) {
    this.entries = entries;
    this.requests = entries.flatMap((entry) => this.model.feed(entry) ?? []);
    this.#byIndex = new Map(this.requests.map((request) => [request.index, request]));
  }

  requestAt(index: number): LoggedRequest | undefined {
    return this.#byIndex.get(index);
  }

  /** The first entry behind which the store is at `revision`; 0 when it never gets there. */
  ofRevision(revision: number): number {
    if (revision > this.model.revision) return 0;
    let [lo, hi] = [0, this.entries.length];
    while (lo < hi) {
      const middle = (lo + hi) >>> 1;
      if ((this.model.revisionAt(middle + 1) ?? Infinity) >= revision) hi = middle;
      else lo = middle + 1;
    }
    return lo + 1;
  }

  /** The compaction behind which nothing below `revision` can be read; 0: there is none. */
  ofCompaction(revision: number): number {
    return this.first(({ index }) => this.model.compactRevisionAt(index) >= revision);
  }

  /** The first request behind `after` that fits and was not taken yet, which it is then. */
  take(after: number, fits: (request: LoggedRequest) => boolean): number {
    const found = this.requests.find(
      (one) => one.index > after && one.error === undefined && !this.#used.has(one) && fits(one),
    );
    if (found === undefined) return 0;
    this.#used.add(found);
    return found.index;
  }

  /** The first request that fits, whoever's it is. */
  first(fits: (request: LoggedRequest) => boolean): number {
    return this.requests.find((one) => one.error === undefined && fits(one))?.index ?? 0;
  }
}
