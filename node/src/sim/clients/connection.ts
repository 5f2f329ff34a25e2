// A client's connection to one member: dialing, calls on it, keep-alive pings, and every way in which it can break.
import { GrpcStatus, type Timer } from '../../base/index.ts';
import type { CallEnd } from './call-error.ts';
import { Pipe } from './pipe.ts';
import type { ClientNetwork, ClientScheduler, ServingHost } from './ports.ts';
import { WINDOW_BYTES } from './server-call.ts';
import { ServerEnd, type ClientEnd } from './server-end.ts';

const DIAL_TIMEOUT_MS = 5_000;
/** A connection with calls under way on which nothing is heard for so long is tested, and given up after the second. */
const PING_AFTER_MS = 5_000;
const DEAD_AFTER_MS = 15_000;

export interface CallEvents {
  onMessage(bytes: Uint8Array): void;
  /** Once; nothing follows. */
  onEnd(end: CallEnd): void;
}

export interface CallStart {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number | undefined;
  /** The request of a call whose requests are no stream. */
  readonly first: Uint8Array;
}

/** A call as the client's code holds it. */
export interface ClientCall {
  send(bytes: Uint8Array): void;
  finishSending(): void;
  /** Ends it here at once, and tells the member. */
  cancel(status: GrpcStatus, text: string): void;
  /** The code has taken a message of this size: the member may send more. */
  consumed(bytes: number): void;
}

interface OpenCall {
  readonly id: number;
  readonly start: CallStart;
  readonly events: CallEvents;
  readonly deadlineMs: number;
  deadline: Timer | undefined;
  sent: boolean;
  unreported: number;
}

export interface ConnectionParts {
  readonly network: ClientNetwork;
  readonly scheduler: ClientScheduler;
  readonly client: string;
  readonly host: ServingHost;
  readonly onClosed: () => void;
  readonly unexpected: (path: string, error: unknown) => void;
}

export class Connection implements ClientEnd {
  private readonly parts: ConnectionParts;
  private readonly pipe: Pipe;
  private readonly calls = new Map<number, OpenCall>();
  private server: ServerEnd | undefined = undefined;
  private state: 'dialing' | 'open' | 'closed' = 'dialing';
  /** Until the connection is there. */
  private backlog: (() => void)[] = [];
  private nextCallId = 1;
  private heardMs: number;
  private dialTimer: Timer | undefined = undefined;
  private pingTimer: Timer | undefined = undefined;

  constructor(parts: ConnectionParts) {
    this.parts = parts;
    const { network, scheduler, client, host } = parts;
    this.heardMs = scheduler.nowMs;
    this.pipe = new Pipe({
      network,
      scheduler,
      from: client,
      to: host.name,
      accepts: () => this.arrivesAtProcess(),
      enter: (callback) => host.process?.clock.enter(callback),
      stalled: () => this.broken('connection timed out'),
    });
    this.dialTimer = scheduler.after(DIAL_TIMEOUT_MS, () => this.broken('dial timed out'));
    this.pipe.send(() => this.accepted());
  }

  get isClosed(): boolean {
    return this.state === 'closed';
  }

  open(start: CallStart, events: CallEvents): ClientCall {
    const { scheduler } = this.parts;
    const id = this.nextCallId++;
    const deadlineMs = scheduler.nowMs + (start.timeoutMs ?? Infinity);
    const call: OpenCall = {
      ...{ id, start, events, deadlineMs },
      deadline: undefined,
      sent: false,
      unreported: 0,
    };
    const handle = this.handleOf(call);
    if (start.timeoutMs !== undefined) {
      const expire = (): void =>
        handle.cancel(GrpcStatus.DeadlineExceeded, 'context deadline exceeded');
      call.deadline = scheduler.after(start.timeoutMs, expire);
    }
    this.calls.set(id, call);
    this.whenOpen(() => this.begin(call));
    this.pingTimer ??= scheduler.after(PING_AFTER_MS, this.watchOver);
    return handle;
  }

  /** The client wants it no more. */
  close(): void {
    this.broken('client connection is closing');
  }

  // ClientEnd

  receivedMessage(callId: number, bytes: Uint8Array): void {
    this.heardMs = this.parts.scheduler.nowMs;
    this.calls.get(callId)?.events.onMessage(bytes);
  }

  receivedEnd(callId: number, status: GrpcStatus, text: string): void {
    this.heardMs = this.parts.scheduler.nowMs;
    const call = this.calls.get(callId);
    if (call !== undefined) this.end(call, { status, text, fromMember: true, sent: true });
  }

  receivedPong(): void {
    this.heardMs = this.parts.scheduler.nowMs;
  }

