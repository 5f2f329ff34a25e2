// Serves POST /raft/snapshot: saves the database that comes with a MsgSnap, then lets raft process the message
// (etcd: snapshotHandler in rafthttp/http.go). At no time more of the database than one piece is held.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { concatBytes } from '../base/bytes.ts';
import { formatId } from '../base/ids.ts';
import { EMPTY_BYTES } from '../base/text.ts';
import type { Timer } from '../base/world.ts';
import { Message, MessageType } from '../wire/gen/raft.ts';
import { decode } from '../wire/index.ts';
import { escalate, messageOf, type TransportContext } from './context.ts';
import { readUint64 } from './codec/frames.ts';
import { answerJson, answerText } from './http-body.ts';
import {
  ENVELOPE_LIMIT_BYTES,
  MAX_INCOMING_SNAPSHOTS,
  SNAPSHOT_STALL_TIMEOUT_MS,
} from './limits.ts';

const LENGTH_BYTES = 8;

export class SnapshotReceiver {
  private readonly context: TransportContext;
  private receiving = 0;

  constructor(context: TransportContext) {
    this.context = context;
  }

  /** Serves a request that passed the identity checks. */
  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.receiving >= MAX_INCOMING_SNAPSHOTS) {
      answerText(response, 503, 'too many snapshots are being received');
      return;
    }
    this.receiving++;
    const body = new BodyReader(request, this.context);
    try {
      await this.receive(body, response);
    } finally {
      this.receiving--;
      body.close();
      // A sender that was refused early may still be writing: the connection cannot be used again.
      if (!request.complete) response.once('finish', () => request.destroy());
    }
  }

  private async receive(body: BodyReader, response: ServerResponse): Promise<void> {
    const { logger, metrics, identity } = this.context;
    const fail = (status: number, text: string, error: unknown): void => {
      const local = formatId(identity.memberId);
      logger.warn(text, { 'local-member-id': local, error: messageOf(error) });
      answerText(response, status, `${text} (${messageOf(error)})`);
    };
    let message: Message;
    try {
      message = await body.message();
    } catch (error) {
      metrics.receivedFailure?.('snapshot');
      fail(400, 'failed to decode raft message', error);
      return;
    }
    const from = message.from;
    if (message.type !== MessageType.MsgSnap || message.snapshot?.metadata === undefined) {
      fail(400, 'wrong raft message type', `message type ${message.type}`);
      return;
    }
    if (!admitPosted(this.context, message, response)) return;
    const startMs = this.context.clock.monotonicMs();
    const seconds = (): number => (this.context.clock.monotonicMs() - startMs) / 1000;
    metrics.snapshotReceive?.(from, 'started', 0);
    try {
      await this.save(message, message.snapshot.metadata.index, body);
      await this.context.handlers.process([message]);
    } catch (error) {
      escalate(error);
      metrics.snapshotReceive?.(from, 'failure', seconds());
      fail(500, 'failed to save KV snapshot', error);
      return;
    }
    response.writeHead(204).end();
    metrics.snapshotReceive?.(from, 'success', seconds());
  }

  private async save(message: Message, index: number, body: BodyReader): Promise<void> {
    const { logger, metrics, identity, handlers } = this.context;
    const fields = {
      'local-member-id': formatId(identity.memberId),
      'remote-snapshot-sender-id': formatId(message.from),
      'incoming-snapshot-index': index,
    };
    logger.info('receiving database snapshot', fields);
    await handlers.saveDatabaseSnapshot(message.from, body.rest(), index);
    body.assertEnded();
    metrics.receivedBytes?.(message.from, body.receivedBytes);
    const size = { 'incoming-snapshot-size-bytes': body.receivedBytes };
    logger.info('received and saved database snapshot', { ...fields, ...size });
  }
}

/** Reads the envelope first and then the rest piece by piece; a sender that stalls is cut off. */
class BodyReader {
  receivedBytes = 0;
  private readonly request: IncomingMessage;
  private readonly pieces: AsyncIterator<Uint8Array>;
  private readonly context: TransportContext;
  private left: Uint8Array = EMPTY_BYTES;
  private timer: Timer | undefined;
  private ended = false;

  constructor(request: IncomingMessage, context: TransportContext) {
    this.request = request;
    this.context = context;
    // Without an encoding set, node:http delivers bytes.
    this.pieces = (request as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
  }

  async message(): Promise<Message> {
    const head = await this.take(LENGTH_BYTES);
    const length = readUint64(head, 0);
    if (length > ENVELOPE_LIMIT_BYTES) throw new Error('rafthttp: error limit exceeded');
    return decode(Message, await this.take(length));
  }

  async *rest(): AsyncGenerator<Uint8Array, void, undefined> {
    for (;;) {
      const piece = this.left.length > 0 ? this.left : await this.next();
      this.left = EMPTY_BYTES;
      if (piece === undefined) return;
      yield piece;
    }
  }

  /** A database that was not read to its end must not count as saved. */
  assertEnded(): void {
    if (!this.ended) throw new Error('the database was not read to its end');
    if (!this.request.complete) throw new Error('unexpected EOF');
  }

  close(): void {
    this.timer?.cancel();
  }

  private async take(length: number): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    let missing = length;
    while (missing > 0) {
      const piece = this.left.length > 0 ? this.left : await this.next();
      if (piece === undefined) throw new Error('unexpected EOF');
      const part = piece.subarray(0, missing);
      this.left = piece.subarray(part.length);
      missing -= part.length;
      parts.push(part);
    }
    return parts.length === 1 && parts[0] !== undefined ? parts[0] : concatBytes(parts);
  }

  private async next(): Promise<Uint8Array | undefined> {
    this.timer = this.context.clock.after(SNAPSHOT_STALL_TIMEOUT_MS, () => {
      this.request.destroy(new Error('read: i/o timeout'));
    });
    try {
      const { value, done } = await this.pieces.next();
      this.ended = done === true;
      if (done === true) return undefined;
      this.receivedBytes += value.length;
      return new Uint8Array(value.buffer, value.byteOffset, value.length);
    } finally {
      this.timer.cancel();
    }
  }
}

/**
 * True when raft may see a posted message; otherwise it is answered. 403 makes the sender stop for good, so only a
 * removed member gets it; etcd means to send it for a wrong receiver as well, but answers 500.
 */
export function admitPosted(
  context: TransportContext,
  message: Message,
  response: ServerResponse,
): boolean {
  if (context.admit([message]).length === 1) return true;
  if (context.handlers.isIdRemoved(message.from)) {
    answerJson(response, 403, { message: 'cannot process message from removed member' });
  } else answerText(response, 500, 'error processing raft message');
  return false;
}
