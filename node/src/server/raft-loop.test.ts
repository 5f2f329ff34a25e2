// The order in which a Ready is dealt with: what is sent before and after what is on the disk.
import { describe, expect, test } from 'vitest';
import { MessageType, Message, Snapshot, type Entry } from '../wire/gen/raft.ts';
import type { RawNode, Ready } from '../raft/index.ts';
import { RaftLoop } from './raft-loop.ts';

const entry = (index: number): Entry => ({ type: 0, term: 1, index, data: new Uint8Array(0) });

function ready(fields: Partial<Ready>): Ready {
  return {
    softState: undefined,
    hardState: undefined,
    snapshot: undefined,
    readStates: [],
    entries: [],
    committedEntries: [],
    messages: [],
    mustSync: false,
    ...fields,
  };
}

/** Runs the loop over `readies`; the log finishes a write when the test lets it. */
const setUp = (...readies: Ready[]) => setUpLoop(readies, false);

const MANY_CLIENTS = { isShared: () => true, isAwaited: () => true };
const NO_CLIENTS = { isShared: () => false, isAwaited: () => false };

function setUpLoop(readies: Ready[], isFounding: boolean, clients = MANY_CLIENTS) {
  const happened: string[] = [];
  const pending: (() => void)[] = [];
  const deferred: (() => void)[] = [];
  const note = (what: string) => void happened.push(what);
  const onDisk = (what: string): Promise<void> => {
    note(`${what}…`);
    return new Promise((resolve) => {
      pending.push(() => {
        note(what);
        resolve();
      });
    });
  };
  const node = {
    hasReady: () => readies.length > 0,
    ready: () => readies.shift(),
    advance: () => note('advance'),
  };
  const loop = new RaftLoop({
    node: node as unknown as RawNode, // the loop uses no more of it
    localId: 1n,
    isFounding,
    log: {
      save: (_state, _entries, _mustSync, isAlone) => onDisk(isAlone ? 'saved alone' : 'saved'),
      saveSnapshot: () => onDisk('snapshot record saved'),
      applySnapshot: () => note('log replaced'),
      append: () => note('appended'),
    },
    transport: () => ({
      send: (messages) => {
        if (messages.length > 0) note(`sent ${messages.map((one) => one.index).join()}`);
      },
      flush: () => note('flushed'),
    }),
    ...clients,
    applyEntries: (entries) => {
      if (entries.length > 0) note(`applied ${entries.map((one) => one.index).join()}`);
      return entries.length === 2 ? onDisk('committed') : undefined;
    },
    installSnapshot: async () => note('installed'),
    sendSnapshot: (message) => note(`sent snapshot to ${message.to}`),
    onReadState: (_, index) => note(`read state ${index}`),
    onLeader: (leader, role) => note(`${role} of ${leader}`),
    onAdvanced: () => {},
    gather: () => {},
    defer: (callback) => deferred.push(callback),
    onFatal: (error) => note(`fatal ${String(error)}`),
  });
  const turn = async () => {
    for (const run of deferred.splice(0)) run();
    for (let i = 0; i < 20; i++) await Promise.resolve();
  };
  const finishWrites = async () => {
    for (const finish of pending.splice(0)) finish();
    await turn();
  };
  return { loop, happened, turn, finishWrites };
}

const message = (index: number, fields: Partial<Message> = {}): Message =>
  Message.create({ type: MessageType.MsgApp, to: 2n, index, ...fields });
const work = { entries: [entry(7)], committedEntries: [entry(6)], mustSync: true };