  private handleOf(call: OpenCall): ClientCall {
    const { id } = call;
    const tell = (deliver: (server: ServerEnd) => void): void => {
      this.whenOpen(() => {
        if (this.calls.get(id) === call) this.toServer(deliver);
      });
    };
    return {
      send: (bytes) => tell((server) => server.message(id, bytes)),
      finishSending: () => tell((server) => server.requestsEnd(id)),
      cancel: (status, text) => {
        if (!this.calls.has(id)) return;
        if (call.sent) this.toServer((server) => server.cancel(id));
        this.end(call, { status, text, fromMember: false, sent: call.sent });
      },
      consumed: (bytes) => {
        call.unreported += bytes;
        if (call.unreported < WINDOW_BYTES / 2 || !this.calls.has(id)) return;
        const opened = call.unreported;
        call.unreported = 0;
        tell((server) => server.window(id, opened));
      },
    };
  }

  private begin(call: OpenCall): void {
    if (!this.calls.has(call.id)) return;
    call.sent = true;
    const { path, headers, first, timeoutMs } = call.start;
    const leftMs =
      timeoutMs === undefined ? undefined : call.deadlineMs - this.parts.scheduler.nowMs;
    const head = { id: call.id, path, headers, timeoutMs: leftMs };
    this.toServer((server) => server.begin(head, first));
  }

  private whenOpen(act: () => void): void {
    if (this.state === 'open') act();
    else if (this.state === 'dialing') this.backlog.push(act);
  }

  private toServer(deliver: (server: ServerEnd) => void): void {
    this.pipe.send(() => {
      if (this.server !== undefined) deliver(this.server);
    });
  }

  private end(call: OpenCall, end: CallEnd): void {
    this.calls.delete(call.id);
    call.deadline?.cancel();
    call.events.onEnd(end);
  }

  // On the member's machine

  /** Whether a segment reaches the process that has, or will have, the other end. The kernel answers for one that is gone. */
  private arrivesAtProcess(): boolean {
    const { host } = this.parts;
    const { process } = host;
    if (!host.isPowered) return false;
    const isThere =
      process !== undefined &&
      (this.server === undefined ? process.isServing : this.server.process === process);
    if (!isThere) this.resetByHost();
    return isThere;
  }

  private resetByHost(): void {
    const { network, client, host } = this.parts;
    const text = this.server === undefined ? 'connection refused' : 'connection reset by peer';
    network.sendReliably(host.name, client, () => this.broken(text));
  }

  private accepted(): void {
    const { network, scheduler, client, host, unexpected } = this.parts;
    const { process } = host;
    if (process === undefined) return;
    const pipe = new Pipe({
      network,
      scheduler,
      from: host.name,
      to: client,
      accepts: () => this.arrivesAtClient(),
      enter: (callback) => callback(),
      stalled: () => this.server?.close(),
    });
    this.server = new ServerEnd({
      ...{ host, process, pipe, unexpected },
      remoteAddress: `${client}:1`,
      client: this,
    });
    // The kernel closes the connections of a process that died, unless the machine went with it.
    host.onProcessEnd(() => {
      if (this.state !== 'closed' && host.isPowered) this.resetByHost();
    });
    pipe.send(() => this.connected());
  }

  // On the client's machine

  private arrivesAtClient(): boolean {
    if (this.state !== 'closed') return true;
    this.resetByClient();
    return false;
  }

  private resetByClient(): void {
    const { network, client, host } = this.parts;
    network.sendReliably(client, host.name, () => {
      const { server } = this;
      if (server !== undefined) server.process.clock.enter(() => server.close());
    });
  }

  private connected(): void {
    if (this.state !== 'dialing') return;
    this.state = 'open';
    this.heardMs = this.parts.scheduler.nowMs;
    this.dialTimer?.cancel();
    const backlog = this.backlog;
    this.backlog = [];
    for (const act of backlog) act();
  }

  /** Looks rarely, and only while calls are under way, whether the other end is still there. */
  private readonly watchOver = (): void => {
    this.pingTimer = undefined;
    if (this.state === 'closed' || this.calls.size === 0) return;
    const { scheduler } = this.parts;
    const silentMs = scheduler.nowMs - this.heardMs;
    if (silentMs >= DEAD_AFTER_MS) {
      this.broken('keepalive ping failed to receive ACK within timeout');
      return;
    }
    if (silentMs >= PING_AFTER_MS && this.state === 'open') {
      this.toServer((server) => server.ping());
    }
    this.pingTimer = scheduler.after(PING_AFTER_MS, this.watchOver);
  };

  private broken(text: string): void {
    if (this.state === 'closed') return;
    this.state = 'closed';
    this.pipe.close();
    this.backlog = [];
    this.dialTimer?.cancel();
    this.pingTimer?.cancel();
    if (this.server?.isAlive === true) this.resetByClient();
    this.parts.onClosed();
    const status = GrpcStatus.Unavailable;
    for (const call of [...this.calls.values()]) {
      this.end(call, { status, text, fromMember: false, sent: call.sent });
    }
  }
}
