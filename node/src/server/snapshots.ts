// Raft snapshots: when one is taken, how one is sent to a member that lags, and how one that arrived takes the place of
// this member's state (etcd: snapshot, sendMergedSnap, applySnapshot in server/etcdserver/server.go).
import { formatId, present, type Logger, type MemberId, type World } from '../base/index.ts';
import type { MemoryStorage } from '../raft/index.ts';
import type { Backend, SnapshotFiles, Wal } from '../storage/index.ts';
import { Message, Snapshot, type ConfState } from '../wire/gen/raft.ts';
import type { Snapshot as SnapshotRecord } from '../wire/gen/record.ts';
import type { ServerConfig } from './config.ts';
import { positionIn } from './consistent-index.ts';
import type { DataPaths } from './paths.ts';
import type { StateMachine } from './state-machine.ts';

/**
 * The log in memory is cut each time this many entries more than the catch-up entries are in it (etcd: memorySnapshotCount),
 * or this share of them more: cutting copies what is kept.
 */
const COMPACTION_SLACK = 100;
const COMPACTION_SLACK_PART = 1 / 10;
/** The log in memory may hold so many bytes of entries; beyond, half of it stays. Large entries are few, and a snapshot is worth them. */
const MAX_LOG_BYTES = 64 * 1024 * 1024;
/** The same where no other member could want them. */
const MAX_LOG_BYTES_ALONE = 8 * 1024 * 1024;
/** After a snapshot was sent, its receiver still needs the entries that came meanwhile. */
const RELEASE_DELAY_MS = 30_000;

export interface SnapshotParts {
  readonly config: ServerConfig;
  readonly paths: DataPaths;
  readonly world: World;
  readonly logger: Logger;
  readonly localId: MemberId;
  readonly raftStorage: MemoryStorage;
  readonly wal: Wal;
  /** Writes the record of a snapshot to the WAL. */
  readonly saveRecord: (record: SnapshotRecord) => Promise<void>;
  readonly files: SnapshotFiles;
  readonly state: StateMachine;
  readonly confState: () => ConfState;
  readonly openBackend: () => Promise<Backend>;
  readonly send: (snapshot: {
    message: Message;
    database: AsyncIterable<Uint8Array>;
    sizeBytes: number;
  }) => Promise<void>;
  readonly reportFailure: (to: MemberId) => void;
  readonly onFatal: (error: unknown) => void;
}

export class Snapshots {
  private readonly parts: SnapshotParts;
  private savedIndex: number;
  private inFlight = 0;
  private saving = false;
  private running: Promise<void> = Promise.resolve();

  constructor(parts: SnapshotParts, savedIndex: number) {
    this.parts = parts;
    this.savedIndex = savedIndex;
  }

  /** Called after each Ready: saves a snapshot when enough was applied since the last, and cuts the log in memory. */
  afterApply(): void {
    const { config, state } = this.parts;
    this.compactMemory();
    if (this.saving || state.appliedIndex - this.savedIndex <= config.snapshotCount) return;
    this.saving = true;
    this.running = this.save().catch((error: unknown) => this.parts.onFatal(error));
  }

  /** Resolves when no snapshot is being saved: backend and log must stay open for it. */
  async idle(): Promise<void> {
    await this.running;
  }

  private compactMemory(): void {
    const { raftStorage, state, config } = this.parts;
    if (this.inFlight > 0) return;
    const { snapshotCatchupEntries } = config;
    let keepFrom = state.appliedIndex - snapshotCatchupEntries;
    const slack = Math.max(COMPACTION_SLACK, snapshotCatchupEntries * COMPACTION_SLACK_PART);
    const { voters, learners } = this.parts.confState();
    const maxBytes = voters.length + learners.length > 1 ? MAX_LOG_BYTES : MAX_LOG_BYTES_ALONE;
    if (raftStorage.storedBytes > maxBytes)
      keepFrom = Math.min(state.appliedIndex, raftStorage.indexBefore(maxBytes / 2));
    else if (keepFrom - raftStorage.firstIndex() < slack) return;
    if (keepFrom < raftStorage.firstIndex()) return;
    // Whoever needs older entries gets a snapshot, so there has to be one that is as new as what is forgotten.
    raftStorage.createSnapshot(state.appliedIndex, this.parts.confState(), new Uint8Array(0));
    raftStorage.compact(keepFrom);
  }

