// Reads bodies with a bound, and answers as etcd's handlers do.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { concatBytes } from '../base/bytes.ts';

/** The body is longer than its reader accepts: 413 on the server's side. */
export class BodyTooLargeError extends Error {
  constructor() {
    super('body too large');
    this.name = 'BodyTooLargeError';
  }
}

/** The whole body. Rejects with BodyTooLargeError over `limitBytes`, or when the connection ends before it. */
export async function readBody(message: IncomingMessage, limitBytes: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  // Without an encoding set, node:http delivers bytes.
  for await (const part of message as AsyncIterable<Uint8Array>) {
    length += part.length;
    if (length > limitBytes) throw new BodyTooLargeError();
    parts.push(part);
  }
  if (!message.complete) throw new Error('unexpected EOF');
  return concatBytes(parts);
}

/** As Go's http.Error: a line of text. */
export function answerText(response: ServerResponse, status: number, text: string): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(status, {
    'Content-Type': 'text/plain; charset=utf-8',
    'X-Content-Type-Options': 'nosniff',
  });
  response.end(`${text}\n`);
}

export function answerJson(response: ServerResponse, status: number, value: unknown): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(status, { 'Content-Type': 'application/json' });
  response.end(`${JSON.stringify(value)}\n`);
}

/** True when the request's method is the allowed one; otherwise it is answered with 405. */
export function allowMethod(
  request: IncomingMessage,
  response: ServerResponse,
  method: 'GET' | 'POST',
): boolean {
  if (request.method === method) return true;
  response.setHeader('Allow', method);
  answerText(response, 405, 'Method Not Allowed');
  return false;
}
