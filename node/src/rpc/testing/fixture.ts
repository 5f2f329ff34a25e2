// A server with one method of each kind, for the tests of this room.
import type { Clock } from '../../base/world.ts';
import { type LogFields, type Logger } from '../../base/logger.ts';
import { PutRequest, PutResponse } from '../../wire/gen/rpc.ts';
import type { Codec } from '../../wire/codec.ts';
import type { MethodEntry } from '../grpc/environment.ts';
import type { RpcServerOptions } from '../options.ts';
import { RpcServer } from '../server.ts';

export const testClock: Clock = {
  wallMs: () => performance.timeOrigin + performance.now(),
  monotonicMs: () => performance.now(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs);
    return { cancel: () => clearTimeout(timer) };
  },
  yieldNow: () => new Promise((resolve) => setImmediate(resolve)),
  soon: (callback) => void setImmediate(callback),
};

export interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly fields: LogFields;
}

/** Keeps what is logged. */
export function recordingLogger(): Logger & { readonly lines: LogLine[] } {
  const lines: LogLine[] = [];
  const at =
    (level: string) =>
    (message: string, fields: LogFields = {}): void => {
      lines.push({ level, message, fields });
    };
  return { lines, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

export function method(
  path: string,
  kind: MethodEntry['kind'],
  handler: MethodEntry['handler'],
  request: unknown = PutRequest,
  response: unknown = PutResponse,
): MethodEntry {
  return {
    path,
    kind,
    handler,
    // The handlers of the tests are written for these codecs.
    method: {
      path,
      kind,
      request: request as Codec<unknown>,
      response: response as Codec<unknown>,
    },
  } as MethodEntry;
}

export interface Fixture {
  readonly server: RpcServer;
  readonly port: number;
  readonly logger: ReturnType<typeof recordingLogger>;
  close(): Promise<void>;
}

/** What stands between a server and the handlers of its methods. */
type Between = (
  methods: readonly MethodEntry[],
  logger: Logger,
) => { methods: MethodEntry[]; close(): void };

let between: Between = (methods) => ({ methods: [...methods], close() {} });

/** What may be taken of a streaming request before its handler asks for it. */
export let readAheadBytes = 0;

/** From now on servers of this file's tests get their handlers through `way`. */
export function passThrough(way: Between, readAhead: number): void {
  between = way;
  readAheadBytes = readAhead;
}

export async function startServer(
  methods: MethodEntry[],
  options: Partial<RpcServerOptions> = {},
): Promise<Fixture> {
  const logger = recordingLogger();
  const server = new RpcServer({
    clock: testClock,
    logger,
    maxRequestBytes: 1536 * 1024,
    ...options,
  });
  const way = between(methods, logger);
  server.register(way.methods);
  const { port = 0 } = await server.listen({ host: '127.0.0.1', port: 0 });
  return {
    server,
    port,
    logger,
    close: () => server.close({ graceMs: 0 }).then(() => way.close()),
  };
}