describe('the ready loop', () => {
  test('applies the founding entries when they are on the disk, and later ones while they are written', async () => {
    const founding = { entries: [entry(1)], committedEntries: [entry(1)], mustSync: true };
    const { loop, happened, turn, finishWrites } = setUpLoop([ready(founding), ready(work)], true);
    loop.wake();
    await turn();
    expect(happened).toEqual(['saved…']);
    await finishWrites();
    expect(happened.slice(1)).toEqual([
      'saved',
      'applied 1',
      'appended',
      'advance',
      'saved…',
      'applied 6',
    ]);
  });

  test('waits for the store where it asks for that, with nothing else left undone', async () => {
    const replayed = ready({ committedEntries: [entry(4), entry(5)] });
    const { loop, happened, turn, finishWrites } = setUp(replayed, ready(work));
    loop.wake();
    await turn();
    expect(happened).toEqual(['applied 4,5', 'committed…', 'appended', 'advance']);
    await finishWrites();
    expect(happened.slice(4)).toEqual(['committed', 'saved…', 'applied 6']);
  });

  test('of a leader sends before its entries are on the disk', async () => {
    const softState = { leader: 1n, role: 'leader' as const };
    const { loop, happened, turn, finishWrites } = setUp(
      ready({ ...work, softState, messages: [message(7)] }),
    );
    loop.wake();
    await turn();
    expect(happened).toEqual(['leader of 1', 'sent 7', 'saved…', 'applied 6']);
    await finishWrites();
    expect(happened.slice(4)).toEqual(['saved', 'appended', 'advance']);
  });

  test('of anybody else answers only for what is on the disk', async () => {
    const answer = message(7, { type: MessageType.MsgAppResp });
    const { loop, happened, turn, finishWrites } = setUp(ready({ ...work, messages: [answer] }));
    loop.wake();
    await turn();
    expect(happened).toEqual(['saved…', 'applied 6']);
    await finishWrites();
    expect(happened.slice(2)).toEqual(['saved', 'appended', 'sent 7', 'advance']);
  });

  test('replaces the state by a snapshot once record and hard state are on the disk', async () => {
    const snapshot = Snapshot.create({
      metadata: { confState: undefined, index: 9, term: 2 },
    });
    const hardState = { term: 2, vote: 0n, commit: 9 };
    const answer = message(9, { type: MessageType.MsgAppResp });
    const { loop, happened, turn, finishWrites } = setUp(
      ready({ snapshot, hardState, messages: [answer], committedEntries: [entry(10)] }),
    );
    loop.wake();
    await turn();
    expect(happened).toEqual(['snapshot record saved…']);
    await finishWrites();
    expect(happened.slice(1)).toEqual(['snapshot record saved', 'saved…']);
    await finishWrites();
    expect(happened.slice(3)).toEqual([
      'saved',
      'log replaced',
      'installed',
      'appended',
      'sent 9',
      'applied 10',
      'advance',
    ]);
  });

  test('sends the last of several answers, every refusal, and snapshots apart', async () => {
    const answer = (index: number, reject = false) =>
      message(index, { type: MessageType.MsgAppResp, reject });
    const messages = [
      answer(1),
      answer(2, true),
      message(3, { type: MessageType.MsgSnap, to: 5n }),
      message(4),
      answer(5),
    ];
    const { loop, happened, turn } = setUp(ready({ messages }));
    loop.wake();
    await turn();
    expect(happened).toEqual(['appended', 'sent snapshot to 5', 'sent 2,4,5', 'advance']);
  });

  test('leaves out an answer that says nothing new while commitIndex moves, and gives it when asked again', async () => {
    const answer = (index: number, more?: Partial<Message>) =>
      message(index, { type: MessageType.MsgAppResp, to: 2n, ...more });
    const committing = (...messages: Message[]) =>
      ready({ committedEntries: [entry(6)], messages });
    const sent: string[] = [];
    for (const next of [
      [ready({ messages: [answer(7)] }), committing(answer(7))],
      [ready({ messages: [answer(7)] }), committing(answer(7)), ready({ messages: [answer(7)] })],
      [ready({ messages: [answer(7)] }), committing(answer(8))],
      [ready({ messages: [answer(7)] }), committing(answer(7, { to: 3n }))],
      [ready({ messages: [answer(7)] }), committing(answer(7, { term: 9 }))],
      [ready({ messages: [answer(7)] }), committing(answer(7, { reject: true }))],
    ]) {
      const { loop, happened, turn } = setUp(...next);
      loop.wake();
      await turn();
      sent.push(happened.filter((what) => what.startsWith('sent')).join(', '));
    }
    expect(sent).toEqual([
      'sent 7',
      'sent 7, sent 7',
      'sent 7, sent 8',
      'sent 7, sent 7',
      'sent 7, sent 7',
      'sent 7, sent 7',
    ]);
  });

  test('of a leader has its messages leave before it may wait for the disk in place', async () => {
    const softState = { leader: 1n, role: 'leader' as const };
    const alone = { entries: [entry(7)], mustSync: true, softState, messages: [message(7)] };
    const { loop, happened, turn } = setUpLoop([ready(alone)], false, NO_CLIENTS);
    loop.wake();
    await turn();
    expect(happened).toEqual(['leader of 1', 'sent 7', 'flushed', 'saved alone…']);
  });

  test('waits for the disk in place only where nobody else would be served meanwhile', async () => {
    const one = { entries: [entry(7)], mustSync: true };
    const two = { ...one, entries: [entry(7), entry(8)] };
    const awaited = { isShared: () => false, isAwaited: () => true };
    const first = async (fields: Partial<Ready>, clients: typeof NO_CLIENTS) => {
      const { loop, happened, turn } = setUpLoop([ready(fields)], false, clients);
      loop.wake();
      await turn();
      return happened.find((what) => what.startsWith('saved'));
    };
    expect(await first(one, awaited)).toBe('saved alone…');
    expect(await first(one, MANY_CLIENTS)).toBe('saved…');
    expect(await first(two, NO_CLIENTS)).toBe('saved…');
    // What is applied with it has an answer, or an event, that should leave.
    expect(await first(work, awaited)).toBe('saved…');
    expect(await first(work, NO_CLIENTS)).toBe('saved alone…');
  });

  test('takes what comes during a write as the next Ready', async () => {
    const { loop, happened, turn, finishWrites } = setUp(
      ready({ ...work, readStates: [{ index: 3, context: new Uint8Array(8) }] }),
      ready({ committedEntries: [entry(7)] }),
    );
    loop.wake();
    loop.wake();
    await turn();
    loop.wake();
    await turn();
    expect(happened).toEqual(['read state 3', 'saved…', 'applied 6']);
    await finishWrites();
    expect(happened.slice(3)).toEqual([
      'saved',
      'appended',
      'advance',
      'applied 7',
      'appended',
      'advance',
    ]);
  });

  test('handles nothing after its stop', async () => {
    const { loop, happened, turn } = setUp(ready({ committedEntries: [entry(1)] }));
    loop.wake();
    loop.stop();
    await turn();
    expect(happened).toEqual([]);
  });
});
