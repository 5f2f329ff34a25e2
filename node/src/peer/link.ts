// The asking end of links to other members. A link is a connection that begins with an HTTP request for the path that is to be
// asked, with `Upgrade`; a member that does not know links, as etcd's do not, answers that as it answers any request.
import type { Duplex } from 'node:stream';
import type { Clock, Timer } from '../base/world.ts';
import { openRequest, type PeerAgent } from './http-client.ts';
import { FrameCutter, LINK_PROTOCOL, answerIn, questionFrame } from './link-frames.ts';
import type { LinkAnswer } from './link-server.ts';
import { LINK_TIMEOUT_MS } from './limits.ts';

/** A link on which nothing was asked for so long is given up. */
const IDLE_MS = 60_000;
/** A member that knows no links is asked again after this time: it may have been upgraded. */
const REFUSED_MS = 60_000;

interface Asked {
  readonly resolve: (answer: LinkAnswer) => void;
  readonly reject: (error: Error) => void;
  readonly timer: Timer;
}

/** One connection. One question is under way on it at a time. */
class Link {
  isOpen = true;
  private readonly socket: Duplex;
  private readonly clock: Clock;
  private readonly cutter = new FrameCutter();
  private asked: Asked | undefined = undefined;
  private idle: Timer | undefined = undefined;
  private usedMs: number;

  constructor(socket: Duplex, head: Buffer, clock: Clock) {
    this.socket = socket;
    this.clock = clock;
    this.usedMs = clock.monotonicMs();
    socket.on('data', (chunk: Buffer) => this.take(chunk));
    socket.on('error', (error) => this.end(error));
    socket.on('end', () => this.end(new Error('unexpected EOF')));
    socket.on('close', () => this.end(new Error('connection closed')));
    if (head.length > 0) this.end(new Error('an answer before the question'));
    this.watchIdle();
  }

  get isFree(): boolean {
    return this.isOpen && this.asked === undefined;
  }

  ask(body: Uint8Array, timeoutMs: number): Promise<LinkAnswer> {
    this.usedMs = this.clock.monotonicMs();
    return new Promise((resolve, reject) => {
      const timer = this.clock.after(timeoutMs, () =>
        this.end(new Error(`request timed out after ${timeoutMs} ms`)),
      );
      this.asked = { resolve, reject, timer };
      this.socket.write(questionFrame(body));
    });
  }

  end(error: Error): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.idle?.cancel();
    this.socket.destroy();
    this.asked?.timer.cancel();
    this.asked?.reject(error);
    this.asked = undefined;
  }

  private take(chunk: Buffer): void {
    try {
      const frame = this.cutter.push(chunk);
      if (this.asked === undefined) throw new Error('an answer before the question');
      if (frame === undefined) return;
      const { resolve, timer } = this.asked;
      const answer = answerIn(frame);
      this.asked = undefined;
      timer.cancel();
      resolve(answer);
    } catch (error) {
      this.end(error instanceof Error ? error : new Error(String(error)));
    }
  }

  private watchIdle(): void {
    this.idle = this.clock.after(IDLE_MS, () => {
      if (this.isFree && this.clock.monotonicMs() - this.usedMs >= IDLE_MS) {
        this.end(new Error('idle'));
      } else this.watchIdle();
    });
  }
}

/** What is known of links to one path of one member. */
interface Destination {
  link: Link | undefined;
  isOpening: boolean;
  refusedUntilMs: number;
}

export class PeerLinks {
  private readonly agent: PeerAgent;
  private readonly clock: Clock;
  private readonly destinations = new Map<string, Destination>();
  private isClosed = false;

  constructor(agent: PeerAgent, clock: Clock) {
    this.agent = agent;
    this.clock = clock;
  }

  /**
   * Asks over a link. Undefined when there is none that is free: then one is opened for later, and this question has to go by
   * HTTP. Rejects when the connection ends, or `timeoutMs` are over.
   */
  ask(
    url: string,
    path: string,
    body: Uint8Array,
    timeoutMs: number,
  ): Promise<LinkAnswer> | undefined {
    const destination = this.destinationOf(`${url} ${path}`);
    const { link } = destination;
    if (link?.isOpen === true) return link.isFree ? link.ask(body, timeoutMs) : undefined;
    const mayOpen = !destination.isOpening && !this.isClosed;
    if (mayOpen && this.clock.monotonicMs() >= destination.refusedUntilMs) {
      this.open(url, path, destination);
    }
    return undefined;
  }

  close(): void {
    this.isClosed = true;
    for (const { link } of this.destinations.values()) link?.end(new Error('stopped'));
  }

  private destinationOf(key: string): Destination {
    let destination = this.destinations.get(key);
    if (destination === undefined) {
      destination = { link: undefined, isOpening: false, refusedUntilMs: 0 };
      this.destinations.set(key, destination);
    }
    return destination;
  }

  private open(url: string, path: string, destination: Destination): void {
    destination.isOpening = true;
    const headers = { Connection: 'Upgrade', Upgrade: LINK_PROTOCOL };
    const request = openRequest('GET', url, path, headers, this.agent);
    const timer = this.clock.after(LINK_TIMEOUT_MS, () => request.destroy(new Error('timed out')));
    const over = (): void => {
      timer.cancel();
      destination.isOpening = false;
    };
    request.on('upgrade', (_response, socket: Duplex, head: Buffer) => {
      over();
      if (this.isClosed) socket.destroy();
      else destination.link = new Link(socket, head, this.clock);
    });
    request.on('response', (response) => {
      response.resume();
      destination.refusedUntilMs = this.clock.monotonicMs() + REFUSED_MS;
    });
    // The next question tries again.
    request.on('error', () => {});
    request.on('close', over);
    request.end();
  }
}
