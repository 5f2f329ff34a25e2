// A connection's end in the member's process: starts a call for each request, and goes silent with its process.
import { GrpcStatus } from '../../base/index.ts';
import type { Pipe } from './pipe.ts';
import type { ServingHost, ServingProcess } from './ports.ts';
import { ServerCall, type CallHead, type ServerConnection } from './server-call.ts';

/** The client's end, on which what the member sends arrives. */
export interface ClientEnd {
  receivedMessage(callId: number, bytes: Uint8Array): void;
  receivedEnd(callId: number, status: GrpcStatus, text: string): void;
  receivedPong(): void;
}

export interface ServerEndParts {
  readonly host: ServingHost;
  readonly process: ServingProcess;
  readonly remoteAddress: string;
  readonly client: ClientEnd;
  /** To the client. */
  readonly pipe: Pipe;
  readonly unexpected: (path: string, error: unknown) => void;
}

export class ServerEnd implements ServerConnection {
  readonly process: ServingProcess;
  readonly remoteAddress: string;
  private readonly parts: ServerEndParts;
  private readonly calls = new Map<number, ServerCall>();
  private closed = false;

  constructor(parts: ServerEndParts) {
    this.parts = parts;
    this.process = parts.process;
    this.remoteAddress = parts.remoteAddress;
  }

  get isAlive(): boolean {
    return !this.closed && this.parts.host.process === this.process;
  }

  // What the client sent

  begin(head: CallHead, first: Uint8Array): void {
    if (this.closed) return;
    const entry = this.process.methods.get(head.path);
    if (entry === undefined) {
      const [, service = '', method = ''] = head.path.split('/');
      const text = `unknown method ${method} for service ${service}`;
      this.sendEnd(head.id, GrpcStatus.Unimplemented, text);
      return;
    }
    const call = new ServerCall(this, entry, head);
    this.calls.set(head.id, call);
    call.run(first);
  }

  message(callId: number, bytes: Uint8Array): void {
    this.calls.get(callId)?.request(bytes);
  }

  requestsEnd(callId: number): void {
    this.calls.get(callId)?.requestsEnd();
  }

  cancel(callId: number): void {
    this.calls.get(callId)?.aborted();
  }

  window(callId: number, bytes: number): void {
    this.calls.get(callId)?.windowOpened(bytes);
  }

  ping(): void {
    this.send(() => this.parts.client.receivedPong());
  }

  /** The connection is gone while the process lives: its calls are canceled. */
  close(): void {
    if (!this.isAlive) return;
    this.closed = true;
    this.parts.pipe.close();
    const calls = [...this.calls.values()];
    this.calls.clear();
    for (const call of calls) call.aborted();
  }

  // ServerConnection

  sendMessage(callId: number, bytes: Uint8Array): void {
    this.send(() => this.parts.client.receivedMessage(callId, bytes));
  }

  sendAnswer(callId: number, bytes: Uint8Array): void {
    this.send(() => {
      this.parts.client.receivedMessage(callId, bytes);
      this.parts.client.receivedEnd(callId, GrpcStatus.OK, '');
    });
  }

  sendEnd(callId: number, status: GrpcStatus, text: string): void {
    const { client } = this.parts;
    this.send(() => client.receivedEnd(callId, status, text));
  }

  callEnded(callId: number): void {
    this.calls.delete(callId);
  }

  unexpected(path: string, error: unknown): void {
    if (this.isAlive) this.parts.unexpected(path, error);
  }

  private send(deliver: () => void): void {
    if (this.isAlive) this.parts.pipe.send(deliver);
  }
}
