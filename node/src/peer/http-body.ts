// Reads bodies with a bound, and answers as etcd's handlers do.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { concatBytes } from '../base/bytes.ts';
import { utf8FromText } from '../base/text.ts';

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
  answer(response, status, `${text}\n`, {
    'Content-Type': 'text/plain; charset=utf-8',
    'X-Content-Type-Options': 'nosniff',
  });
}

export function answerJson(response: ServerResponse, status: number, value: unknown): void {
  answer(response, status, `${JSON.stringify(value)}\n`, { 'Content-Type': 'application/json' });
}

function answer(
  response: ServerResponse,
  status: number,
  text: string,
  headers: Readonly<Record<string, string>>,
): void {
  if (response.headersSent || response.destroyed) return;
  const body = utf8FromText(text);
  response.writeHead(status, { ...headers, 'Content-Length': body.length });
  response.end(body);
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
