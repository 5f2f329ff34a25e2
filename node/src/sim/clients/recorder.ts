// Every operation of a client becomes a record that the checkers get, and two lines of the trace.
import { GrpcStatus } from '../../base/index.ts';
import type { Method } from '../../wire/index.ts';
import type { WatchRequest, WatchResponse } from '../../wire/gen/rpc.ts';
import type { ClientObserver, OperationRecord, WatchStreamRecord } from '../checks/observer.ts';
import type { TraceKind } from '../world/trace.ts';
import { CallError } from './call-error.ts';
import type { CallOptions, SimClient } from './client.ts';
import { describe, methodName } from './describe.ts';
import type { ClientScheduler } from './ports.ts';

export interface TraceSink {
  add(atMs: number, lane: string, kind: TraceKind, text: string): void;
}

export interface RecorderParts {
  readonly observer: ClientObserver;
  readonly scheduler: ClientScheduler;
  readonly trace: TraceSink;
}

export class Recorder {
  /** Operations so far, and those that were answered, with an error or without. */
  requests = 0;
  answered = 0;
  private readonly parts: RecorderParts;
  private nextStreamId = 1;

  constructor(parts: RecorderParts) {
    this.parts = parts;
  }

  /** A unary call. @throws CallError */
  async call<Req, Res>(
    client: SimClient,
    host: string,
    method: Method<Req, Res>,
    request: Partial<Req>,
    options?: CallOptions,
  ): Promise<Res> {
    const whole = method.request.create(request);
    const record = this.called(client.name, host, method.path, whole);
    return this.settle(record, client.call(host, method, whole, options));
  }

  /** A call that is answered with a stream; all of it. @throws CallError */
  async collect<Req, Res>(
    client: SimClient,
    host: string,
    method: Method<Req, Res>,
    request: Partial<Req>,
    options?: CallOptions,
  ): Promise<Res[]> {
    const whole = method.request.create(request);
    const record = this.called(client.name, host, method.path, whole);
    const stream = client.openStream(host, method, { ...options, request: whole });
    return this.settle(record, stream.all());
  }

  /** The request is about to be sent. */
  called(client: string, host: string, path: string, request: unknown): OperationRecord {
    const { observer, scheduler } = this.parts;
    const record: OperationRecord = {
      ...{ id: ++this.requests, client, host, path, request, calledMs: scheduler.nowMs },
      ...{ returnedMs: Infinity, outcome: 'pending', response: undefined },
      ...{ errorCode: undefined, errorText: undefined },
    };
    this.note(client, 'call', `#${record.id} ${methodName(path)} at ${host}: ${describe(request)}`);
    observer.called(record);
    return record;
  }

  succeeded(record: OperationRecord, response: unknown): void {
    this.answered++;
    record.outcome = 'ok';
    record.response = response;
    record.returnedMs = this.parts.scheduler.nowMs;
    this.note(record.client, 'answer', `#${record.id} ${describe(response)}`);
    this.parts.observer.returned(record);
  }

  /** Without an answer that proves something, its time of return stays infinite. */
  failed(record: OperationRecord, error: CallError): void {
    record.outcome = error.outcome === 'answered' ? 'error' : error.outcome;
    record.errorCode = error.code;
    record.errorText = error.message;
    if (error.outcome !== 'unknown') record.returnedMs = this.parts.scheduler.nowMs;
    if (error.outcome === 'answered') this.answered++;
    const text = `#${record.id} ${record.outcome}: ${statusName(error.code)} ${error.message}`;
    this.note(record.client, 'answer', text);
    this.parts.observer.returned(record);
  }

  watchOpened(client: string, host: string): WatchStreamRecord {
    const openedMs = this.parts.scheduler.nowMs;
    const stream = { id: this.nextStreamId++, client, host, openedMs };
    this.noteWatch(stream, `opened at ${host}`);
    this.parts.observer.watchOpened(stream);
    return stream;
  }

  watchRequested(stream: WatchStreamRecord, request: WatchRequest): void {
    this.noteWatch(stream, `asks ${describe(request)}`);
    this.parts.observer.watchRequested(stream, request);
  }

  watchResponse(stream: WatchStreamRecord, response: WatchResponse): void {
    this.noteWatch(stream, describe(response));
    this.parts.observer.watchResponse(stream, response);
  }

  watchClosed(stream: WatchStreamRecord, why: string): void {
    this.noteWatch(stream, `closed: ${why}`);
    this.parts.observer.watchClosed(stream);
  }

  private async settle<Res>(record: OperationRecord, answer: Promise<Res>): Promise<Res> {
    let response;
    try {
      response = await answer;
    } catch (error) {
      if (error instanceof CallError) this.failed(record, error);
      throw error;
    }
    this.succeeded(record, response);
    return response;
  }

  private noteWatch(stream: WatchStreamRecord, text: string): void {
    this.note(stream.client, 'watch', `stream ${stream.id} ${text}`);
  }

  private note(lane: string, kind: TraceKind, text: string): void {
    this.parts.trace.add(this.parts.scheduler.nowMs, lane, kind, text);
  }
}

function statusName(status: GrpcStatus): string {
  return Object.entries(GrpcStatus).find(([, code]) => code === status)?.[0] ?? String(status);
}
