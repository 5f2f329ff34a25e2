// How ranges are answered. Those of few keys at once; those of many in steps, so that others are served in between, and one
// after the other, so that unfinished answers take the memory of one. Finished ones that wait for their sockets hold up others
// (answer-turns.ts), but for those of very few keys.
import { EtcdError, assert, type CallContext } from '../base/index.ts';
import { AnswerMemory, RangeAnswer, executeRange, isAsStored } from '../apply/index.ts';
import type { EncodedSink, Progress, RangeCursor, RangeWindow } from '../storage/index.ts';
import type { RangeRequest, RangeResponse } from '../wire/gen/rpc.ts';
import type { EncodedMessage } from '../wire/index.ts';
import { AnswerTurns } from './answer-turns.ts';
import { headerOf, type MemberApi } from './member-api.ts';

/** Up to so many keys are read without a pause. */
const FEW_KEYS = 1000;
/** So many are hardly a list: their pages may be wanted again. */
const VERY_FEW_KEYS = 16;
/** Keys that are put into the order of their revisions together. */
const WINDOW_KEYS = 65_536;
/** What is done without a pause: some milliseconds. */
const STEP = { keys: 4096, bytes: 2 * 1024 * 1024 };
/** So often a range is tried in steps; when compactions took what it was going to read each time, it is read without a pause. */
const ATTEMPTS = 2;

export class Ranges {
  private readonly member: MemberApi;
  private readonly memory: AnswerMemory;
  private readonly turns: AnswerTurns;
  private last: Promise<unknown> = Promise.resolve();

  constructor(member: MemberApi) {
    this.member = member;
    this.memory = new AnswerMemory(member.world.clock);
    this.turns = new AnswerTurns(member.world.clock);
  }

  /**
   * Reads from the local store.
   * @throws EtcdError Compacted, FutureRev
   */
  answer(
    request: RangeRequest,
    call: CallContext,
  ): RangeResponse | EncodedMessage | Promise<EncodedMessage> {
    const { member } = this;
    if (!isAsStored(request)) {
      const response = executeRange(member.store, request);
      response.header = headerOf(member, response.header?.revision ?? 0);
      return response;
    }
    const cursor = this.open(request);
    if (cursor.remaining <= VERY_FEW_KEYS) return this.atOnce(request, cursor);
    if (cursor.remaining <= FEW_KEYS) {
      return this.turns.isOpen ? this.atOnce(request, cursor) : this.inTurn(request, call);
    }
    const turn = this.last.then(() => this.inSteps(request, call));
    this.last = turn.catch(() => undefined);
    return turn;
  }

  private inTurn(request: RangeRequest, call: CallContext): Promise<EncodedMessage> {
    return new Promise((resolve, reject) => {
      const run = (): void => {
        try {
          // What was there when the call came may be compacted, and need not be what is read.
          resolve(this.atOnce(request, this.open(request)));
        } catch (error) {
          reject(error as Error); // an EtcdError, or a failed assertion
        }
      };
      this.turns.wait(call, run, reject);
    });
  }

  private open(request: RangeRequest): RangeCursor {
    const { key, rangeEnd, revision, limit } = request;
    return this.member.store.openRange(key, rangeEnd, { revision, limit });
  }

  private atOnce(request: RangeRequest, cursor: RangeCursor): EncodedMessage {
    const answer = this.begin(cursor);
    const { only } = cursor;
    if (only !== undefined) {
      answer.add(only, 0, only.length, 0);
      return this.finished(answer, request, cursor);
    }
    const use = cursor.remaining <= VERY_FEW_KEYS ? 'keep' : 'runs';
    const progress = cursor.read(sinkOf(answer, cursor), Infinity, Infinity, use);
    assert(progress === 'done', 'the store has all revisions that its index knows');
    return this.finished(answer, request, cursor);
  }

  private async inSteps(request: RangeRequest, call: CallContext): Promise<EncodedMessage> {
    const { turns } = this;
    if (!turns.isOpen) await new Promise<void>((run, reject) => turns.wait(call, run, reject));
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const cursor = this.open(request);
      const answer = this.begin(cursor);
      let isDone = false;
      try {
        isDone = cursor.isOrderly
          ? await this.readInOrder(answer, cursor, call)
          : await this.readInWindows(answer, cursor, call);
      } finally {
        if (!isDone) answer.abandon();
      }
      if (isDone) return this.finished(answer, request, cursor);
    }
    return this.atOnce(request, this.open(request));
  }

  private begin(cursor: RangeCursor): RangeAnswer {
    return new RangeAnswer(headerOf(this.member, cursor.revision), this.memory);
  }

  /** Returns false when the range has to be begun anew. */
  private async readInOrder(answer: RangeAnswer, cursor: RangeCursor, call: CallContext) {
    const sink = sinkOf(answer, cursor);
    for (;;) {
      const progress = cursor.read(sink, STEP.keys, STEP.bytes, 'once');
      if (progress !== 'more') return progress === 'done';
      await this.pause(call);
    }
  }

  /** The same for keys that were not written in their order. */
  private async readInWindows(answer: RangeAnswer, cursor: RangeCursor, call: CallContext) {
    for (;;) {
      const window = cursor.nextWindow(WINDOW_KEYS, this.memory);
      if (window === undefined) return true;
      try {
        if (!(await this.readWindow(answer, window, call))) return false;
      } finally {
        window.close();
      }
    }
  }

  private async readWindow(answer: RangeAnswer, window: RangeWindow, call: CallContext) {
    const locate = (): Progress => window.locate(STEP.keys, STEP.bytes);
    let progress = locate();
    for (; progress === 'more'; progress = locate()) await this.pause(call);
    if (progress === 'gone') return false;
    const elements = answer.reserve(window.lengths);
    const copy = (): Progress => window.copy(elements, STEP.keys, STEP.bytes);
    for (progress = copy(); progress === 'more'; progress = copy()) await this.pause(call);
    return progress === 'done';
  }

  private finished(answer: RangeAnswer, request: RangeRequest, cursor: RangeCursor) {
    const { limit } = request;
    return this.turns.counted(answer.finish(limit > 0 && cursor.count > limit, cursor.count));
  }

  /** @throws EtcdError Canceled when nobody waits for the answer any more */
  private async pause(call: CallContext): Promise<void> {
    await this.member.world.clock.yieldNow();
    if (call.canceled) throw new EtcdError('Canceled');
  }
}

/** Lets the answer know how much is still to come. */
function sinkOf(answer: RangeAnswer, cursor: RangeCursor): EncodedSink {
  return { add: (bytes, start, length) => answer.add(bytes, start, length, cursor.remaining) };
}
