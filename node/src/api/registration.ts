// How a service is handed to the RPC server: a list of methods, each with its handler. Types are checked where a handler
// is written (the helpers below) and erased in the list, because a server treats all messages alike.
import type { BidiStreamHandler, ServerStreamHandler, UnaryHandler } from '../base/call.ts';
import type { Method } from '../wire/codec.ts';

interface Erased<Kind extends string, Handler> {
  readonly kind: Kind;
  /** `/etcdserverpb.KV/Put` */
  readonly path: string;
  readonly method: Method<unknown, unknown>;
  readonly handler: Handler;
}

/** One method of a service and what answers it. `handler` takes and gives the messages that `method` decodes and encodes. */
export type Registration =
  | Erased<'unary', UnaryHandler<unknown, unknown>>
  | Erased<'serverStream', ServerStreamHandler<unknown, unknown>>
  | Erased<'bidiStream', BidiStreamHandler<unknown, unknown>>;

export function unary<Req, Res>(
  method: Method<Req, Res> & { readonly kind: 'unary' },
  handler: UnaryHandler<Req, Res>,
): Registration {
  // The server decodes requests with method.request, so the handler only ever meets a Req.
  return {
    kind: 'unary',
    path: method.path,
    method,
    handler: handler as UnaryHandler<unknown, unknown>,
  };
}

export function serverStream<Req, Res>(
  method: Method<Req, Res> & { readonly kind: 'serverStream' },
  handler: ServerStreamHandler<Req, Res>,
): Registration {
  return {
    kind: 'serverStream',
    path: method.path,
    method,
    // As in unary; `responses` only carries a Res, which the server encodes with method.response.
    handler: handler as ServerStreamHandler<unknown, unknown>,
  };
}

export function bidi<Req, Res>(
  method: Method<Req, Res> & { readonly kind: 'bidiStream' },
  handler: BidiStreamHandler<Req, Res>,
): Registration {
  return {
    kind: 'bidiStream',
    path: method.path,
    method,
    // As in serverStream; `requests` only yields what method.request decoded.
    handler: handler as BidiStreamHandler<unknown, unknown>,
  };
}
