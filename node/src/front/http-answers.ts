// Answers plain HTTP requests that a front thread passed on. Both ways are whole: what is served so is small.
import { GrpcStatus, StatusError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import { serve, type HttpHandler, type HttpRequest, type HttpResponder } from '../rpc/index.ts';
import type { HttpAnswer, HttpQuestion } from './messages.ts';

/** Runs the handler and calls `answered` once. */
export function answerHttp(
  handler: HttpHandler,
  { method, url, headers, remoteAddress, certificateCommonName, httpVersion }: HttpQuestion,
  logger: Logger,
  answered: (answer: HttpAnswer) => void,
): void {
  const request: HttpRequest = {
    ...{ method, url, headers, remoteAddress, certificateCommonName, httpVersion },
    raw: undefined,
    body: () =>
      Promise.reject(
        new StatusError(GrpcStatus.Unimplemented, 'no body is passed between threads'),
      ),
  };
  serve(handler, request, new Gathered(answered), logger);
}

class Gathered implements HttpResponder {
  private readonly answered: (answer: HttpAnswer) => void;
  private status = 200;
  private headers: Readonly<Record<string, string>> = {};
  private readonly parts: Buffer[] = [];
  private done = false;

  constructor(answered: (answer: HttpAnswer) => void) {
    this.answered = answered;
  }

  respond(
    status: number,
    headers: Readonly<Record<string, string>>,
    body: string | Uint8Array,
  ): void {
    if (this.done) return;
    this.done = true;
    this.answered({ status, headers, body });
  }

  start(status: number, headers: Readonly<Record<string, string>>): void {
    this.status = status;
    this.headers = headers;
  }

  write(part: string | Uint8Array): boolean {
    this.parts.push(Buffer.from(part));
    return true;
  }

  drained(): Promise<void> {
    return Promise.resolve();
  }

  end(): void {
    this.respond(this.status, this.headers, Buffer.concat(this.parts));
  }

  onClose(): void {}
}
