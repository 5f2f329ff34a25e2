// Plain HTTP requests (health, metrics, version) that come to a front thread: asked of the main thread, whole.
import type { HttpHandler, HttpResponder } from '../rpc/index.ts';
import type { HttpAnswer, HttpQuestion } from './messages.ts';

export class HttpQuestions {
  private readonly ask: (id: number, question: HttpQuestion) => void;
  private readonly waiting = new Map<number, HttpResponder>();
  private lastId = 0;

  constructor(ask: (id: number, question: HttpQuestion) => void) {
    this.ask = ask;
  }

  readonly handler: HttpHandler = (request, responder) => {
    const id = ++this.lastId;
    this.waiting.set(id, responder);
    responder.onClose(() => this.waiting.delete(id));
    const { method, url, headers, remoteAddress, certificateCommonName, httpVersion } = request;
    this.ask(id, { method, url, headers, remoteAddress, certificateCommonName, httpVersion });
  };

  answer(id: number, { status, headers, body }: HttpAnswer): void {
    const responder = this.waiting.get(id);
    if (!this.waiting.delete(id)) return;
    responder?.respond(status, headers, body);
  }
}