  /** The backend is the snapshot: once it is committed, a record in the WAL says from where the log is needed. */
  private async save(): Promise<void> {
    const { state, wal, files, logger, raftStorage, config, localId } = this.parts;
    const { appliedIndex: index, appliedTerm: term } = state;
    const confState = this.parts.confState();
    logger.info('triggering snapshot', {
      'local-member-id': formatId(localId),
      'local-member-applied-index': index,
      'local-member-snapshot-index': this.savedIndex,
      'local-member-snapshot-count': config.snapshotCount,
      'snapshot-forced': false,
    });
    await state.backend.commitNow();
    const snapshot = Snapshot.create({ metadata: { confState, index, term } });
    raftStorage.createSnapshot(index, confState, snapshot.data);
    await files.save(snapshot);
    await this.parts.saveRecord({ index, term, confState });
    this.savedIndex = index;
    this.saving = false;
    logger.info('saved snapshot to disk', { 'snapshot-index': index });
    await wal.releaseTo(index);
  }

  /** Sends this member's state in place of raft's MsgSnap. */
  send(message: Message): void {
    this.inFlight++;
    this.transfer(message)
      .catch((error: unknown) => {
        this.parts.logger.warn('failed to send a snapshot', {
          to: formatId(message.to),
          error: String(error),
        });
        this.parts.reportFailure(message.to);
      })
      .finally(() => {
        this.parts.world.clock.after(RELEASE_DELAY_MS, () => this.inFlight--);
      });
  }

  private async transfer(message: Message): Promise<void> {
    const { state, logger } = this.parts;
    const snapshot = await state.backend.snapshot();
    // What the copy holds, not what was applied since.
    const { index, term, confState } = positionIn((key) => snapshot.get('meta', key));
    const metadata = { confState: confState ?? this.parts.confState(), index, term };
    const merged = Message.create({ ...message, snapshot: Snapshot.create({ metadata }) });
    logger.info('sending merged snapshot', {
      from: formatId(message.from),
      to: formatId(message.to),
      bytes: snapshot.sizeBytes,
    });
    try {
      const { sizeBytes } = snapshot;
      await this.parts.send({ message: merged, database: snapshot.read(), sizeBytes });
    } finally {
      // Also when nobody began to read: a copy that stays open keeps the database from using its pages again.
      snapshot.close();
    }
  }

  /** Installs a snapshot whose database the transport has saved, and whose record is in the WAL. */
  async install(snapshot: Snapshot): Promise<void> {
    const { state, files, paths, world, logger } = this.parts;
    const { index, term } = present(snapshot.metadata, 'a snapshot has metadata');
    const fields = {
      'current-snapshot-index': this.savedIndex,
      'current-applied-index': state.appliedIndex,
      'incoming-leader-snapshot-index': index,
      'incoming-leader-snapshot-term': term,
    };
    logger.info('applying snapshot', fields);
    await this.idle();
    // Reads go on in the old database until the new one is in use; nothing may write to it any more.
    const old = state.backend;
    await state.store.stopCompaction();
    await old.retire();
    await world.disk.rename(files.databasePath(index), paths.database);
    await world.disk.syncFolder(paths.snapDir);
    const backend = await this.parts.openBackend();
    await state.restore(backend, index, term);
    await backend.confirmed;
    await old.close();
    this.savedIndex = index;
    await this.parts.wal.releaseTo(index);
    logger.info('applied snapshot', fields);
  }
}
