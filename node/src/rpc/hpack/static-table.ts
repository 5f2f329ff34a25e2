// The static table of RFC 7541 appendix A, and the form in which one header field is held.

/** Names that a server acts on get a number, so that the request's head is read with a `switch` over small integers. */
export const FieldKind = {
  Other: 0,
  Authority: 1,
  Method: 2,
  Path: 3,
  Scheme: 4,
  /** A pseudo-header that no request may carry. */
  BadPseudo: 5,
  /** connection, keep-alive, proxy-connection, transfer-encoding, upgrade: RFC 9113 section 8.2.2. */
  ConnectionSpecific: 6,
  Te: 7,
  ContentType: 8,
  ContentLength: 9,
  GrpcTimeout: 10,
  GrpcEncoding: 11,
  Host: 12,
  /** The name or the value has characters that RFC 9113 section 8.2.1 forbids. */
  Malformed: 13,
} as const;
export type FieldKind = (typeof FieldKind)[keyof typeof FieldKind];

/** One header field; name and value are latin1. Shared between the tables and every request that refers to them. */
export interface HeaderField {
  readonly name: string;
  readonly value: string;
  readonly kind: FieldKind;
  /** Size as RFC 7541 section 4.1 counts it: name, value and 32. */
  readonly size: number;
}

export const FIELD_OVERHEAD = 32;

const KINDS = new Map<string, FieldKind>([
  [':authority', FieldKind.Authority],
  [':method', FieldKind.Method],
  [':path', FieldKind.Path],
  [':scheme', FieldKind.Scheme],
  ['connection', FieldKind.ConnectionSpecific],
  ['keep-alive', FieldKind.ConnectionSpecific],
  ['proxy-connection', FieldKind.ConnectionSpecific],
  ['transfer-encoding', FieldKind.ConnectionSpecific],
  ['upgrade', FieldKind.ConnectionSpecific],
  ['te', FieldKind.Te],
  ['content-type', FieldKind.ContentType],
  ['content-length', FieldKind.ContentLength],
  ['grpc-timeout', FieldKind.GrpcTimeout],
  ['grpc-encoding', FieldKind.GrpcEncoding],
  ['host', FieldKind.Host],
]);

const VALID_NAME = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;
const BAD_VALUE = /[\0\r\n]|^[ \t]|[ \t]$/;

export function headerField(name: string, value: string): HeaderField {
  return {
    name,
    value,
    kind: kindOf(name, value),
    size: name.length + value.length + FIELD_OVERHEAD,
  };
}

function kindOf(name: string, value: string): FieldKind {
  if (BAD_VALUE.test(value)) return FieldKind.Malformed;
  const kind = KINDS.get(name);
  if (kind !== undefined) return kind;
  if (name.startsWith(':')) return FieldKind.BadPseudo;
  return VALID_NAME.test(name) ? FieldKind.Other : FieldKind.Malformed;
}

/** `name` or `name: value`, from index 1 on. */
const ROWS: readonly string[] = [
  ':authority',
  ':method: GET',
  ':method: POST',
  ':path: /',
  ':path: /index.html',
  ':scheme: http',
  ':scheme: https',
  ':status: 200',
  ':status: 204',
  ':status: 206',
  ':status: 304',
  ':status: 400',
  ':status: 404',
  ':status: 500',
  'accept-charset',
  'accept-encoding: gzip, deflate',
  'accept-language',
  'accept-ranges',
  'accept',
  'access-control-allow-origin',
  'age',
  'allow',
  'authorization',
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-length',
  'content-location',
  'content-range',
  'content-type',
  'cookie',
  'date',
  'etag',
  'expect',
  'expires',
  'from',
  'host',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'last-modified',
  'link',
  'location',
  'max-forwards',
  'proxy-authenticate',
  'proxy-authorization',
  'range',
  'referer',
  'refresh',
  'retry-after',
  'server',
  'set-cookie',
  'strict-transport-security',
  'transfer-encoding',
  'user-agent',
  'vary',
  'via',
  'www-authenticate',
];

/** Index i of the RFC is at [i]; [0] is unused. */
export const STATIC_TABLE: readonly (HeaderField | undefined)[] = [
  undefined,
  ...ROWS.map((row) => {
    const [name = '', value = ''] = row.split(/(?<=.): /);
    return headerField(name, value);
  }),
];

export const STATIC_LENGTH = ROWS.length;

const indexByName = new Map<string, number>();
const indexByField = new Map<string, number>();
STATIC_TABLE.forEach((field, index) => {
  if (field === undefined) return;
  if (!indexByName.has(field.name)) indexByName.set(field.name, index);
  indexByField.set(`${field.name}\n${field.value}`, index);
});

/** The static index of a whole field, or 0. */
export function staticFieldIndex(name: string, value: string): number {
  return indexByField.get(`${name}\n${value}`) ?? 0;
}

/** The first static index with that name, or 0. */
export function staticNameIndex(name: string): number {
  return indexByName.get(name) ?? 0;
}
