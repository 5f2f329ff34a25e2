// The rpc room: HTTP/2 and gRPC on node:net and node:tls, with plain HTTP/1.1 on the same port.
export type { Acceptance } from './admission.ts';
export type { CallObserver, MethodEntry } from './grpc/environment.ts';
export { type Holding, LateAnswer } from './grpc/passing-on.ts';
export { decodeRequest } from './grpc/request-message.ts';
export { RequestQueue, type QueuedMessage, type RequestSource } from './grpc/request-queue.ts';
export { foreseen } from './grpc/status.ts';
export { writeHeaderTrace } from './header-trace.ts';
export type {
  HttpHandler,
  HttpHandler as Http1Handler,
  HttpRequest,
  HttpRequest as Http1Request,
  HttpResponder,
  HttpResponder as Http1Responder,
} from './http/exchange.ts';
export { serve, type UpgradeHandler } from './http/http1.ts';
export {
  DEFAULT_HELD_BYTES,
  DEFAULT_MAX_CONNECTIONS,
  type RpcServerOptions,
  grpcOverheadBytes,
} from './options.ts';
export { type ListenOptions, type Listening, RpcServer } from './server.ts';
export type { TlsOptions } from './tls.ts';
