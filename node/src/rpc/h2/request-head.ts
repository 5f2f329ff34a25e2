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

/** A head under construction: what was not seen yet is undefined. */
interface Draft {
  malformed: string | undefined;
  method: string | undefined;
  path: string | undefined;
  scheme: string | undefined;
  authority: string | undefined;
  host: string | undefined;
  contentType: string | undefined;
  contentLength: number;
  grpcTimeout: string | undefined;
  grpcEncoding: string | undefined;
}

function readHead(fields: readonly HeaderField[]): RequestHead {
  const draft = emptyDraft();
  let sawRegular = false;
  for (const field of fields) {
    if (field.kind >= FieldKind.Authority && field.kind <= FieldKind.BadPseudo) {
      if (sawRegular) draft.malformed = 'pseudo-header behind a field';
      readPseudo(draft, field);
    } else {
      sawRegular = true;
      readRegular(draft, field);
    }
  }
  const { method, path, scheme, host, authority = host, ...rest } = draft;
  const connect = method === 'CONNECT';
  if (method === undefined || (!connect && (path === undefined || scheme === undefined))) {
    rest.malformed ??= 'missing pseudo-header';
  }
  if (path === '' && !connect) rest.malformed ??= 'empty :path';
  return {
    ...rest,
    method: method ?? '',
    path: path ?? '',
    scheme: scheme ?? '',
    authority,
    fields,
  };
}

function emptyDraft(): Draft {
  return {
    malformed: undefined,
    method: undefined,
    path: undefined,
    scheme: undefined,
    authority: undefined,
    host: undefined,
    contentType: undefined,
    contentLength: -1,
    grpcTimeout: undefined,
    grpcEncoding: undefined,
  };
}

function readPseudo(draft: Draft, field: HeaderField): void {
  const { kind, value } = field;
  switch (kind) {
    case FieldKind.Authority:
      if (draft.authority !== undefined) draft.malformed = 'two :authority';
      draft.authority = value;
      break;
    case FieldKind.Method:
      if (draft.method !== undefined) draft.malformed = 'two :method';
      draft.method = value;
      break;
    case FieldKind.Path:
      if (draft.path !== undefined) draft.malformed = 'two :path';
      draft.path = value;
      break;
    case FieldKind.Scheme:
      if (draft.scheme !== undefined) draft.malformed = 'two :scheme';
      draft.scheme = value;
      break;
    default:
      draft.malformed = notAllowed(field);
  }
}

function readRegular(draft: Draft, field: HeaderField): void {
  const { kind, value } = field;
  switch (kind) {
    case FieldKind.Other:
      break;
    case FieldKind.Te:
      if (value !== 'trailers') draft.malformed = 'te other than trailers';
      break;
    case FieldKind.ContentType:
      draft.contentType = value;
      break;
    case FieldKind.ContentLength: {
      const { contentLength } = draft;
      const isSame = contentLength < 0 || contentLength === Number(value);
      if (!/^\d{1,15}$/.test(value) || !isSame) draft.malformed = 'bad content-length';
      else draft.contentLength = Number(value);
      break;
    }
    case FieldKind.GrpcTimeout:
      draft.grpcTimeout = value;
      break;
    case FieldKind.GrpcEncoding:
      draft.grpcEncoding = value;
      break;
    case FieldKind.Host:
      if (draft.host !== undefined) draft.malformed = 'two host fields';
      draft.host = value;
      break;
    default:
      draft.malformed = notAllowed(field);
  }
}

const notAllowed = (field: HeaderField): string =>
  `field ${JSON.stringify(field.name)} is not allowed`;
