// One HTTP/2 stream: its windows, its state, and the bytes waiting to be sent on it.
import type { Connection } from './connection.ts';
import type { RequestHead } from './request-head.ts';

/** Who answers a request. The connection calls it in wire order. */
export interface StreamSink {
  /** A piece of the body, `bytes` [start, end): a view into the socket's chunk. Returns whether a view of them is kept. */
  data(bytes: Uint8Array, start: number, end: number): boolean;
  /** A DATA frame is over, or trailers came; after `endStream` nothing more arrives. */
  frameEnd(endStream: boolean): void;
  /** The stream was reset or the connection is gone: nothing can be sent any more. */
  aborted(): void;
  /** Called once, when the chunk that opened the stream is handled and the stream is still open. */
  opened(): void;
  /** Part of what was queued has been sent. */
  flushed(): void;
}

export class Stream {
  readonly id: number;
  readonly connection: Connection;
  readonly head: RequestHead;
  sink: StreamSink | undefined = undefined;
  /** Bytes the client may still send, and bytes it sent that nobody has consumed. */
  receiveWindow: number;
  unconsumedBytes = 0;
  /** Body bytes so far, for content-length. */
  bodyBytes = 0;
  sendWindow: number;
  /** The client ended its half. */
  remoteClosed = false;
  /** The end of our half is handed to the socket, or the stream was reset. */
  localClosed = false;
  /** Queued for sending: parts, and how much of the first is sent. */
  readonly queue: Uint8Array[] = [];
  firstOffset = 0;
  queuedBytes = 0;
  /** Called when the socket has written what is queued; never, when it does not come to that. */
  whenWritten: (() => void) | undefined = undefined;
  /** Set once our half is to end behind the queue: a header block, or an empty one for END_STREAM on the last DATA. */
  ending: Uint8Array | undefined = undefined;
  /** In the sender's list of streams that have something to send. */
  listed = false;

  constructor(
    connection: Connection,
    id: number,
    head: RequestHead,
    receiveWindow: number,
    sendWindow: number,
  ) {
    this.connection = connection;
    this.id = id;
    this.head = head;
    this.receiveWindow = receiveWindow;
    this.sendWindow = sendWindow;
  }
}
