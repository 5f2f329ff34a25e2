// All watches of a client share one stream. When it breaks, every watch is created again on a new one, at the revision
// behind the last that it got (etcd's client/v3/watch.go does the same).
import type { ClientDuplexStream } from '@grpc/grpc-js';
import { GrpcStatus, StatusError } from '../base/errors.ts';
import {
  WatchCancelRequest,
  WatchProgressRequest,
  WatchRequest,
  WatchService,
  type WatchResponse as WireResponse,
} from '../wire/gen/rpc.ts';
import { errorFromCancelReason, toClientError, WatchCompactedError } from './errors.ts';
import type { Bytes } from './keys.ts';
import { backoffMs, isTokenError, mayReopen, pause } from './retry.ts';
import type { Transport } from './transport.ts';
import { Watch, type WatchListener, type WatchOptions } from './watch.ts';
import { Watcher } from './watcher.ts';

const NO_WATCH = -1n;
const MAX_TOKEN_REFRESHES = 3;

type Call = ClientDuplexStream<WatchRequest, WireResponse>;

export class WatchHub {
  readonly #transport: Transport;
  readonly #stop = new AbortController();
  /** All that have not ended, parked ones too. */
  readonly #watchers = new Set<Watcher>();
  /** Those the server has confirmed on this stream. */
  readonly #byId = new Map<bigint, Watcher>();
  /** Those asked for on this stream and not yet confirmed; the server answers in this order. */
  #creating: Watcher[] = [];
  #call: Call | undefined;
  #connecting = false;
  #failures = 0;
  #tokenRefreshes = 0;
  #progressWanted = false;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  watch(key: Bytes, options: WatchOptions, listener?: WatchListener): Watch {
    options.signal?.throwIfAborted();
    const watcher = new Watcher(key, options);
    const control = {
      cancel: () => this.#remove(watcher, undefined),
      park: () => this.#park(watcher),
      unpark: () => this.#unpark(watcher),
    };
    const watch = new Watch(key, watcher.created, control, options, listener);
    watcher.sink = watch;
    options.signal?.addEventListener('abort', control.cancel, { once: true });
    watcher.onEnd = () => options.signal?.removeEventListener('abort', control.cancel);
    if (this.#stop.signal.aborted) {
      watcher.end(new StatusError(GrpcStatus.Canceled, 'the client is closed'));
      return watch;
    }
    this.#watchers.add(watcher);
    this.#start(watcher);
    return watch;
  }

  /** Asks for a response without events to every watch, once all of them have everything there is. */
  requestProgress(): void {
    if (this.#call === undefined || this.#creating.length > 0) this.#progressWanted = true;
    else this.#sendProgress(this.#call);
  }

  /** Ends all watches without an error. */
  close(): void {
    this.#stop.abort(new StatusError(GrpcStatus.Canceled, 'the client is closed'));
    for (const watcher of [...this.#watchers]) this.#remove(watcher, undefined);
    this.#dropCall();
  }

  #start(watcher: Watcher): void {
    if (this.#call !== undefined) this.#create(this.#call, watcher);
    else void this.#connect();
  }

  #create(call: Call, watcher: Watcher): void {
    this.#creating.push(watcher);
    call.write(WatchRequest.create({ createRequest: watcher.createRequest() }));
  }

  async #connect(): Promise<void> {
    if (this.#connecting) return;
    this.#connecting = true;
    const { signal } = this.#stop;
    try {
      if (this.#failures > 1) await pause(backoffMs(this.#failures - 1), signal);
      const { call, endpoint } = await this.#transport.openStream(WatchService.watch, signal);
      this.#call = call;
      call.on('data', (response: WireResponse) => {
        if (this.#call === call) this.#receive(call, response);
      });
      call.on('error', (error) => {
        if (this.#call === call) this.#transport.pool.avoid(endpoint);
        this.#lost(call, toClientError(error));
      });
      call.on('end', () => {
        this.#lost(call, new StatusError(GrpcStatus.Unavailable, 'the server ended the stream'));
      });
      for (const watcher of this.#watchers) if (!watcher.isParked) this.#create(call, watcher);
      if (this.#creating.length === 0) this.#dropCall();
    } catch (error) {
      this.#failed(error);
    } finally {
      this.#connecting = false;
      if (this.#call === undefined && this.#hasWork()) void this.#connect();
    }
  }

  #hasWork(): boolean {
    if (this.#stop.signal.aborted) return false;
    for (const watcher of this.#watchers) if (!watcher.isParked) return true;
    return false;
  }

  #lost(call: Call, error: unknown): void {
    if (this.#call !== call) return;
    this.#dropCall();
    this.#failed(error);
    if (this.#hasWork()) void this.#connect();
  }

  /** Ends the watches when another stream would fail the same way. */
  #failed(error: unknown): void {
    if (this.#stop.signal.aborted) return;
    this.#failures++;
    if (isTokenError(error) && this.#mayRefreshToken()) return;
    if (mayReopen(error, this.#transport.pool.size)) return;
    for (const watcher of [...this.#watchers]) this.#remove(watcher, error);
  }

  #mayRefreshToken(): boolean {
    return this.#tokenRefreshes++ < MAX_TOKEN_REFRESHES && this.#transport.refreshToken();
  }

  #dropCall(): void {
    const call = this.#call;
    this.#call = undefined;
    this.#byId.clear();
    this.#creating = [];
    for (const watcher of this.#watchers) watcher.disconnected();
    call?.on('error', () => undefined); // the cancellation itself is reported as an error
    call?.cancel();
  }

  #receive(call: Call, response: WireResponse): void {
    if (response.created) return this.#confirmed(call, response);
    if (response.watchId === NO_WATCH) {
      for (const watcher of this.#byId.values()) watcher.progressed(response);
      return;
    }
    const watcher = this.#byId.get(response.watchId);
    if (watcher === undefined) return; // canceled by us, and this was under way
    if (response.canceled) {
      this.#byId.delete(response.watchId);
      this.#canceled(call, watcher, response);
    } else {
      watcher.received(response);
    }
  }

  #confirmed(call: Call, response: WireResponse): void {
    const watcher = this.#creating.shift();
    if (watcher === undefined) return;
    if (response.canceled) return this.#canceled(call, watcher, response);
    this.#failures = 0;
    if (watcher.hasEnded || watcher.isParked) {
      this.#sendCancel(call, response.watchId);
    } else {
      this.#tokenRefreshes = 0;
      this.#byId.set(response.watchId, watcher);
      watcher.confirmed(response);
    }
    if (this.#progressWanted && this.#creating.length === 0) this.#sendProgress(call);
  }

  /** The server has ended a watch. */
  #canceled(call: Call, watcher: Watcher, response: WireResponse): void {
    if (response.compactRevision > 0) {
      return this.#remove(watcher, new WatchCompactedError(response.compactRevision));
    }
    const reason = response.cancelReason || 'etcdserver: watch canceled';
    const error = errorFromCancelReason(reason);
    // The token came with the stream: a new one needs a new stream.
    if (isTokenError(error) && this.#mayRefreshToken()) {
      this.#dropCall();
      void this.#connect();
      return;
    }
    if (this.#call === call) this.#remove(watcher, error);
  }

  #remove(watcher: Watcher, error: unknown): void {
    if (!this.#watchers.delete(watcher)) return;
    this.#leave(watcher);
    watcher.end(error);
    if (this.#watchers.size === 0) this.#dropCall();
  }

  #park(watcher: Watcher): void {
    watcher.isParked = true;
    this.#leave(watcher);
  }

  #unpark(watcher: Watcher): void {
    if (!this.#watchers.has(watcher)) return;
    watcher.isParked = false;
    // If its creation is still unanswered, that answer will do.
    if (!this.#creating.includes(watcher)) this.#start(watcher);
  }

  /** Cancels it on the stream. One whose creation is unanswered is canceled when the answer comes. */
  #leave(watcher: Watcher): void {
    const { watchId } = watcher;
    if (watchId === undefined || !this.#byId.delete(watchId)) return;
    watcher.disconnected();
    if (this.#call !== undefined) this.#sendCancel(this.#call, watchId);
  }

  #sendCancel(call: Call, watchId: bigint): void {
    const cancelRequest = WatchCancelRequest.create({ watchId });
    call.write(WatchRequest.create({ cancelRequest }));
  }

  #sendProgress(call: Call): void {
    this.#progressWanted = false;
    call.write(WatchRequest.create({ progressRequest: WatchProgressRequest.create() }));
  }
}
