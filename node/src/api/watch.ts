// The Watch service (etcd: server/etcdserver/api/v3rpc/watch.go). One call carries any number of watchers.
import {
  EtcdError,
  GrpcStatus,
  isEtcdError,
  latin1FromBytes,
  type CallContext,
  type RequestStream,
  type ResponseStream,
  type Timer,
  type WatchId,
} from '../base/index.ts';
import {
  FilterType,
  WatchService,
  type ResponseHeader,
  type WatchCreateRequest,
  type WatchRequest,
  type WatchResponse,
} from '../wire/gen/rpc.ts';
import {
  END_OF_KEYS,
  INVALID_WATCH_ID,
  WatchRefusedError,
  type SharedEvent,
  type Watcher,
  type WatchOptions,
  type WatchSink,
  type WatchStream,
} from '../watch/index.ts';
import type { WatchDependencies } from './deps.ts';
import { headerOf, type MemberApi } from './member-api.ts';
import { bidi, type Registration } from './registration.ts';
import { listenForEnd } from './watch-call-end.ts';
import {
  HeaderField,
  ResponseBlock,
  controlResponse,
  eventParts,
  fragmentParts,
} from './watch-encoding.ts';

/** What a message may take on top of a request of the largest size (etcd: MaxRequestBytesWithOverhead). */
const OVERHEAD_BYTES = 512 * 1024;
const MIN_PROGRESS_INTERVAL_MS = 100;
/** Larger responses go out as parts that share their events. */
const COPIED_BYTES = 16 * 1024;

/** What all calls share to encode their responses. */
interface Encoding {
  readonly header: HeaderField;
  readonly block: ResponseBlock;
}

export function watchService(member: MemberApi, dependencies: WatchDependencies): Registration[] {
  const encoding: Encoding = { header: new HeaderField(), block: new ResponseBlock() };
  return [
    bidi(WatchService.watch, async (requests, call, responses) => {
      const end = listenForEnd(member, dependencies, call, 'WatchCanceled');
      const session = new WatchSession(member, dependencies, encoding, call, responses);
      try {
        // A client that only stops sending keeps its watchers.
        await Promise.race([session.serve(requests).then(() => end.ended), end.ended]);
      } finally {
        end.release();
        session.close();
      }
    }),
  ];
}

class WatchSession implements WatchSink {
  private readonly member: MemberApi;
  private readonly dependencies: WatchDependencies;
  private readonly encoding: Encoding;
  private readonly call: CallContext;
  private readonly responses: ResponseStream<WatchResponse>;
  private readonly stream: WatchStream;
  private progressTimer: Timer | undefined = undefined;
  private closed = false;

  constructor(
    member: MemberApi,
    dependencies: WatchDependencies,
    encoding: Encoding,
    call: CallContext,
    responses: ResponseStream<WatchResponse>,
  ) {
    this.member = member;
    this.dependencies = dependencies;
    this.encoding = encoding;
    this.call = call;
    this.responses = responses;
    this.stream = dependencies.hub.openStream(this);
  }

  /** Takes requests until the client has no more. While the client does not read, nothing is taken from it either. */
  async serve(requests: RequestStream<WatchRequest>): Promise<void> {
    for await (const request of requests) {
      if (this.closed) return;
      if (!(await this.handle(request))) await this.responses.drained();
    }
  }

  close(): void {
    this.closed = true;
    this.progressTimer?.cancel();
    this.stream.close();
  }

  sendEvents(watcher: Watcher, revision: number, events: readonly SharedEvent[]): boolean {
    const field = this.encoding.header.of(this.member, revision);
    if (!watcher.options.fragment) {
      const block = this.encoding.block.fill(field, [watcher], events);
      if (block.size <= COPIED_BYTES) return this.responses.sendTogether(block);
      return this.responses.sendEncoded(eventParts(field, watcher, events));
    }
    const maxBytes = this.member.maxRequestBytes + OVERHEAD_BYTES;
    let hasRoom = true;
    for (const parts of fragmentParts(field, watcher, events, maxBytes)) {
      hasRoom = this.responses.sendEncoded(parts);
    }
    return hasRoom;
  }

  sendToAll(
    watchers: readonly Watcher[],
    revision: number,
    events: readonly SharedEvent[],
  ): boolean {
    const field = this.encoding.header.of(this.member, revision);
    return this.responses.sendTogether(this.encoding.block.fill(field, watchers, events));
  }

  sendProgress(watchId: WatchId, revision: number): boolean {
    return this.responses.send(controlResponse(headerOf(this.member, revision), watchId));
  }

