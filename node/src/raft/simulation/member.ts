// One simulated server: raft, a disk that may lag behind, and a state machine that hashes what it applies.
import { assert, type MemberId, SILENT_LOGGER } from '../../base/index.ts';
import {
  type ConfState,
  type Entry,
  type Message,
  MessageType,
  type Snapshot,
} from '../../wire/gen/raft.ts';
import { confChangeOf } from '../confchange/conf-change.ts';
import type { RaftConfig } from '../config.ts';
import { RaftError } from '../errors.ts';
import { confStateIn, MemoryStorage, metadataOf } from '../memory-storage.ts';
import type { Witnesses } from '../probation.ts';
import { RawNode } from '../raw-node.ts';
import type { Ready } from '../ready.ts';
import type { Checker } from './checker.ts';

const MAX_IMAGES = 4;

export type MemberOptions = Omit<RaftConfig, 'id' | 'storage' | 'logger' | 'applied'>;

export class Member {
  readonly id: MemberId;
  private storage: MemoryStorage;
  private readonly options: MemberOptions;
  private readonly checker: Checker;
  private readonly send: (messages: readonly Message[]) => void;
  /** Undefined while the process is down. */
  raw: RawNode | undefined;
  /** Taken from raft, not on the disk yet. */
  private writing: Ready | undefined;
  private sentAhead = false;
  private applied = 0;
  private state = 0;
  private confState: ConfState | undefined;
  /** Contexts of reads that were asked for here, with what was committed then. */
  private readonly reads = new Map<number, number>();
  private readCount = 0;
  /** What others have said since the start; undefined when the probation is over, or there was none. */
  private witnesses: Witnesses | undefined;
  private readonly images: MemoryStorage[] = [];
  /** Runs on an older disk, and has not made up for it. */
  private hasRolledBack = false;

  constructor(
    id: MemberId,
    storage: MemoryStorage,
    options: MemberOptions,
    checker: Checker,
    send: (messages: readonly Message[]) => void,
  ) {
    this.id = id;
    this.storage = storage;
    this.options = options;
    this.checker = checker;
    this.send = send;
    this.start();
  }

  /** Begins from the disk: the last snapshot, and the log after it. */
  start(): void {
    const { id, storage, options } = this;
    const snapshot = storage.snapshot();
    assert(snapshot !== undefined, 'memory storage always has a snapshot');
    this.takeOver(snapshot);
    const { applied } = this;
    this.raw = new RawNode({ ...options, id, storage, logger: SILENT_LOGGER, applied });
    this.witnesses = this.raw.isOnProbation ? this.raw.newWitnesses() : undefined;
    this.checker.observe(this.raw.raft);
  }

  /** Keeps a copy of the disk as it is now. */
  copyDisk(): void {
    this.images.push(copyOf(this.storage));
    if (this.images.length > MAX_IMAGES) this.images.shift();
  }

  /** Puts an older copy of the disk in place, if there is one. To be started then. */
  rollBack(pick: (images: readonly MemoryStorage[]) => MemoryStorage | undefined): boolean {
    assert(this.raw === undefined, 'the disk of a process that is down is changed');
    const image = pick(this.images);
    if (image === undefined) return false;
    this.storage = copyOf(image);
    this.hasRolledBack = true;
    return true;
  }

  /** It may act against promises that it does not remember, were it not for what others told it. */
  get isForgetful(): boolean {
    const isMadeUpFor = this.raw?.isOnProbation === false && !this.raw.isBelowFloor;
    if (isMadeUpFor) this.hasRolledBack = false;
    return this.hasRolledBack;
  }

  /** Another member says what it knows of this one's promises. */
  hear(other: Member): void {
    if (this.raw === undefined || this.witnesses === undefined || other.raw === undefined) return;
    this.witnesses.add(other.raw.testify(this.id));
    if (!this.witnesses.isComplete) return;
    const verdict = this.witnesses.verdict();
    if (this.raw.isOnProbation) this.raw.liftProbation(verdict);
    else if (this.raw.isBelowFloor) this.raw.reviseFloor(verdict);
    else this.witnesses = undefined;
  }

  /** Whatever is not on the disk is gone. */
  crash(): void {
    this.raw = undefined;
    this.writing = undefined;
    this.reads.clear();
  }

