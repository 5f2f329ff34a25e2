// How ranges are answered. Those of few keys at once; those of many in steps, so that others are served in between, and one
// after the other, so that unfinished answers take the memory of one.
import { EtcdError, type CallContext } from '../base/index.ts';
import { RangeAnswer, executeRange, isAsStored } from '../apply/index.ts';
import type { RangeCursor } from '../storage/index.ts';
import type { RangeRequest, RangeResponse } from '../wire/gen/rpc.ts';
import type { EncodedMessage } from '../wire/index.ts';
import { headerOf, type MemberApi } from './member-api.ts';

/** Up to so many keys are read without a pause. */
const FEW_KEYS = 1000;
/** Keys that are put into the order of their revisions together. */
const WINDOW_KEYS = 32_768;
/** What is done without a pause: some milliseconds. */
const STEP = { keys: 4096, bytes: 2 * 1024 * 1024 };
/** So often a range is tried in steps; when compactions took what it was going to read each time, it is read without a pause. */
const ATTEMPTS = 2;

export class Ranges {
  private readonly member: MemberApi;
  private last: Promise<unknown> = Promise.resolve();

  constructor(member: MemberApi) {
    this.member = member;
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
    if (cursor.remaining <= FEW_KEYS) return this.atOnce(request, cursor);
    const turn = this.last.then(() => this.inSteps(request, call));
    this.last = turn.catch(() => undefined);
    return turn;
  }

  private open(request: RangeRequest): RangeCursor {
    const { key, rangeEnd, revision, limit } = request;
    return this.member.store.openRange(key, rangeEnd, { revision, limit });
  }

  private atOnce(request: RangeRequest, cursor: RangeCursor): EncodedMessage {
    const answer = this.begin(cursor);
    cursor.readAll((keyValue) => answer.add(keyValue, cursor.remaining));
    return finished(answer, request, cursor);
  }

  private async inSteps(request: RangeRequest, call: CallContext): Promise<EncodedMessage> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const cursor = this.open(request);
      const answer = this.begin(cursor);
      if (await this.fill(answer, cursor, call)) return finished(answer, request, cursor);
    }
    return this.atOnce(request, this.open(request));
  }

  private begin(cursor: RangeCursor): RangeAnswer {
    return new RangeAnswer(headerOf(this.member, cursor.revision));
  }

  /** Returns false when the range has to be begun anew. */
  private async fill(answer: RangeAnswer, cursor: RangeCursor, call: CallContext) {
    for (;;) {
      const window = cursor.nextWindow(WINDOW_KEYS);
      if (window === undefined) return true;
      for (;;) {
        const progress = window.locate(STEP.keys);
        if (progress === 'gone') return false;
        if (progress === 'done') break;
        await this.pause(call);
      }
      const elements = answer.reserve(window.lengths);
      while (window.copy(elements, STEP.bytes) === 'more') await this.pause(call);
    }
  }

  /** @throws EtcdError Canceled when nobody waits for the answer any more */
  private async pause(call: CallContext): Promise<void> {
    await this.member.yieldNow();
    if (call.canceled) throw new EtcdError('Canceled');
  }
}

function finished(answer: RangeAnswer, request: RangeRequest, cursor: RangeCursor): EncodedMessage {
  return answer.finish(request.limit > 0 && cursor.count > request.limit, cursor.count);
}
