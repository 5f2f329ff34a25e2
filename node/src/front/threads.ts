// Front threads: what serves clients when the main thread alone would not be enough. Each listens on the same addresses
// (SO_REUSEPORT), and the kernel spreads connections over them.
import type { Logger } from '../base/logger.ts';
import type { Clock } from '../base/world.ts';
import type { MethodKind } from '../wire/codec.ts';
import { assert } from '../base/assert.ts';
import {
  DEFAULT_HELD_BYTES,
  DEFAULT_MAX_CONNECTIONS,
  type HttpHandler,
  type MethodEntry,
  type RpcServerOptions,
} from '../rpc/index.ts';
import { MAX_METHODS } from './call-head.ts';
import type { FrontAcceptance, FrontLimits } from './messages.ts';
import type { RemoteEnvironment } from './remote-call.ts';
import { ThreadLink } from './thread-link.ts';

export interface FrontOptions {
  readonly threads: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly methods: readonly MethodEntry[];
  /** As RpcServerOptions has them. */
  readonly limits: Omit<FrontLimits, 'heldBytes' | 'maxConnections'>;
  readonly heldBytes?: RpcServerOptions['heldBytes'];
  readonly before?: RemoteEnvironment['before'];
  /** Answers plain HTTP; requests come without their bodies. */
  readonly http?: HttpHandler;
  readonly tracesHeaders?: boolean;
  /** A thread failed: the process cannot go on. */
  readonly onFatal: (error: unknown) => void;
}

export interface FrontListenOptions {
  readonly host: string;
  /** 0: any. */
  readonly port: number;
  /** Asked now and on each `refresh`. */
  readonly acceptance: () => FrontAcceptance;
}

export class FrontThreads {
  private readonly options: FrontOptions;
  private readonly links: ThreadLink[];
  private readonly acceptances: (() => FrontAcceptance)[] = [];

  /** Starts the threads; they serve nobody before `listen`. */
  constructor(options: FrontOptions) {
    assert(options.methods.length <= MAX_METHODS, 'methods are numbered in a byte');
    this.options = options;
    const { threads, clock, logger, methods, limits, heldBytes = DEFAULT_HELD_BYTES } = options;
    this.links = Array.from(
      { length: threads },
      (_, number) =>
        new ThreadLink({
          ...{ number, clock, logger, methods, before: options.before, http: options.http },
          limits: {
            ...limits,
            heldBytes: Math.floor(heldBytes / threads),
            maxConnections: Math.ceil(DEFAULT_MAX_CONNECTIONS / threads),
          },
          tracesHeaders: options.tracesHeaders ?? false,
          onFatal: options.onFatal,
        }),
    );
  }

  /** All threads listen; resolves with the port. @throws Error with node:net's code (EADDRINUSE, EACCES, …) */
  async listen({ host, port, acceptance }: FrontListenOptions): Promise<number> {
    const id = this.acceptances.push(acceptance) - 1;
    const accepted = acceptance();
    let bound = port;
    // The first finds the port that the others share.
    for (const link of this.links)
      bound = await link.listen({ id, host, port: bound, acceptance: accepted });
    return bound;
  }

  /** Certificates or what listeners accept have changed: new connections meet what is asked now. */
  refresh(): void {
    this.acceptances.forEach((acceptance, id) => {
      const message = { kind: 'accept', id, acceptance: acceptance() } as const;
      for (const link of this.links) link.tell(message);
    });
  }

  /** See RpcServer.reconsider. */
  reconsider(graceMs: number): void {
    this.refresh();
    for (const link of this.links) link.tell({ kind: 'reconsider', graceMs });
  }

  /** See RpcServer.close; the threads end. */
  async close({ graceMs }: { readonly graceMs: number }): Promise<void> {
    await Promise.all(this.links.map((link) => link.close(graceMs)));
  }

  /** Calls that ended, over all threads: for each method how many with each status. */
  *endedCalls(): Iterable<{ path: string; kind: MethodKind; byStatus: Float64Array }> {
    for (const [number, { path, kind }] of this.options.methods.entries()) {
      for (const link of this.links) yield { path, kind, byStatus: link.counters.of(number) };
    }
  }
}
