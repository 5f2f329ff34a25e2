// A log with everything that can happen in its life: group commits, unsynced saves, overwritten entries, cuts, snapshots,
// the purge, closing and opening.
import { SILENT_LOGGER, assert, type World } from '../../../base/index.ts';
import { SnapshotFiles, Wal, purgeFiles } from '../../../storage/index.ts';
import { ConfState, Entry, Snapshot, type HardState } from '../../../wire/gen/raft.ts';
import type { SimRandom } from '../../world/random.ts';
import type { Workload } from './crash-everywhere.ts';

const WAL_FOLDER = 'member/wal';
const SNAP_FOLDER = 'member/snap';
const VOTERS = ConfState.create({ voters: [1n] });
const STEPS = 16;
const OPTIONS = { logger: SILENT_LOGGER, segmentBytes: 4096 };

/** One record, as it goes to the log. */
type Recorded =
  | { readonly kind: 'entry'; readonly index: number; readonly term: number; readonly size: number }
  | { readonly kind: 'state'; readonly state: HardState }
  | { readonly kind: 'snapshot'; readonly index: number; readonly term: number };

/** What a log of these records says: the newest valid snapshot, what follows it, and the hard state. */
function stateOf(records: readonly Recorded[]): string {
  let commit = 0;
  let state: HardState = { term: 0, vote: 0n, commit: 0 };
  const snapshots = [{ index: 0, term: 0 }];
  let entries: { index: number; term: number; size: number }[] = [];
  for (const record of records) {
    if (record.kind === 'state') {
      state = record.state;
      commit = state.commit;
    } else if (record.kind === 'snapshot') {
      snapshots.push(record);
    } else {
      entries = entries.filter((entry) => entry.index < record.index);
      entries.push(record);
    }
  }
  const snapshot = snapshots.findLast((one) => one.index <= commit)!;
  return describeState(
    snapshot,
    state,
    entries.filter((entry) => entry.index > snapshot.index),
  );
}

function describeState(
  snapshot: { index: number; term: number },
  { term, vote, commit }: HardState,
  entries: readonly { index: number; term: number; size: number }[],
): string {
  const list = entries.map((entry) => `${entry.index}.${entry.term}.${entry.size}`).join(' ');
  return `snapshot ${snapshot.index}.${snapshot.term}, state ${term}.${vote}.${commit}, entries ${list}`;
}

const noise = (length: number, seed: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => ((i * 31 + seed * 17) % 255) + 1);

export class LogLife implements Workload {
  private records: Recorded[] = [];
  /** So many of the records are certainly on the disk. */
  private acknowledged = 0;
  private readonly choices: SimRandom;
  private lastIndex = 0;
  private term = 1;
  private commit = 0;
  private snapshotIndex = 0;
  private wal!: Wal;

  constructor(choices: SimRandom) {
    this.choices = choices;
  }

  fork(): LogLife {
    const copy = new LogLife(this.choices.fork('again'));
    copy.records = [...this.records];
    copy.acknowledged = this.acknowledged;
    return copy;
  }

  async run(world: World): Promise<void> {
    await this.open(world);
    for (let i = 0; i < STEPS; i++) await this.step(world);
    await this.wal.close();
  }

  async recover(world: World): Promise<void> {
    const found = await this.open(world);
    const possible: string[] = [];
    let survived: number | undefined;
    for (let count = this.acknowledged; count <= this.records.length; count++) {
      const state = stateOf(this.records.slice(0, count));
      possible.push(state);
      if (state === found) survived = count;
    }
    assert(survived !== undefined, `found ${found}, which is none of: ${possible.join('; ')}`);
    this.records.length = survived;
    this.acknowledged = this.records.length;
    this.reread();
    // What was recovered counts from now on, and the log can be written to.
    await this.save([this.newEntry(700)], { commits: true, synced: true });
    const reread = await this.read(world);
    assert(reread === stateOf(this.records), `reread as ${reread}`);
    await this.wal.close();
  }

  private async open(world: World): Promise<string> {
    const { disk } = world;
    await disk.makeFolder(SNAP_FOLDER);
    if (!(await Wal.exists(disk, WAL_FOLDER))) {
      this.wal = await Wal.create(disk, WAL_FOLDER, new Uint8Array([8, 1]), OPTIONS);
      return stateOf([]);
    }
    const snapshots = await Wal.validSnapshots(disk, WAL_FOLDER, SILENT_LOGGER);
    const newest = snapshots.at(-1) ?? { index: 0, term: 0 };
    const { wal, state } = await Wal.open(disk, WAL_FOLDER, newest, OPTIONS);
    this.wal = wal;
    if (newest.index > 0) {
      const files = new SnapshotFiles(disk, SNAP_FOLDER, SILENT_LOGGER);
      const loaded = (await files.load(snapshots))?.metadata?.index;
      assert(
        loaded === newest.index,
        `the snapshot file is of ${loaded}, the record of ${newest.index}`,
      );
    }
    return describeState(newest, state.hardState, state.entries.map(sized));
  }

