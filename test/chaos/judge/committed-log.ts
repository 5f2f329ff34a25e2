// The committed entries of a cluster of processes, read from the members' write-ahead logs when they have ended.
import { join } from 'node:path';
import { SILENT_LOGGER } from '../../../node/src/base/logger.ts';
import { RealDisk } from '../../../node/src/platform/real-disk.ts';
import { Model, type LoggedRequest } from '../../../node/src/sim/checks/model/model.ts';
import { RecordType } from '../../../node/src/storage/wal/format.ts';
import { listSegments } from '../../../node/src/storage/wal/replay.ts';
import { SegmentReader } from '../../../node/src/storage/wal/segment-reader.ts';
import { decode } from '../../../node/src/wire/index.ts';
import { Snapshot } from '../../../node/src/wire/gen/record.ts';
import { Entry, HardState } from '../../../node/src/wire/gen/raft.ts';

/** A member's entries up to `commitIndex`, without those that it knows from another member's snapshot alone. */
export async function readCommittedLog(dataDir: string, commitIndex: number): Promise<Entry[]> {
  const entries = new Map<number, Entry>();
  let committed = 0;
  await visitRecords(join(dataDir, 'member/wal'), ({ type, data }) => {
    if (type === RecordType.State) committed = decode(HardState, data).commit;
    if (type === RecordType.Entry) {
      const entry = decode(Entry, data.slice());
      entries.set(entry.index, entry); // the latest of an index counts
    }
    if (type === RecordType.Snapshot && decode(Snapshot, data).index > committed) {
      // What the member had beyond its commit index was nobody's any more.
      for (const index of entries.keys()) if (index > committed) entries.delete(index);
    }
  });
  return [...entries.values()]
    .filter((entry) => entry.index <= commitIndex)
    .sort((a, b) => a.index - b.index);
}

async function visitRecords(folder: string, visit: (record: SegmentReader) => void): Promise<void> {
  const disk = new RealDisk();
  const segments = await listSegments(disk, folder, SILENT_LOGGER);
  let crc: number | undefined;
  for (const [position, { name }] of segments.entries()) {
    const path = join(folder, name);
    const file = await disk.open(path, 'read');
    try {
      const reader = new SegmentReader(path, file, crc, position === segments.length - 1);
      for (let step = reader.next(); step === 'record' || step === 'fill'; step = reader.next()) {
        if (step === 'fill') await reader.fill();
        else visit(reader);
      }
      crc = reader.crc;
    } finally {
      await file.close();
    }
  }
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
