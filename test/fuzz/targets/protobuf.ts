// Every message type: what protobufjs accepts is accepted and means the same, all else is a DecodeError.
import { readFileSync, readdirSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import protobuf from 'protobufjs';
import { decode, encode, type Codec } from '../../../node/src/wire/codec.ts';
import * as auth from '../../../node/src/wire/gen/auth.ts';
import * as etcdserver from '../../../node/src/wire/gen/etcdserver.ts';
import * as health from '../../../node/src/wire/gen/health.ts';
import * as kv from '../../../node/src/wire/gen/kv.ts';
import * as lease from '../../../node/src/wire/gen/lease.ts';
import * as membership from '../../../node/src/wire/gen/membership.ts';
import * as raftInternal from '../../../node/src/wire/gen/raft-internal.ts';
import * as raft from '../../../node/src/wire/gen/raft.ts';
import * as record from '../../../node/src/wire/gen/record.ts';
import * as rpc from '../../../node/src/wire/gen/rpc.ts';
import * as snap from '../../../node/src/wire/gen/snap.ts';
import * as election from '../../../node/src/wire/gen/v3election.ts';
import * as lock from '../../../node/src/wire/gen/v3lock.ts';
import { DecodeError } from '../../../node/src/wire/reader.ts';
import { concatBytes } from '../../../node/src/base/bytes.ts';
import { varint } from '../engine/mutate.ts';
import type { Target } from '../engine/target.ts';
import { expectSame, expectThat } from './input.ts';

const PROTO_FOLDER = new URL('../../../node/proto/', import.meta.url);
const root = new protobuf.Root();
for (const file of readdirSync(PROTO_FOLDER).filter((name) => name.endsWith('.proto'))) {
  const text = readFileSync(new URL(file, PROTO_FOLDER), 'utf8');
  protobuf.parse(withOpenEnums(text), root, { keepCase: true });
}
root.resolveAll();
for (const one of [protobuf.Reader, protobuf.util as { recursionLimit?: number }]) {
  one.recursionLimit = 400; // util's is not in its types
}

/** Go keeps numbers that an enum of proto2 does not name; protobufjs drops them. */
function withOpenEnums(text: string): string {
  const names = [...text.matchAll(/^enum (\w+)/gm)].map((match) => match[1]);
  if (!text.includes('"proto2"') || names.length === 0) return text;
  return text.replaceAll(new RegExp(`optional (${names.join('|')})\\b`, 'g'), 'optional int32');
}

const isCodec = (value: unknown): value is Codec<unknown> =>
  typeof value === 'object' && value !== null && 'sizeOf' in value;

const PAIRS = [
  ...[auth, etcdserver, health, kv, lease, membership, raftInternal, raft, record, rpc, snap],
  ...[election, lock],
]
  .flatMap((module) => Object.values(module).filter(isCodec))
  .sort((a, b) => (a.name < b.name ? -1 : 1))
  .map((codec) => ({ codec, type: root.lookupType(codec.name) }));

/** A form that depends neither on the order of fields nor on whether a default was written. */
const meaning = (type: protobuf.Type, bytes: Uint8Array): unknown =>
  type.toObject(type.decode(bytes), { longs: String, bytes: String, defaults: true });

/** What Go's library refuses, or what numbers cannot hold. */
const STRICTER = /over 2\^53|nested deeper|field number|over 64 bits/;
/** What Go's library takes; deeper than some hundred messages is not compared. */
const LAXER = /invalid tag encoding|max depth/;

function run(input: Uint8Array): void {
  const pair = PAIRS[(((input[0] ?? 0) << 8) | (input[1] ?? 0)) % PAIRS.length];
  if (pair === undefined) return;
  const { codec, type } = pair;
  const bytes = input.subarray(2);
  const message = attempt(() => decode(codec, bytes));
  const theirs = attempt(() => meaning(type, bytes));
  if (message instanceof Error) {
    expectThat(message instanceof DecodeError, `${codec.name}: ${message.stack ?? ''}`);
    const isOurs = STRICTER.test(message.message);
    expectThat(isOurs || theirs instanceof Error, `${codec.name} refuses: ${message.message}`);
    return;
  }
  if (theirs instanceof Error) {
    // In messages without fields it confuses field numbers with tags.
    if (LAXER.test(theirs.message) || type.fieldsArray.length === 0) return;
    throw new Error(`${codec.name} accepts what is refused otherwise: ${theirs.message}`);
  }
  const encoded = encode(codec, message);
  expectSame('size', encoded.length, codec.sizeOf(message));
  const ours = meaning(type, encoded);
  // Limits and durations beyond what a number holds become the largest that it holds.
  expectSame(codec.name, ours, isDeepStrictEqual(ours, theirs) ? theirs : saturated(theirs));
  expectSame('encoded again', encode(codec, decode(codec, encoded)), encoded);
}

function saturated(value: unknown): unknown {
  const max = BigInt(Number.MAX_SAFE_INTEGER);
  const text = JSON.stringify(value, (_, part: unknown) => {
    if (typeof part !== 'string' || !/^-?\d{16,}$/.test(part)) return part;
    const big = BigInt(part);
    return String(big > max ? max : big < -max ? -max : big);
  });
  return JSON.parse(text);
}

function attempt<T>(work: () => T): T | Error {
  try {
    return work();
  } catch (error) {
    if (error instanceof Error) return error;
    throw error;
  }
}

/** A message of each type with something in every field. */
function seeds(): Uint8Array[] {
  const all = PAIRS.map(({ type }, i) => {
    const plain = type.fromObject(filled(type, 3));
    return concatBytes([Uint8Array.of(i >> 8, i), type.encode(plain).finish()]);
  });
  const txn = PAIRS.findIndex(({ codec }) => codec.name === 'etcdserverpb.TxnRequest');
  const of = (...bytes: Uint8Array[]): Uint8Array =>
    concatBytes([Uint8Array.of(txn >> 8, txn), ...bytes]);
  // One of several that came twice, or one after the other.
  const both = Uint8Array.of(0x12, 12, 0x0a, 3, 10, 1, 97, 0x12, 5, 10, 1, 98, 18, 0);
  const twice = Uint8Array.of(0x12, 10, 0x0a, 3, 10, 1, 97, 0x0a, 3, 18, 1, 98);
  return [...all, of(nestedTxn(600)), of(both), of(twice)];
}

function filled(type: protobuf.Type, depth: number): Record<string, unknown> {
  const message: Record<string, unknown> = {};
  for (const field of type.fieldsArray) {
    field.resolve();
    if (field.partOf !== null && field.partOf?.fieldsArray[depth % 2] !== field) continue;
    const value = sample(field, depth);
    if (value !== undefined) message[field.name] = field.repeated ? [value] : value;
  }
  return message;
}

function sample(field: protobuf.Field, depth: number): unknown {
  const { resolvedType, type } = field;
  if (resolvedType instanceof protobuf.Enum) return Object.values(resolvedType.values).at(-1);
  if (resolvedType instanceof protobuf.Type) {
    return depth > 0 ? filled(resolvedType, depth - 1) : undefined;
  }
  if (type === 'string') return 'é';
  if (type === 'bytes') return Buffer.from('k');
  return type === 'bool' ? true : 300;
}

/** A transaction in a transaction in a transaction… */
export function nestedTxn(depth: number): Uint8Array {
  const parts: Uint8Array[] = [];
  let length = 0;
  const wrap = (tag: number): void => {
    const head = concatBytes([Uint8Array.of(tag), varint(length)]);
    parts.push(head);
    length += head.length;
  };
  for (let i = 0; i < depth; i++) {
    wrap(0x22); // RequestOp.request_txn
    wrap(0x12); // TxnRequest.success
  }
  return concatBytes(parts.reverse());
}

export const target: Target = { name: 'protobuf', run, seeds, maxBytes: 4096 };
