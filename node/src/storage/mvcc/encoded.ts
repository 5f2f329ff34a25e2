// What is needed of a stored mvccpb.KeyValue without decoding all of it.
import { latin1FromBytes } from '../../base/index.ts';
import { KeyValue } from '../../wire/gen/kv.ts';
import { decode } from '../../wire/index.ts';

/** Tag of field 1, `key`: the first in what etcd and this store write. */
const KEY_TAG = 10;
const KEY_AT = 2;

/** The key (latin1) of an encoded KeyValue. @throws DecodeError when it is not one */
export function keyOfEncoded(encoded: Uint8Array): string {
  const length = encoded[1];
  const isPlain = encoded[0] === KEY_TAG && length !== undefined && length < 0x80;
  if (isPlain && KEY_AT + length <= encoded.length)
    return latin1FromBytes(encoded.subarray(KEY_AT, KEY_AT + length));
  return latin1FromBytes(decode(KeyValue, encoded).key);
}
