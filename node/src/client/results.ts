// What calls answer with: plain data, with text where bytes are likely to be text.
import { EMPTY_BYTES } from '../base/text.ts';
import type { KeyValue as WireKeyValue } from '../wire/gen/kv.ts';
import type {
  DeleteRangeResponse,
  PutResponse,
  RangeResponse,
  ResponseHeader,
} from '../wire/gen/rpc.ts';

/** What comes with every response (etcd's ResponseHeader). */
export interface Header {
  readonly clusterId: bigint;
  /** The member that answered. */
  readonly memberId: bigint;
  /** The store's revision when it answered; 0 where the call does not touch the store. */
  readonly revision: number;
  readonly raftTerm: number;
}

const NO_HEADER: Header = { clusterId: 0n, memberId: 0n, revision: 0, raftTerm: 0 };

export function headerOf(header: ResponseHeader | undefined): Header {
  return header ?? NO_HEADER;
}

/** A key with its value, at one revision. */
export class KeyValue {
  readonly key: Uint8Array;
  /** Empty when only keys were asked for, and in delete events. */
  readonly value: Uint8Array;
  /** Revision that created the key (since it was last deleted). */
  readonly createRevision: number;
  /** Revision of its last change. */
  readonly modRevision: number;
  /** 1 after creation, one more with each put. */
  readonly version: number;
  /** The lease it is attached to; 0n without one. */
  readonly lease: bigint;

  constructor(raw: WireKeyValue) {
    this.key = raw.key;
    this.value = raw.value;
    this.createRevision = raw.createRevision;
    this.modRevision = raw.modRevision;
    this.version = raw.version;
    this.lease = raw.lease;
  }

  /** The key as UTF-8 text; bytes that are none become U+FFFD. */
  keyText(): string {
    return textOf(this.key);
  }

  /** The value as UTF-8 text; bytes that are none become U+FFFD. */
  text(): string {
    return textOf(this.value);
  }

  /** The value parsed as JSON; its type is the caller's claim. @throws SyntaxError when it is not JSON */
  json<T = unknown>(): T {
    return JSON.parse(this.text()) as T; // JSON.parse knows no types
  }
}

export interface PutResult {
  readonly header: Header;
  /** The store's revision with this put. */
  readonly revision: number;
  /** What the key held before, if it was asked for and there was something. */
  readonly prevKv: KeyValue | undefined;
}

export interface RangeResult {
  readonly header: Header;
  /** The store's revision at the read; watch from revision + 1 to miss nothing. */
  readonly revision: number;
  readonly kvs: KeyValue[];
  /** All keys of the range, whatever the limit. */
  readonly count: number;
  /** The limit left keys out. */
  readonly more: boolean;
}

export interface DeleteResult {
  readonly header: Header;
  readonly revision: number;
  /** How many keys there were to delete. */
  readonly deleted: number;
  /** What they held, if it was asked for. */
  readonly prevKvs: KeyValue[];
}

export function putResult(response: PutResponse): PutResult {
  const header = headerOf(response.header);
  return { header, revision: header.revision, prevKv: keyValueOf(response.prevKv) };
}

export function rangeResult(response: RangeResponse): RangeResult {
  const header = headerOf(response.header);
  return {
    header,
    revision: header.revision,
    kvs: response.kvs.map((raw) => new KeyValue(raw)),
    count: response.count,
    more: response.more,
  };
}

export function deleteResult(response: DeleteRangeResponse): DeleteResult {
  const header = headerOf(response.header);
  return {
    header,
    revision: header.revision,
    deleted: response.deleted,
    prevKvs: response.prevKvs.map((raw) => new KeyValue(raw)),
  };
}

export function keyValueOf(raw: WireKeyValue | undefined): KeyValue | undefined {
  return raw === undefined ? undefined : new KeyValue(raw);
}

function textOf(bytes: Uint8Array): string {
  if (bytes === EMPTY_BYTES) return '';
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
}
