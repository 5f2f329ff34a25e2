// What can be wrong with one request message, in grpc-go's words (rpc_util.go checkRecvPayload, server.go).
import { GrpcStatus, StatusError } from '../../base/errors.ts';
import { type Codec, decode } from '../../wire/codec.ts';
import { DecodeError } from '../../wire/reader.ts';

/** Why a message with these flags, not 0, cannot be read under the call's grpc-encoding; undefined when it can. */
export function compressionProblem(
  flags: number,
  encoding: string | undefined,
): StatusError | undefined {
  if (flags !== 1) {
    const text = `grpc: received unexpected payload format ${flags}`;
    return new StatusError(GrpcStatus.Internal, text);
  }
  if (encoding !== undefined && encoding !== '' && encoding !== 'identity') return undefined;
  const text = 'grpc: compressed flag set with identity or empty encoding';
  return new StatusError(GrpcStatus.Internal, text);
}

/** @throws StatusError Internal when the bytes are not such a message */
export function decodeRequest(codec: Codec<unknown>, bytes: Uint8Array): unknown {
  try {
    return decode(codec, bytes);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    const text = `grpc: error unmarshalling request: ${error.message}`;
    throw new StatusError(GrpcStatus.Internal, text);
  }
}