  sendCompacted(watchId: WatchId, compactRevision: number): boolean {
    // etcd leaves the revision out here.
    const header = { ...this.header(), revision: 0 };
    return this.responses.send(
      controlResponse(header, watchId, { canceled: true, compactRevision }),
    );
  }

  drained(): Promise<void> {
    return this.responses.drained();
  }

  /** Returns whether the client has room for more. */
  private async handle(request: WatchRequest): Promise<boolean> {
    if (request.createRequest !== undefined) return this.create(request.createRequest);
    if (request.cancelRequest !== undefined) return this.cancel(request.cancelRequest.watchId);
    if (request.progressRequest !== undefined) this.stream.requestProgress();
    else this.dependencies.logger.info('invalid watch request type received in gRPC stream');
    return true;
  }

  private async create(request: WatchCreateRequest): Promise<boolean> {
    const key = request.key.length === 0 ? new Uint8Array(1) : request.key;
    if (request.startRevision < 0) return this.refuse(new EtcdError('Compacted').message);
    try {
      await this.dependencies.authorizeRange?.(this.call, key, request.rangeEnd);
    } catch (error) {
      return this.refuse(refusalOf(error));
    }
    if (this.closed) return true;
    try {
      const watcher = this.stream.watch(optionsOf(request, key), request.watchId);
      if (watcher.options.progressNotify) this.startProgress();
      return this.responses.send(controlResponse(this.header(), watcher.id, { created: true }));
    } catch (error) {
      if (error instanceof WatchRefusedError) return this.refuse(error.message);
      throw error;
    }
  }

  private refuse(cancelReason: string): boolean {
    const more = { created: true, canceled: true, cancelReason };
    return this.responses.send(controlResponse(this.header(), INVALID_WATCH_ID, more));
  }

  private cancel(watchId: WatchId): boolean {
    if (!this.stream.cancel(watchId)) return true;
    return this.responses.send(controlResponse(this.header(), watchId, { canceled: true }));
  }

  private header(): ResponseHeader {
    return headerOf(this.member, this.dependencies.hub.revision);
  }

  /** One timer a call; a random tenth keeps calls that began together apart. */
  private startProgress(): void {
    if (this.progressTimer !== undefined) return;
    const { progressNotifyIntervalMs, random, clock } = this.dependencies;
    const intervalMs = Math.max(progressNotifyIntervalMs, MIN_PROGRESS_INTERVAL_MS);
    const periodMs = intervalMs + Math.floor((random.uint32() / 2 ** 32) * (intervalMs / 10));
    const tick = (): void => {
      this.reportProgress();
      this.progressTimer = clock.after(periodMs, tick);
    };
    this.progressTimer = clock.after(periodMs, tick);
  }

  /** A watcher that got an event since the last time knows where it is. */
  private reportProgress(): void {
    for (const watcher of this.stream.watchers.values()) {
      if (!watcher.options.progressNotify) continue;
      if (watcher.quiet) this.stream.reportProgress(watcher);
      watcher.quiet = true;
    }
  }
}

function optionsOf(request: WatchCreateRequest, key: Uint8Array): WatchOptions {
  return {
    key: latin1FromBytes(key),
    end: endOf(request.rangeEnd),
    startRevision: request.startRevision,
    prevKv: request.prevKv,
    noPut: request.filters.includes(FilterType.NOPUT),
    noDelete: request.filters.includes(FilterType.NODELETE),
    progressNotify: request.progressNotify,
    fragment: request.fragment,
  };
}

/** etcd's convention: none is the one key, a zero byte everything from the key on. */
function endOf(rangeEnd: Uint8Array): string | undefined {
  if (rangeEnd.length === 0) return undefined;
  if (rangeEnd.length === 1 && rangeEnd[0] === 0) return END_OF_KEYS;
  return latin1FromBytes(rangeEnd);
}

const TOLD_REFUSALS = ['InvalidAuthToken', 'AuthOldRevision', 'UserEmpty'] as const;

/** The text that etcd puts into cancel_reason: grpc-go's form of a status. */
function refusalOf(error: unknown): string {
  if (!isEtcdError(error)) throw error;
  const told = TOLD_REFUSALS.some((code) => code === error.code);
  const shown = told ? error : new EtcdError('PermissionDenied');
  const name = Object.entries(GrpcStatus).find(([, status]) => status === shown.status)?.[0];
  return `rpc error: code = ${name} desc = ${shown.message}`;
}
