// The answering end of links: an HTTP request for a path with `Upgrade` turns its connection into one, on which that path is
// asked again and again without HTTP around each question.
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { FrameCutter, LINK_PROTOCOL, answerFrame } from './link-frames.ts';

export interface LinkAnswer {
  readonly status: number;
  readonly body: Uint8Array;
}

/** Answers one question at a path; never rejects. */
export type LinkRoute = (body: Uint8Array) => Promise<LinkAnswer>;
/** By exact path. */
export type LinkRoutes = Readonly<Record<string, LinkRoute>>;

const SWITCHING = `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${LINK_PROTOCOL}\r\n\r\n`;

/** The links of one HTTP server. */
export class LinkServer {
  private readonly routes: LinkRoutes;
  private readonly sockets = new Set<Duplex>();

  constructor(routes: LinkRoutes) {
    this.routes = routes;
  }

  /** Whether a request with `Upgrade` begins a link; every other one is answered as if it had none. */
  readonly accepts = (request: IncomingMessage): boolean =>
    request.headers.upgrade === LINK_PROTOCOL && this.routeOf(request) !== undefined;

  attach(server: Server): void {
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      const route = this.routeOf(request);
      if (route === undefined) socket.destroy();
      else this.serve(route, socket, head);
    });
  }

  close(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  private routeOf({ url = '' }: IncomingMessage): LinkRoute | undefined {
    return Object.hasOwn(this.routes, url) ? this.routes[url] : undefined;
  }

  private serve(route: LinkRoute, socket: Duplex, head: Buffer): void {
    this.sockets.add(socket);
    socket.on('close', () => this.sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    socket.on('end', () => socket.destroy());
    const cutter = new FrameCutter();
    let isBusy = false;
    const take = (chunk: Buffer): void => {
      let question: Buffer | undefined;
      try {
        question = cutter.push(chunk);
      } catch {
        socket.destroy();
        return;
      }
      // Who asks before it has been answered keeps to nothing that was agreed on.
      if (isBusy) socket.destroy();
      else if (question !== undefined) {
        isBusy = true;
        void route(question).then(({ status, body }) => {
          isBusy = false;
          if (!socket.destroyed) socket.write(answerFrame(status, body));
        });
      }
    };
    socket.write(SWITCHING);
    if (head.length > 0) take(head);
    socket.on('data', take);
  }
}
