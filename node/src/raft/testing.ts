// What the unit tests of this room start from.
import { assert, SILENT_LOGGER } from '../base/index.ts';
import { ConfState, Entry, Message, type Snapshot } from '../wire/gen/raft.ts';
import { confChangeOf } from './confchange/conf-change.ts';
import type { RaftConfig } from './config.ts';
import { MemoryStorage } from './memory-storage.ts';
import { RawNode } from './raw-node.ts';
import type { Ready } from './ready.ts';

export function entry(term: number, index: number, size = 0): Entry {
  return Entry.create({ term, index, data: new Uint8Array(size) });
}

/** Entries of these terms, from index 1 on. */
export function entriesOf(terms: readonly number[]): Entry[] {
  return terms.map((term, position) => entry(term, position + 1));
}

export function snapshotAt(index: number, term: number, voters: bigint[] = []): Snapshot {
  return {
    data: new Uint8Array(0),
    metadata: { confState: ConfState.create({ voters }), index, term },
  };
}

/** A storage with these voters, and entries of these terms. */
export function storageOf(voters: bigint[], terms: readonly number[] = []): MemoryStorage {
  return MemoryStorage.from({ snapshot: snapshotAt(0, 0, voters), entries: entriesOf(terms) });
}

export function configOf(storage: MemoryStorage, options: Partial<RaftConfig> = {}): RaftConfig {
  return {
    id: 1n,
    electionTicks: 10,
    heartbeatTicks: 1,
    storage,
    applied: 0,
    maxSizePerMessage: Infinity,
    maxCommittedSizePerReady: 0,
    maxUncommittedEntriesSize: 0,
    maxInflightMessages: 256,
    maxInflightBytes: 0,
    checkQuorum: false,
    preVote: false,
    random: { uint32: () => 0 },
    logger: SILENT_LOGGER,
    readOnlyOption: 'safe',
    ...options,
  };
}

/** A member that stores and applies at once. */
export class TestNode {
  readonly storage: MemoryStorage;
  readonly raw: RawNode;

  constructor(voters: bigint[], options: Partial<RaftConfig> = {}, terms: readonly number[] = []) {
    this.storage = storageOf(voters, terms);
    this.raw = new RawNode(configOf(this.storage, options));
  }

  store(ready: Ready): void {
    if (ready.snapshot !== undefined) this.storage.applySnapshot(ready.snapshot);
    this.storage.append(ready.entries);
    if (ready.hardState !== undefined) this.storage.setHardState(ready.hardState);
  }

  finish(ready: Ready): void {
    this.store(ready);
    for (const committed of ready.committedEntries) {
      const change = confChangeOf(committed);
      if (change !== undefined) this.raw.applyConfChange(change);
    }
    this.raw.advance(ready);
  }

  /** Handles all Readys; returns them. */
  drain(): Ready[] {
    const readys: Ready[] = [];
    while (this.raw.hasReady()) {
      assert(readys.length < 100, 'a member that nobody talks to comes to rest');
      const ready = this.raw.ready();
      readys.push(ready);
      this.finish(ready);
    }
    return readys;
  }

  /** What it sends until it has nothing to do. */
  sent(): Message[] {
    return this.drain().flatMap(({ messages }) => messages);
  }

  receive(type: number, from: bigint, fields: Partial<Message> = {}): void {
    this.raw.step(
      Message.create({ type, from, to: 1n, term: this.raw.basicStatus().term, ...fields }),
    );
  }

  /** Wins an election with the votes of `voters`, and commits its first entry with them. */
  lead(voters: readonly bigint[], voteType: number, ackType: number): this {
    this.raw.campaign();
    this.drain();
    for (const voter of voters) this.receive(voteType, voter);
    this.drain();
    for (const voter of voters) {
      this.receive(ackType, voter, { index: this.raw.basicStatus().lastIndex });
    }
    this.drain();
    assert(this.raw.basicStatus().role === 'leader', 'these votes win');
    return this;
  }
}