  private takeOver(snapshot: Snapshot): void {
    const { index } = metadataOf(snapshot);
    this.applied = index;
    this.state = index === 0 ? 0 : readState(snapshot.data);
    this.confState = confStateIn(snapshot);
    if (index > 0) this.checker.applied(index, this.state);
  }

  /** Does something to raft, if the process runs. What raft refuses is fine. */
  act(action: (raw: RawNode) => void): void {
    if (this.raw === undefined) return;
    try {
      action(this.raw);
    } catch (error) {
      if (!(error instanceof RaftError)) throw error;
    }
    this.checker.observe(this.raw.raft);
  }

  read(): void {
    this.act((raw) => {
      const number = ++this.readCount;
      this.reads.set(number, this.checker.committedIndex);
      raw.readIndex(writeState(number));
    });
  }

  /** One half of handling a Ready: taking it and sending ahead as a leader may, or writing it and all the rest. */
  work(): boolean {
    if (this.raw === undefined) return false;
    if (this.writing !== undefined) {
      this.finish(this.raw, this.writing);
      return true;
    }
    if (!this.raw.hasReady()) return false;
    this.writing = this.raw.ready();
    this.sentAhead = this.raw.basicStatus().role === 'leader';
    if (this.sentAhead) this.dispatch(this.raw, this.writing.messages);
    for (const { index, context } of this.writing.readStates) {
      const number = readState(context);
      this.checker.checkRead(index, this.reads.get(number) ?? 0);
      this.reads.delete(number);
    }
    return true;
  }

  private finish(raw: RawNode, ready: Ready): void {
    if (ready.snapshot !== undefined) {
      assert(this.storage.applySnapshot(ready.snapshot), 'raft hands out newer snapshots only');
      this.takeOver(ready.snapshot);
    }
    this.storage.append(ready.entries);
    if (ready.hardState !== undefined) this.storage.setHardState(ready.hardState);
    if (!this.sentAhead) this.dispatch(raw, ready.messages);
    for (const entry of ready.committedEntries) this.apply(raw, entry);
    this.writing = undefined;
    raw.advance(ready);
    this.checker.observe(raw.raft);
  }

  /** As a server does, sends a snapshot of what is applied now: the storage's may be from before the receiver joined. */
  private dispatch(raw: RawNode, messages: readonly Message[]): void {
    for (const message of messages) {
      if (message.type === MessageType.MsgSnap) message.snapshot = this.currentSnapshot(raw);
    }
    this.send(messages);
  }

  private currentSnapshot({ raft }: RawNode): Snapshot {
    const index = this.applied;
    const term = raft.log.term(index);
    assert(term !== undefined, 'what is applied last still has a term');
    return { data: writeState(this.state), metadata: { confState: this.confState, index, term } };
  }

  private apply(raw: RawNode, entry: Entry): void {
    assert(entry.index === this.applied + 1, 'entries are applied one after the other');
    this.applied = entry.index;
    const change = confChangeOf(entry);
    if (change !== undefined) {
      this.confState = raw.applyConfChange(change);
      this.checker.appliedConfiguration(entry.index);
    }
    this.state = nextState(this.state, entry);
    this.checker.applied(this.applied, this.state);
  }

  /** Makes a snapshot of what is applied, and forgets the log up to `keep` entries before it. */
  compact(keep: number): void {
    if (this.raw === undefined || this.applied === 0) return;
    if (this.writing !== undefined) return;
    const snapshot = this.storage.createSnapshot(
      this.applied,
      this.confState,
      writeState(this.state),
    );
    if (snapshot !== undefined) this.storage.compact(this.applied - keep);
  }
}

function copyOf(storage: MemoryStorage): MemoryStorage {
  const snapshot = storage.snapshot();
  const { hardState } = storage.initialState();
  const entries = storage.entries(storage.firstIndex(), storage.lastIndex() + 1);
  return MemoryStorage.from({ snapshot, hardState, entries });
}

function nextState(state: number, { term, index, data }: Entry): number {
  let next = Math.imul(state ^ term, 0x01000193) ^ index;
  for (const byte of data) next = Math.imul(next ^ byte, 0x01000193);
  return next >>> 0;
}

function writeState(state: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, state);
  return bytes;
}

function readState(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(0);
}
