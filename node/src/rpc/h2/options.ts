// What a connection needs from its server.
import type { Logger } from '../../base/logger.ts';
import type { Clock } from '../../base/world.ts';
import type { ProcessBudget } from '../budget.ts';
import type { Connection } from './connection.ts';
import type { FlushQueue } from './sender.ts';
import type { Stream } from './stream.ts';

export interface ConnectionOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly budget: ProcessBudget;
  readonly flushQueue: FlushQueue;
  /** What one connection may make the process hold. */
  readonly connectionHeldBytes: number;
  /** Receive window of a stream, apart from what a message under way was granted. */
  readonly streamWindowBytes: number;
  readonly connectionWindowBytes: number;
  /** SETTINGS_MAX_HEADER_LIST_SIZE, and the limit for a block on the wire. */
  readonly maxHeaderListBytes: number;
  readonly maxConcurrentStreams: number;
  /** Nothing is read while this many bytes wait to be written. */
  readonly pauseBytes: number;
  readonly keepaliveMinTimeMs: number;
  /** 0: no pings from the server. */
  readonly keepaliveIntervalMs: number;
  readonly keepaliveTimeoutMs: number;
  /** Must set `stream.sink`, and call `connection.callSettled` once, when the handler has settled. */
  readonly onRequest: (stream: Stream) => void;
  readonly onClose: (connection: Connection) => void;
}
