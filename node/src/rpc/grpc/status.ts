// gRPC statuses as header blocks (grpc/grpc: doc/PROTOCOL-HTTP2.md), and errors as statuses.
import { EtcdError, GrpcStatus, StatusError } from '../../base/errors.ts';
import { type HeaderPair, encodeHeaders } from '../hpack/encoder.ts';

const ALLOWED_TYPES = /^application\/grpc(?:$|[+;](.*)$)/s;

/** The part of a gRPC content-type behind `+` or `;`, lower case; undefined when it is no gRPC content-type. */
export function contentSubtype(contentType: string | undefined): string | undefined {
  if (contentType === 'application/grpc') return '';
  const match = ALLOWED_TYPES.exec((contentType ?? '').toLowerCase());
  return match === null ? undefined : (match[1] ?? '');
}

const responseBlocks = new Map<string, Uint8Array>();
const CACHED_TYPES = 16;

/** The header block that opens an answer, encoded once for each content-type. */
export function responseBlock(subtype: string): Uint8Array {
  let block = responseBlocks.get(subtype);
  if (block === undefined) {
    block = encodeHeaders([[':status', '200'], contentType(subtype)]);
    if (responseBlocks.size < CACHED_TYPES) responseBlocks.set(subtype, block);
  }
  return block;
}

export const OK_TRAILERS = encodeHeaders([
  ['grpc-status', '0'],
  ['grpc-message', ''],
]);

export function trailersBlock(status: GrpcStatus, message: string): Uint8Array {
  if (status === GrpcStatus.OK && message === '') return OK_TRAILERS;
  return encodeHeaders(statusPairs(status, message));
}

/** An answer that is nothing but a status. */
export function trailersOnlyBlock(
  subtype: string,
  status: GrpcStatus,
  message: string,
  httpStatus = 200,
): Uint8Array {
  return encodeHeaders([
    [':status', String(httpStatus)],
    contentType(subtype),
    ...statusPairs(status, message),
  ]);
}

function contentType(subtype: string): HeaderPair {
  return ['content-type', subtype === '' ? 'application/grpc' : `application/grpc+${subtype}`];
}

function statusPairs(status: GrpcStatus, message: string): HeaderPair[] {
  return [
    ['grpc-status', String(status)],
    ['grpc-message', encodeMessage(message)],
  ];
}

/** Clients refuse header lists that are too long; a message is cut rather than lost with its status. */
const MAX_MESSAGE_CHARACTERS = 4096;

/** Percent-encoding of grpc-message: everything but printable ASCII, and `%`. */
export function encodeMessage(message: string): string {
  const text = message.slice(0, MAX_MESSAGE_CHARACTERS);
  if (/^[ -$&-~]*$/.test(text)) return text;
  let encoded = '';
  for (const byte of Buffer.from(text, 'utf8')) {
    const plain = byte >= 0x20 && byte <= 0x7e && byte !== 0x25;
    encoded += plain
      ? String.fromCharCode(byte)
      : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return encoded;
}

/** The status that an error of a handler travels under; undefined for an error that nobody foresaw. */
export function foreseen(error: unknown): EtcdError | StatusError | undefined {
  return error instanceof EtcdError || error instanceof StatusError ? error : undefined;
}
