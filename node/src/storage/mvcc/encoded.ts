// What is needed of a stored mvccpb.KeyValue without decoding all of it.
import { latin1FromBytes, latin1FromRange, NO_LEASE, type LeaseId } from '../../base/index.ts';
import { KeyValue } from '../../wire/gen/kv.ts';
import { decode, Reader } from '../../wire/index.ts';

/** Tag of field 1, `key`: the first in what etcd and this store write. */
const KEY_TAG = 10;
const KEY_AT = 2;
const CREATE_REVISION_TAG = 16;
const VERSION_TAG = 32;
const LEASE_TAG = 48;

/** The key (latin1) of the encoded KeyValue that is [start, end) of the bytes. @throws DecodeError when it is not one */
export function keyOfEncoded(bytes: Uint8Array, start = 0, end = bytes.length): string {
  const length = bytes[start + 1];
  const keyStart = start + KEY_AT;
  const isPlain = bytes[start] === KEY_TAG && length !== undefined && length < 0x80;
  if (isPlain && keyStart + length <= end)
    return latin1FromRange(bytes, keyStart, keyStart + length);
  return latin1FromBytes(decode(KeyValue, bytes.subarray(start, end)).key);
}

/** What the index needs of an encoded KeyValue. One object is filled again and again. */
export class IndexedFields {
  /** The key's bytes are [keyStart, keyEnd) of the message. */
  keyStart = 0;
  keyEnd = 0;
  createRevision = 0;
  version = 0;
  lease: LeaseId = NO_LEASE;

  /** Reads [start, end) of the bytes. @throws DecodeError when they are not a KeyValue */
  read(bytes: Uint8Array, start = 0, end = bytes.length): void {
    this.keyStart = this.keyEnd = this.createRevision = this.version = 0;
    this.lease = NO_LEASE;
    const reader = new Reader(bytes);
    reader.position = start;
    while (reader.position < end) this.readField(reader, reader.tag());
    if (reader.position > end) reader.fail('a field runs past the end');
  }

  private readField(reader: Reader, tag: number): void {
    switch (tag) {
      case KEY_TAG:
        this.keyEnd = reader.end();
        this.keyStart = reader.position;
        reader.position = this.keyEnd;
        break;
      case CREATE_REVISION_TAG:
        this.createRevision = reader.int64();
        break;
      case VERSION_TAG:
        this.version = reader.int64();
        break;
      case LEASE_TAG:
        this.lease = reader.int64Big();
        break;
      default:
        reader.skip(tag);
    }
  }
}
