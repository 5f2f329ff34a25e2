// From a request's head to the call that answers it, with grpc-go's checks in grpc-go's order
// (internal/transport/http2_server.go operateHeaders, server.go handleStream).
import { GrpcStatus } from '../../base/errors.ts';
import type { Stream, StreamSink } from '../h2/stream.ts';
import { GrpcCall } from './call.ts';
import type { CallEnvironment, MethodEntry } from './environment.ts';
import { contentSubtype, trailersOnlyBlock } from './status.ts';
import { parseTimeout } from './timeout.ts';

/** Takes what still arrives on a stream that is answered already. */
const ANSWERED: StreamSink = {
  data: () => false,
  frameEnd() {},
  opened() {},
  aborted() {},
  flushed() {},
};

const DECODABLE = new Set([undefined, '', 'identity', 'gzip']);

/** The methods of the server and how calls reach them. */
export class Dispatcher {
  private readonly environment: CallEnvironment;
  private readonly methods = new Map<string, MethodEntry>();
  private readonly services = new Set<string>();

  constructor(environment: CallEnvironment) {
    this.environment = environment;
  }

  register(entry: MethodEntry): void {
    this.methods.set(entry.path, entry);
    this.services.add(entry.path.slice(1, entry.path.lastIndexOf('/')));
  }

  /** Answers a gRPC request; `stream.head.contentType` may still turn out not to be gRPC's. */
  dispatch(stream: Stream): void {
    const { head } = stream;
    const subtype = contentSubtype(head.contentType);
    if (subtype === undefined) {
      const shown = JSON.stringify(head.contentType ?? '');
      const text = `invalid gRPC request content-type ${shown}`;
      answer(stream, '', GrpcStatus.InvalidArgument, text, 415);
      return;
    }
    const timeoutMs = head.grpcTimeout === undefined ? undefined : parseTimeout(head.grpcTimeout);
    if (typeof timeoutMs === 'string') {
      answer(stream, subtype, GrpcStatus.Internal, `malformed grpc-timeout: ${timeoutMs}`, 400);
    } else if (head.authority === undefined) {
      const text = 'no host or :authority header present';
      answer(stream, subtype, GrpcStatus.Internal, text, 400);
    } else if (head.method !== 'POST') {
      const text = `Received a HEADERS frame with :method ${JSON.stringify(head.method)} which should be POST`;
      answer(stream, subtype, GrpcStatus.Internal, text, 405);
    } else if (timeoutMs !== undefined && timeoutMs <= 0) {
      answer(stream, subtype, GrpcStatus.DeadlineExceeded, 'context deadline exceeded');
    } else {
      this.call(stream, subtype, timeoutMs);
    }
  }

  private call(stream: Stream, subtype: string, timeoutMs: number | undefined): void {
    const { head } = stream;
    const entry = this.methods.get(head.path);
    if (entry === undefined) {
      answer(stream, subtype, GrpcStatus.Unimplemented, this.unknown(head.path));
      return;
    }
    if (!DECODABLE.has(head.grpcEncoding)) {
      const shown = JSON.stringify(head.grpcEncoding);
      const text = `grpc: Decompressor is not installed for grpc-encoding ${shown}`;
      answer(stream, subtype, GrpcStatus.Unimplemented, text);
      return;
    }
    const call = new GrpcCall(this.environment, stream, entry, subtype, timeoutMs);
    stream.sink = call;
  }

  private unknown(path: string): string {
    const slash = path.lastIndexOf('/');
    if (!path.startsWith('/') || slash === 0)
      return `malformed method name: ${JSON.stringify(path)}`;
    const service = path.slice(1, slash);
    if (!this.services.has(service)) return `unknown service ${service}`;
    return `unknown method ${path.slice(slash + 1)} for service ${service}`;
  }
}

function answer(
  stream: Stream,
  subtype: string,
  status: GrpcStatus,
  message: string,
  httpStatus = 200,
): void {
  const { connection } = stream;
  stream.sink = ANSWERED;
  connection.sender.pushHeaders(
    stream.id,
    trailersOnlyBlock(subtype, status, message, httpStatus),
    true,
  );
  connection.sender.finish(stream);
  connection.callSettled(0);
}
