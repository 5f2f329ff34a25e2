// How ranges are answered. Those of few keys at once; those of many in steps, so that others are served in between, and one
// after the other, so that unfinished answers take the memory of one.
import { EtcdError, type CallContext } from '../base/index.ts';
import { RangeAnswer, executeRange, isAsStored } from '../apply/index.ts';
import type { RangeCursor } from '../storage/index.ts';
import { RangeResponse, type RangeRequest } from '../wire/gen/rpc.ts';
import type { EncodedMessage } from '../wire/index.ts';
import { headerOf, type MemberApi } from './member-api.ts';

/** Up to so many keys are read without a pause. */
const FEW_KEYS = 1000;
/** A step ends with the first of the two: some milliseconds. */
const STEP = { keys: 1000, bytes: 1024 * 1024 };
/** So often a range begins anew when a compaction took what it was going to read; then it is read without a pause. */
const RESTARTS = 2;

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
    if (cursor.remaining <= FEW_KEYS) return this.whole(request, cursor);
    const turn = this.last.then(() => this.inSteps(request, call));
    this.last = turn.catch(() => undefined);
    return turn;
  }

  private open(request: RangeRequest): RangeCursor {
    const { key, rangeEnd, revision, limit } = request;
    return this.member.store.openRange(key, rangeEnd, { revision, limit });
  }

  private whole(request: RangeRequest, cursor: RangeCursor): EncodedMessage {
    const answer = new RangeAnswer(headerOf(this.member, cursor.revision));
    cursor.advance((keyValue) => {
      answer.add(keyValue, cursor.remaining);
      return true;
    });
    return finished(answer, request, cursor);
  }

  private async inSteps(request: RangeRequest, call: CallContext): Promise<EncodedMessage> {
    for (let attempt = 0; attempt < RESTARTS; attempt++) {
      const cursor = this.open(request);
      const answer = new RangeAnswer(headerOf(this.member, cursor.revision));
      for (;;) {
        if (call.canceled) throw new EtcdError('Canceled');
        const progress = step(cursor, answer);
        if (progress === 'done') return finished(answer, request, cursor);
        if (progress === 'gone') break;
        await this.member.yieldNow();
      }
    }
    return this.whole(request, this.open(request));
  }
}

function step(cursor: RangeCursor, answer: RangeAnswer) {
  const fullBytes = answer.sizeBytes + STEP.bytes;
  let keys = 0;
  return cursor.advance((keyValue) => {
    answer.add(keyValue, cursor.remaining);
    return ++keys < STEP.keys && answer.sizeBytes < fullBytes;
  });
}

function finished(answer: RangeAnswer, request: RangeRequest, cursor: RangeCursor): EncodedMessage {
  return answer.finish(request.limit > 0 && cursor.count > request.limit, cursor.count);
}
