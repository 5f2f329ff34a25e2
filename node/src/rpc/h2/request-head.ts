// What the header fields of a request say, checked as RFC 9113 section 8.3 demands.
import type { HeaderList } from '../hpack/decoder.ts';
import { FieldKind, type HeaderField } from '../hpack/static-table.ts';

/** The head of a request. One object serves all requests with the same fields on a connection. */
export interface RequestHead {
  /** Why RFC 9113 calls the request malformed (PROTOCOL_ERROR for the stream), or undefined. */
  readonly malformed: string | undefined;
  readonly method: string;
  readonly path: string;
  readonly scheme: string;
  /** `:authority`, or else `host`. */
  readonly authority: string | undefined;
  readonly contentType: string | undefined;
  /** Bytes, or −1 when not given. */
  readonly contentLength: number;
  readonly grpcTimeout: string | undefined;
  readonly grpcEncoding: string | undefined;
  readonly fields: readonly HeaderField[];
}

const heads = new WeakMap<HeaderList, RequestHead>();

/** The head for a decoded list; lists that the decoder gives out again are read once. */
export function requestHead(list: HeaderList): RequestHead {
  let head = heads.get(list);
  if (head === undefined) {
    head = readHead(list.fields);
    heads.set(list, head);
  }
  return head;
}

/** Why the fields cannot be a request's trailers, or undefined (RFC 9113 section 8.1). */
export function malformedTrailers(fields: readonly HeaderField[]): string | undefined {
  for (const field of fields) {
    if (field.name.startsWith(':')) return 'pseudo-header in trailers';
    if (field.kind === FieldKind.Malformed) return 'malformed field';
  }
  return undefined;
}

function readHead(fields: readonly HeaderField[]): RequestHead {
  let malformed: string | undefined;
  let method: string | undefined;
  let path: string | undefined;
  let scheme: string | undefined;
  let authority: string | undefined;
  let host: string | undefined;
  let contentType: string | undefined;
  let contentLength = -1;
  let grpcTimeout: string | undefined;
  let grpcEncoding: string | undefined;
  let sawRegular = false;
  for (const field of fields) {
    const { kind, value } = field;
    const pseudo = kind >= FieldKind.Authority && kind <= FieldKind.BadPseudo;
    if (pseudo && sawRegular) malformed = 'pseudo-header behind a field';
    if (!pseudo) sawRegular = true;
    switch (kind) {
      case FieldKind.Other:
        break;
      case FieldKind.Authority:
        if (authority !== undefined) malformed = 'two :authority';
        authority = value;
        break;
      case FieldKind.Method:
        if (method !== undefined) malformed = 'two :method';
        method = value;
        break;
      case FieldKind.Path:
        if (path !== undefined) malformed = 'two :path';
        path = value;
        break;
      case FieldKind.Scheme:
        if (scheme !== undefined) malformed = 'two :scheme';
        scheme = value;
        break;
      case FieldKind.Te:
        if (value !== 'trailers') malformed = 'te other than trailers';
        break;
      case FieldKind.ContentType:
        contentType = value;
        break;
      case FieldKind.ContentLength:
        if (!/^\d{1,15}$/.test(value) || (contentLength >= 0 && contentLength !== Number(value))) {
          malformed = 'bad content-length';
        } else contentLength = Number(value);
        break;
      case FieldKind.GrpcTimeout:
        grpcTimeout = value;
        break;
      case FieldKind.GrpcEncoding:
        grpcEncoding = value;
        break;
      case FieldKind.Host:
        if (host !== undefined) malformed = 'two host fields';
        host = value;
        break;
      default:
        malformed = `field ${JSON.stringify(field.name)} is not allowed`;
    }
  }
  const connect = method === 'CONNECT';
  if (method === undefined || (!connect && (path === undefined || scheme === undefined))) {
    malformed ??= 'missing pseudo-header';
  }
  if (path === '' && !connect) malformed ??= 'empty :path';
  return {
    malformed,
    method: method ?? '',
    path: path ?? '',
    scheme: scheme ?? '',
    authority: authority ?? host,
    contentType,
    contentLength,
    grpcTimeout,
    grpcEncoding,
    fields,
  };
}
