// The front room: threads that accept clients and speak TLS, HTTP/2 and gRPC with them, for the main thread.
export type { FrontAcceptance } from './messages.ts';
export { type FrontListenOptions, type FrontOptions, FrontThreads } from './threads.ts';
