// The codec against protobufjs, field by field, on random messages of every type.
import { readFileSync, readdirSync } from 'node:fs';
import fc from 'fast-check';
import protobuf from 'protobufjs';
import { expect, test } from 'vitest';
import { decode, encode, type Codec } from './codec.ts';
import { DecodeError } from './reader.ts';
import { Writer } from './writer.ts';
import * as kv from './gen/kv.ts';
import * as raft from './gen/raft.ts';
import * as raftInternal from './gen/raft-internal.ts';
import * as rpc from './gen/rpc.ts';

const dir = new URL('../../proto/', import.meta.url);
const root = new protobuf.Root();
for (const file of readdirSync(dir)) {
  if (file.endsWith('.proto')) {
    protobuf.parse(readFileSync(new URL(file, dir), 'utf8'), root, { keepCase: true });
  }
}
root.resolveAll();

const isCodec = (value: unknown): value is Codec<unknown> =>
  typeof value === 'object' && value !== null && 'sizeOf' in value;
const codecs = [kv, raft, raftInternal, rpc].flatMap((module) =>
  Object.values(module).filter(isCodec),
);

function arbitraryPlain(type: protobuf.Type, depth: number): fc.Arbitrary<Record<string, unknown>> {
  const fields: Record<string, fc.Arbitrary<unknown>> = {};
  for (const field of type.fieldsArray) {
    field.resolve();
    const one = arbitraryField(field, depth);
    if (one !== undefined)
      fields[field.name] = field.repeated ? fc.array(one, { maxLength: 3 }) : one;
  }
  return fc.record(fields, { requiredKeys: [] }).map((message) => {
    for (const oneof of type.oneofsArray) {
      const set = oneof.fieldsArray.filter((f) => message[f.name] !== undefined);
      for (const extra of set.slice(1)) delete message[extra.name];
    }
    return message;
  });
}

function arbitraryField(field: protobuf.Field, depth: number): fc.Arbitrary<unknown> | undefined {
  switch (field.type) {
    case 'bool':
      return fc.boolean();
    case 'string':
      return fc.string({ unit: 'grapheme', maxLength: 10 });
    case 'bytes':
      return fc.uint8Array({ maxLength: 20 });
    case 'int32':
      return fc.integer();
    case 'uint32':
      return fc.integer({ min: 0, max: 2 ** 32 - 1 });
    case 'int64':
      return fc.maxSafeInteger();
    case 'uint64':
      return fc.maxSafeNat();
  }
  if (field.resolvedType instanceof protobuf.Enum) {
    return fc.constantFrom(...Object.values(field.resolvedType.values));
  }
  if (depth === 0) return undefined;
  return arbitraryPlain(field.resolvedType as protobuf.Type, depth - 1);
}

/** What protobufjs makes of bytes, in a form that does not depend on the order of fields. */
const meaning = (type: protobuf.Type, bytes: Uint8Array) =>
  type.toObject(type.decode(bytes), { longs: String, bytes: String, defaults: true });

test.each(codecs.map((codec) => [codec.name, codec] as const))(
  '%s is read and written as protobufjs does',
  (name, codec) => {
    const type = root.lookupType(name);
    fc.assert(
      fc.property(arbitraryPlain(type, 2), (plain) => {
        const theirs = new Uint8Array(type.encode(type.fromObject(plain)).finish());
        const message = decode(codec, theirs);
        const ours = encode(codec, message);
        expect(ours.length).toBe(codec.sizeOf(message));
        expect(meaning(type, ours)).toEqual(meaning(type, theirs));
        expect(decode(codec, ours)).toEqual(message);
      }),
      { numRuns: 25 },
    );
  },
);

test('arbitrary bytes either decode or fail with DecodeError', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.constantFrom(...codecs), (bytes, codec) => {
      try {
        decode(codec, bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(DecodeError);
      }
    }),
    { numRuns: 3000 },
  );
});

const failing = (codec: Codec<unknown>, bytes: number[] | Uint8Array) =>
  expect(() => decode(codec, Uint8Array.from(bytes)));

