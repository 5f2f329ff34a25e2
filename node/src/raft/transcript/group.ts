// The members that a transcript plays with, and the messages between them (etcd-io/raft: rafttest/interaction_env.go).
import { assert } from '../../base/index.ts';
import {
  type ConfState,
  type Entry,
  Message,
  MessageType,
  type Snapshot,
} from '../../wire/gen/raft.ts';
import { confChangeOf } from '../confchange/conf-change.ts';
import type { RaftConfig } from '../config.ts';
import { RaftError } from '../errors.ts';
import { confStateIn, MemoryStorage, metadataOf } from '../memory-storage.ts';
import { RawNode } from '../raw-node.ts';
import { describeEntry, describeMessage, describeReady } from './describe.ts';
import { Output } from './output.ts';

/** Sends the snapshot of what was applied last, however far the log is compacted. */
class HistoryStorage extends MemoryStorage {
  readonly history: Snapshot[] = [];

  override snapshot(): Snapshot | undefined {
    return this.history.at(-1);
  }
}

export interface Node {
  readonly config: RaftConfig;
  readonly storage: HistoryStorage;
  readonly raw: RawNode;
}

export class Group {
  readonly output = new Output();
  readonly nodes: Node[] = [];
  messages: Message[] = [];

  /** Members are numbered from 1. */
  node(id: number): Node {
    const node = this.nodes[id - 1];
    assert(node !== undefined, `there is a member ${id}`);
    return node;
  }

  /** Adds a member that starts from `snapshot`, or from nothing when its index is 0. */
  add(
    template: Omit<RaftConfig, 'id' | 'storage' | 'logger' | 'random'>,
    snapshot: Snapshot,
  ): void {
    const storage = new HistoryStorage();
    if (metadataOf(snapshot).index > 0) storage.applySnapshot(snapshot);
    storage.history.push(snapshot);
    const id = BigInt(this.nodes.length + 1);
    // The shortest timeout; transcripts that care set their own.
    const random = { uint32: () => 0 };
    const config: RaftConfig = { ...template, id, storage, logger: this.output, random };
    this.nodes.push({ config, storage, raw: new RawNode(config) });
  }

  /** The process ended after its last Ready, and starts again from what it stored. Applied entries stay applied. */
  restart(id: number): void {
    const { config, storage } = this.node(id);
    const applied = metadataOf(storage.history.at(-1)!).index;
    const restarted: RaftConfig = { ...config, applied };
    this.nodes[id - 1] = { config: restarted, storage, raw: new RawNode(restarted) };
  }

  /** Takes a Ready, stores, applies, and advances. */
  processReady(id: number): void {
    const { raw, storage } = this.node(id);
    const ready = raw.ready();
    this.output.write(describeReady(ready));
    if (ready.hardState !== undefined) storage.setHardState(ready.hardState);
    if (ready.snapshot !== undefined) {
      const isNewer = storage.applySnapshot(ready.snapshot);
      assert(isNewer, 'raft hands out newer snapshots only');
      storage.history.push(ready.snapshot);
    }
    storage.append(ready.entries);
    for (const entry of ready.committedEntries) this.apply(id, entry);
    this.messages.push(...ready.messages);
    raw.advance(ready);
  }

  /** The state machine appends what it gets to its bytes. */
  private apply(id: number, entry: Entry): void {
    const { raw, storage } = this.node(id);
    const last = storage.history.at(-1)!;
    const change = confChangeOf(entry);
    const confState: ConfState =
      change === undefined ? confStateIn(last) : raw.applyConfChange(change);
    const update = change?.context ?? entry.data;
    const data = new Uint8Array(last.data.length + update.length);
    data.set(last.data);
    data.set(update, last.data.length);
    const { index, term } = entry;
    storage.history.push({ data, metadata: { confState, index, term } });
  }

  /** Delivers (or drops) what waits for `to`; returns how many messages that were. */
  deliver(to: number, options: { drop: boolean; type?: number | undefined }): number {
    const { taken, rest } = this.split(to, options.type);
    this.messages = rest;
    for (const message of taken) {
      this.output.writeLine(`${options.drop ? 'dropped: ' : ''}${describeMessage(message)}`);
      if (!options.drop) this.step(to, message);
    }
    return taken.length;
  }

  private step(to: number, message: Message): void {
    try {
      this.node(to).raw.step(message);
    } catch (error) {
      if (!(error instanceof RaftError)) throw error;
      this.output.writeLine(error.message);
    }
  }

  private split(to: number, type: number | undefined): { taken: Message[]; rest: Message[] } {
    const isTaken = (message: Message): boolean =>
      message.to === BigInt(to) && (type === undefined || message.type === type);
    return {
      taken: this.messages.filter(isTaken),
      rest: this.messages.filter((message) => !isTaken(message)),
    };
  }

  /** Processes Readys and delivers messages among these members until nothing is left to do. */
  stabilize(ids: readonly number[]): void {
    for (let isDone = false; !isDone;) {
      isDone = true;
      for (const id of ids) {
        if (!this.node(id).raw.hasReady()) continue;
        this.output.writeLine(`> ${id} handling Ready`);
        this.output.indented(() => this.processReady(id));
        isDone = false;
      }
      for (const id of ids) {
        if (this.split(id, undefined).taken.length === 0) continue;
        this.output.writeLine(`> ${id} receiving messages`);
        this.output.indented(() => this.deliver(id, { drop: false }));
        isDone = false;
      }
    }
  }

  /** A snapshot that someone other than raft decided to send. */
  sendSnapshot(from: number, to: number): void {
    const { raw, storage } = this.node(from);
    const message = Message.create({
      type: MessageType.MsgSnap,
      term: raw.basicStatus().term,
      from: BigInt(from),
      to: BigInt(to),
      snapshot: storage.snapshot(),
    });
    this.messages.push(message);
    this.output.write(describeMessage(message));
  }

  writeLog(id: number): void {
    const { storage } = this.node(id);
    const first = storage.firstIndex();
    const last = storage.lastIndex();
    if (last < first) {
      this.output.write(`log is empty: first index=${first}, last index=${last}`);
      return;
    }
    for (const entry of storage.entries(first, last + 1) ?? []) {
      this.output.writeLine(describeEntry(entry));
    }
  }
}
