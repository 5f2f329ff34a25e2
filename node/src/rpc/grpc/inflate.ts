// Compressed request messages. Inflating stops at the size limit, whatever the message claims.
import { createGunzip } from 'node:zlib';
import { GrpcStatus, StatusError } from '../../base/errors.ts';

/** Pieces in which output is produced; the overshoot past the limit is at most one. */
const PIECE_BYTES = 64 * 1024;

/**
 * Inflates one gzip message; resolves with at most `limitBytes`.
 * @throws StatusError with grpc-go's texts: ResourceExhausted over the limit, Internal for what is not gzip
 */
export function gunzipMessage(compressed: Uint8Array, limitBytes: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const gunzip = createGunzip({ chunkSize: PIECE_BYTES });
    const parts: Buffer[] = [];
    let length = 0;
    gunzip.on('data', (part: Buffer) => {
      length += part.length;
      if (length <= limitBytes) {
        parts.push(part);
        return;
      }
      gunzip.destroy();
      reject(
        new StatusError(
          GrpcStatus.ResourceExhausted,
          `grpc: received message after decompression larger than max ${limitBytes}`,
        ),
      );
    });
    gunzip.on('end', () => resolve(Buffer.concat(parts, length)));
    gunzip.on('error', (error) =>
      reject(
        new StatusError(
          GrpcStatus.Internal,
          `grpc: failed to read decompressed data: ${error.message}`,
        ),
      ),
    );
    gunzip.end(compressed);
  });
}