test('what Go refuses is refused', () => {
  const { ConfState } = raft;
  failing(kv.KeyValue, [0x8a, 0x80, 0x80, 0x80, 0x10, 1, 97]).toThrow('field number out of range');
  failing(kv.KeyValue, [0x0a, 0x81, 0x80, 0x80, 0x80, 0x10, 97]).toThrow('runs past the end');
  failing(kv.KeyValue, [0x30, ...Array<number>(9).fill(0x80), 2]).toThrow('over 64 bits');
  failing(ConfState, [0x0a, 2, 1, 0x80, 0x28]).toThrow('packed field runs past its end');
  failing(kv.KeyValue, [0x0c]).toThrow('wire type 4');
  failing(kv.KeyValue, [0x7b, 0x08, 1, 0x74]).toThrow('wire type 4');
});

test('an unknown group is skipped', () => {
  const bytes = Uint8Array.of(0x7b, 0x08, 1, 0x13, 0x14, 0x7c, 0x0a, 1, 97);
  expect(decode(kv.KeyValue, bytes).key).toEqual(Uint8Array.of(97));
});

test('of the fields of a oneof the last counts', () => {
  const { RangeRequest, PutRequest, RequestOp } = rpc;
  const range = encode(RequestOp, RequestOp.create({ requestRange: RangeRequest.create() }));
  const put = encode(RequestOp, RequestOp.create({ requestPut: PutRequest.create() }));
  const read = decode(RequestOp, Uint8Array.from([...range, ...put]));
  expect(read.requestRange).toBeUndefined();
  expect(read.requestPut).toBeDefined();
});

test('a message that comes twice is merged', () => {
  const { Snapshot, SnapshotMetadata, ConfState } = raft;
  const half = (metadata: Partial<raft.SnapshotMetadata>): Uint8Array =>
    encode(Snapshot, Snapshot.create({ metadata: SnapshotMetadata.create(metadata) }));
  const both = Uint8Array.from([
    ...half({ term: 5, confState: ConfState.create({ voters: [1n] }) }),
    // Only what is written replaces what was there; etcd's proto2 messages write all numbers.
    ...[0x12, 6, 0x0a, 2, 0x08, 2, 0x10, 7],
  ]);
  expect(decode(Snapshot, both).metadata).toEqual({
    term: 5,
    index: 7,
    confState: ConfState.create({ voters: [1n, 2n] }),
  });
});

test('messages that hold themselves are read to a depth, and refused beyond', () => {
  const nested = (depth: number): Uint8Array => {
    let bytes = new Uint8Array(0);
    for (let i = 0; i < depth; i++) {
      // TxnRequest.success, RequestOp.requestTxn
      bytes = wrapped(0x12, wrapped(0x22, bytes));
    }
    return bytes;
  };
  expect(decode(rpc.TxnRequest, nested(300)).success).toHaveLength(1);
  failing(rpc.TxnRequest, nested(600)).toThrow(DecodeError);
  failing(rpc.TxnRequest, nested(5000)).toThrow(/nested deeper/);
});

function wrapped(tag: number, inner: Uint8Array): Uint8Array<ArrayBuffer> {
  const writer = new Writer(new Uint8Array(inner.length + 6));
  writer.varint(tag);
  writer.bytesField(inner);
  return writer.bytes.slice(0, writer.position) as Uint8Array<ArrayBuffer>; // slice copies
}

test('integers at the edges of 64 bits', () => {
  const lease = kv.KeyValue.create({ lease: -(2n ** 63n), modRevision: Number.MAX_SAFE_INTEGER });
  expect(decode(kv.KeyValue, encode(kv.KeyValue, lease))).toEqual(lease);
  const id = raft.Message.create({ from: 2n ** 64n - 1n, term: 2 ** 53 - 1 });
  expect(decode(raft.Message, encode(raft.Message, id))).toEqual(id);
  // modRevision (field 3) of 2^53
  expect(() =>
    decode(kv.KeyValue, Uint8Array.from([0x18, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10])),
  ).toThrow(/over 2\^53/);
});
