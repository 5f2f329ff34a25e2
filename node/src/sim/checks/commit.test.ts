import { expect, test } from 'vitest';
import { encode } from '../../wire/codec.ts';
import {
  ConfChange,
  ConfChangeType,
  Entry,
  EntryType,
  Message,
  MessageType,
} from '../../wire/gen/raft.ts';
import { CommitCheck } from './commit.ts';
import { Script } from './testing/script.ts';

class Told {
  readonly script = new Script();
  readonly check = new CommitCheck(this.script);

  constructor() {
    for (const nodeId of [1n, 2n, 3n]) this.change(ConfChangeType.ConfChangeAddNode, nodeId);
  }

  change(type: number, nodeId: bigint): void {
    const data = encode(ConfChange, ConfChange.create({ type, nodeId }));
    const index = this.script.model.appliedIndex + 1;
    const init = { type: EntryType.EntryConfChange, term: 1, index, data };
    this.script.model.feed(Entry.create(init));
  }

  acknowledges(from: bigint, lastIndex: number): void {
    this.send({ type: MessageType.MsgAppResp, from, index: lastIndex }, lastIndex);
  }

  /** The leader, member 1, says that `commit` is committed while its own disk is at `lastIndex`. */
  commits(commit: number, lastIndex: number): number {
    this.send({ type: MessageType.MsgApp, from: 1n, commit }, lastIndex);
    return this.script.reported.length;
  }

  private send(init: Partial<Message>, lastIndex: number): void {
    this.check.sent(Message.create(init), { term: 1, vote: 1n, lastIndex, lastTerm: 1 });
  }
}

test('a majority passes, with the leader or without it', () => {
  const told = new Told();
  told.acknowledges(2n, 5);
  expect(told.commits(5, 5)).toBe(0);
  told.acknowledges(2n, 9);
  told.acknowledges(3n, 9);
  expect(told.commits(9, 5)).toBe(0);
});

test("a leader that counts what is not on its disk is found, and so are a minority's entries", () => {
  const told = new Told();
  told.acknowledges(2n, 5);
  expect(told.commits(5, 4)).toBe(1);
  expect(new Told().commits(5, 5)).toBe(1);
});

test('the configuration of before a change counts as well as that behind it', () => {
  const told = new Told();
  told.change(ConfChangeType.ConfChangeAddLearnerNode, 4n);
  told.change(ConfChangeType.ConfChangeAddNode, 4n);
  told.acknowledges(2n, 6);
  expect(told.commits(6, 6)).toBe(0);
  told.change(ConfChangeType.ConfChangeRemoveNode, 3n);
  told.acknowledges(4n, 8);
  expect(told.commits(8, 8)).toBe(0);
  told.change(ConfChangeType.ConfChangeUpdateNode, 2n);
  told.acknowledges(4n, 9);
  expect(told.commits(9, 8)).toBe(1);
});

test('what is said before the voters are known is not judged', () => {
  const told = new Told();
  told.script.model = told.script.model.restoredAt(3, 1);
  told.check.restored();
  expect(told.commits(3, 0)).toBe(0);
});
