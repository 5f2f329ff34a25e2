import { describe, expect, test } from 'vitest';
import { Entry, Message, MessageType } from '../../wire/gen/raft.ts';
import { LogCheck } from './log.ts';
import type { DurableState } from './observer.ts';
import { RaftCheck } from './raft.ts';
import { bytes, put, Script } from './testing/script.ts';

const ZERO: DurableState = { term: 0, vote: 0n, lastIndex: 0, lastTerm: 0 };

function begin(): { script: Script; raft: RaftCheck } {
  const script = new Script();
  return { script, raft: new RaftCheck(script) };
}

const message = (init: Partial<Message>): Message =>
  Message.create({ from: 1n, to: 2n, term: 5, ...init });

test('a second leader of a term is found, the same one again is not', () => {
  const { script, raft } = begin();
  raft.becameLeader('m0', 1n, 5);
  raft.becameLeader('m0', 1n, 5);
  raft.becameLeader('m1', 2n, 6);
  expect(script.reported).toEqual([]);
  raft.becameLeader('m1', 2n, 5);
  expect(script.reported).toEqual(['oneLeader: term 5 has two leaders: 1 and 2 (m1)']);
});

test('a second vote of a member in a term is found, after a restart too', () => {
  const { script, raft } = begin();
  raft.started('m0', 4);
  raft.voted('m0', 1n, 5, 2n);
  raft.voted('m0', 1n, 5, 2n);
  raft.voted('m1', 9n, 5, 3n);
  raft.started('m0', 0);
  raft.voted('m0', 1n, 6, 3n);
  expect(script.reported).toEqual([]);
  raft.voted('m0', 1n, 5, 3n);
  expect(script.reported).toEqual(['oneVote: 1 (m0) voted in term 5 for 2 and then for 3']);
});

test('a candidacy ends when its candidate forgets it, a vote for another does not', () => {
  const { script, raft } = begin();
  raft.voted('m0', 1n, 5, 1n);
  raft.voted('m0', 1n, 6, 2n);
  raft.forgot('m0');
  raft.voted('m0', 1n, 5, 3n);
  expect(script.reported).toEqual([]);
  raft.voted('m0', 1n, 6, 3n);
  expect(script.reported).toEqual(['oneVote: 1 (m0) voted in term 6 for 2 and then for 3']);
});

describe('what is promised is durable', () => {
  const grant = message({ type: MessageType.MsgVoteResp });
  const candidacy = message({ type: MessageType.MsgVote });
  const accepted = message({ type: MessageType.MsgAppResp, index: 8 });

  test.each([
    ['a vote', grant, { ...ZERO, term: 5, vote: 2n }],
    ['a vote of a term that is over', grant, { ...ZERO, term: 6 }],
    ['a refusal', { ...grant, reject: true }, ZERO],
    ['an own candidacy', candidacy, { ...ZERO, term: 5, vote: 1n }],
    ['an entry', accepted, { ...ZERO, term: 5, lastIndex: 8 }],
    ['a refused entry', { ...accepted, reject: true }, ZERO],
  ])('%s that is passes', (_, sent, durable) => {
    const { script, raft } = begin();
    raft.sent('m0', sent, durable);
    expect(script.reported).toEqual([]);
  });

  test.each([
    ['a term', grant, { ...ZERO, term: 4, vote: 2n }, /^durableVote/],
    ['a vote', grant, { ...ZERO, term: 5, vote: 3n }, /^durableVote/],
    ['an own candidacy', candidacy, { ...ZERO, term: 5 }, /^durableVote/],
    ['an entry', accepted, { ...ZERO, term: 5, lastIndex: 7 }, /^durableLog/],
    ["an entry's term", accepted, { ...ZERO, term: 4, lastIndex: 8 }, /^durableLog/],
  ])('%s that is not is found', (_, sent, durable, found) => {
    const { script, raft } = begin();
    raft.sent('m0', sent, durable);
    expect(script.reported).toEqual([expect.stringMatching(found)]);
  });
});

test('a term that goes back within a run is found', () => {
  const { script, raft } = begin();
  raft.started('m0', 3);
  raft.sent('m0', message({ type: MessageType.MsgHeartbeat }), { ...ZERO, term: 5 });
  raft.sent('m0', message({ type: MessageType.MsgPreVote, term: 6 }), { ...ZERO, term: 5 });
  // It was asked for in an earlier term, and leaves when the database has been read.
  raft.sent('m0', message({ type: MessageType.MsgSnap, term: 4 }), { ...ZERO, term: 5 });
  expect(script.reported).toEqual([]);
  raft.sent('m0', message({ type: MessageType.MsgHeartbeat, term: 4 }), { ...ZERO, term: 4 });
  expect(script.reported).toHaveLength(2);
});

describe('leader completeness', () => {
  const sends = (term: number, entries: readonly Partial<Entry>[]): string[] => {
    const { script, raft } = begin();
    script.model.feed(script.entry({ put: put('a', '1') }, 3));
    script.model.feed(script.entry({ put: put('b', '1') }, 4));
    const whole = entries.map((one) => Entry.create(one));
    const append = { type: MessageType.MsgApp, index: 1, logTerm: 3, entries: whole };
    raft.sent('m0', message({ ...append, term }), ZERO);
    return script.reported;
  };

  test('a leader with other entries than the committed ones is found', () => {
    expect(sends(5, [{ index: 2, term: 3 }])).toHaveLength(1);
  });

  test('the committed ones, and what is behind them, pass; so does a leader whose time was before', () => {
    const committed = { index: 2, term: 4 };
    expect(sends(5, [committed, { index: 3, term: 5 }])).toEqual([]);
    expect(sends(3, [{ index: 2, term: 3 }])).toEqual([]);
  });
});

describe('the log that is applied', () => {
  const begun = (): { script: Script; log: LogCheck; entries: Entry[] } => {
    const script = new Script();
    const log = new LogCheck(script);
    log.started('m0', 1);
    log.started('m1', 1);
    const entries: Entry[] = [];
    for (const key of ['a', 'b', 'c']) {
      const entry = script.entry({ put: put(key, '1') });
      entries.push(entry);
      log.applied('m0', 1, [entry]);
    }
    return { script, log, entries };
  };

  test('the same everywhere passes, also again after a restart and behind a snapshot', () => {
    const { script, log, entries } = begun();
    log.applied('m1', 1, entries.slice(0, 1));
    log.installed('m1', 1, 2, 1);
    log.applied('m1', 1, entries.slice(2));
    log.started('m0', 2);
    log.applied('m0', 2, entries.slice(1));
    expect(script.reported).toEqual([]);
    expect(script.model.revision).toBe(4);
  });

  test('other content, another term, a gap and a repetition are found', () => {
    const { script, log, entries } = begun();
    log.applied('m1', 1, [{ ...entries[0]!, data: bytes('other') }]);
    log.applied('m1', 1, [{ ...entries[1]!, term: 2 }]);
    expect(script.reported).toHaveLength(2);
    log.applied('m0', 1, [entries[1]!]);
    expect(script.reported).toHaveLength(3);
    const repeated = { ...entries[0]!, index: 4 };
    log.started('m0', 2);
    log.applied('m0', 2, [repeated]);
    expect(script.reported[3]).toMatch(/entry 4 is the same request as entry 1/);
  });

  test('an entry that nobody has come to is found', () => {
    const { script, log, entries } = begun();
    log.started('m1', 2);
    log.applied('m1', 2, [{ ...entries[0]!, index: 9 }]);
    log.installed('m1', 2, 9, 1);
    expect(script.reported).toHaveLength(2);
  });
});
