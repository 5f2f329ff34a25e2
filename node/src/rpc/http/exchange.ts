// Plain HTTP on the gRPC port, the same for HTTP/1.1 and HTTP/2: what a handler for /health or /metrics sees.
import type { IncomingMessage, ServerResponse } from 'node:http';

export interface HttpRequest {
  readonly method: string;
  /** Path and query, as in `/health?serializable=true`. */
  readonly url: string;
  /** Names in lower case; values of repeated fields joined by `, `. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly remoteAddress: string;
  readonly certificateCommonName: string | undefined;
  readonly httpVersion: '1.1' | '2';
  /** node:http's own objects, on HTTP/1.1 only: for upgrades and what else is not common to both. */
  readonly raw:
    { readonly request: IncomingMessage; readonly response: ServerResponse } | undefined;
  /**
   * Reads the whole body.
   * @throws StatusError ResourceExhausted when it is longer than `limitBytes`, Canceled when the client goes away
   */
  body(limitBytes: number): Promise<Uint8Array>;
}

/** Answers one request, once: with `respond`, or with `start`, `write` and `end`. */
export interface HttpResponder {
  respond(
    status: number,
    headers: Readonly<Record<string, string>>,
    body: string | Uint8Array,
  ): void;
  start(status: number, headers: Readonly<Record<string, string>>): void;
  /** Returns false when the client reads slower than the body is written: wait for `drained`. */
  write(part: string | Uint8Array): boolean;
  drained(): Promise<void>;
  end(): void;
  /** Runs once when the client goes away before the answer is complete. */
  onClose(callback: () => void): void;
}

/** A rejection is logged and answered with 500. */
export type HttpHandler = (request: HttpRequest, responder: HttpResponder) => void | Promise<void>;
