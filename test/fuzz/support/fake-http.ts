// node:http's request and response without a socket: a body in pieces, and what was answered.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';

export interface RequestParts {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: readonly Uint8Array[];
  /** The connection breaks behind the body. */
  readonly isCutOff: boolean;
}

export function fakeRequest(parts: RequestParts): IncomingMessage {
  const request = Readable.from(parts.body, { objectMode: false });
  return Object.assign(request, {
    ...{ method: parts.method, url: parts.url, headers: parts.headers, httpVersion: '1.1' },
    complete: !parts.isCutOff,
    socket: { remoteAddress: 'fuzz' },
  }) as unknown as IncomingMessage; // handlers use no more of it
}

/** Remembers the answer, and complains about a second one. */
export class FakeResponse {
  status: number | undefined;
  headersSent = false;
  destroyed = false;
  body = Buffer.alloc(0);
  private ended = false;

  /** The part of node:http's response that handlers use. */
  asResponse(): ServerResponse {
    return this as unknown as ServerResponse; // handlers use no more of it
  }

  get isAnswered(): boolean {
    return this.ended || this.destroyed;
  }

  setHeader(): this {
    return this;
  }

  writeHead(status: number, headers: Readonly<Record<string, unknown>> = {}): this {
    if (this.headersSent) throw new Error('answered twice');
    for (const [name, value] of Object.entries(headers)) checkHeader(name, String(value));
    this.status = status;
    this.headersSent = true;
    return this;
  }

  flushHeaders(): void {}

  once(): this {
    return this;
  }

  end(body: Uint8Array | string = ''): this {
    if (this.ended) throw new Error('ended twice');
    this.ended = true;
    this.body = Buffer.from(body as Uint8Array); // from() takes text as well
    return this;
  }

  destroy(): this {
    this.destroyed = true;
    return this;
  }
}

/** What node:http would throw at. */
function checkHeader(name: string, value: string): void {
  if (!/^[\w-]+$/.test(name) || /[^\t\x20-\x7e\x80-\xff]/.test(value)) {
    throw new Error(`invalid header ${name}: ${value}`);
  }
}