  private async read(world: World): Promise<string> {
    const snapshots = await Wal.validSnapshots(world.disk, WAL_FOLDER, SILENT_LOGGER);
    const newest = snapshots.at(-1) ?? { index: 0, term: 0 };
    const state = await Wal.read(world.disk, WAL_FOLDER, newest, SILENT_LOGGER);
    return describeState(newest, state.hardState, state.entries.map(sized));
  }

  private async step(world: World): Promise<void> {
    const { choices } = this;
    const kind = choices.below(12);
    if (kind < 5) {
      const entries = Array.from({ length: choices.between(1, 4) }, () =>
        this.newEntry(choices.below(1400)),
      );
      const saved = this.save(entries, { commits: choices.chance(0.5), synced: true });
      saved.catch(() => {}); // every later one fails, too
      if (choices.chance(0.7)) await saved;
    } else if (kind < 7) {
      await this.save([], { commits: true, synced: false });
    } else if (kind < 8 && this.lastIndex > this.commit) {
      // A new leader overwrites what was not committed.
      this.term++;
      this.lastIndex = choices.between(this.commit, this.lastIndex);
      await this.save([this.newEntry(300)], { commits: false, synced: true });
    } else if (kind < 10 && this.commit > this.snapshotIndex) {
      await this.snapshot(world);
    } else if (kind === 10) {
      await this.wal.close();
      const found = await this.open(world);
      assert(found === stateOf(this.records), `reopened as ${found}`);
    } else {
      await purgeFiles(
        world.disk,
        { folder: WAL_FOLDER, suffix: '.wal', keep: 1, isHeld: (name) => this.wal.holds(name) },
        SILENT_LOGGER,
      );
      await purgeFiles(
        world.disk,
        { folder: SNAP_FOLDER, suffix: '.snap', keep: 1 },
        SILENT_LOGGER,
      );
    }
  }

  private newEntry(size: number): Entry {
    const index = ++this.lastIndex;
    return Entry.create({ index, term: this.term, data: noise(size, index) });
  }

  private async save(
    entries: readonly Entry[],
    how: { readonly commits: boolean; readonly synced: boolean },
  ): Promise<void> {
    for (const entry of entries) this.records.push({ kind: 'entry', ...sized(entry) });
    let state: HardState | undefined;
    if (how.commits) {
      // Commits may go ahead of what is acknowledged here: others may have it.
      this.commit = this.choices.between(this.commit, this.lastIndex + 1);
      state = { term: this.term, vote: 1n, commit: this.commit };
      this.records.push({ kind: 'state', state });
    }
    const count = this.records.length;
    await this.wal.save(state, entries, how.synced);
    if (how.synced) this.acknowledged = Math.max(this.acknowledged, count);
  }

  private async snapshot(world: World): Promise<void> {
    const files = new SnapshotFiles(world.disk, SNAP_FOLDER, SILENT_LOGGER);
    const index = this.commit;
    const term = this.termAt(index);
    if (term === undefined) return;
    await files.save(Snapshot.create({ metadata: { index, term, confState: VOTERS } }));
    this.records.push({ kind: 'snapshot', index, term });
    const count = this.records.length;
    await this.wal.saveSnapshot({ index, term, confState: VOTERS });
    this.acknowledged = Math.max(this.acknowledged, count);
    this.snapshotIndex = index;
    await this.wal.releaseTo(index);
  }

  private termAt(index: number): number | undefined {
    const entry = this.records.findLast((one) => one.kind === 'entry' && one.index === index);
    return entry?.kind === 'entry' ? entry.term : undefined;
  }

  /** Goes on where the records end. */
  private reread(): void {
    let lastIndex = 0;
    this.commit = 0;
    for (const record of this.records) {
      if (record.kind === 'entry') {
        lastIndex = record.index;
        this.term = Math.max(this.term, record.term);
      } else if (record.kind === 'state') {
        this.commit = record.state.commit;
      } else {
        lastIndex = Math.max(lastIndex, record.index);
      }
    }
    this.lastIndex = lastIndex;
  }
}

const sized = (entry: Entry) => ({ index: entry.index, term: entry.term, size: entry.data.length });
