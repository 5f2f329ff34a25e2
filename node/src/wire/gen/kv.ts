// Generated from proto/kv.proto by proto/generate.ts. Do not edit.
import { EMPTY_BYTES } from '../../base/text.ts';
import type { Codec } from '../codec.ts';
import { bigVarintSize, delimitedSize, varintSize } from '../writer.ts';

export interface KeyValue {
  key: Uint8Array;
  createRevision: number;
  modRevision: number;
  version: number;
  value: Uint8Array;
  lease: bigint;
}

export const KeyValue: Codec<KeyValue> = {
  name: 'mvccpb.KeyValue',
  create(init) {
    const m: KeyValue = { key: EMPTY_BYTES, createRevision: 0, modRevision: 0, version: 0, value: EMPTY_BYTES, lease: 0n };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    if (m.key.length !== 0) n += 1 + delimitedSize(m.key.length);
    if (m.createRevision !== 0) n += 1 + varintSize(m.createRevision);
    if (m.modRevision !== 0) n += 1 + varintSize(m.modRevision);
    if (m.version !== 0) n += 1 + varintSize(m.version);
    if (m.value.length !== 0) n += 1 + delimitedSize(m.value.length);
    if (m.lease !== 0n) n += 1 + bigVarintSize(m.lease);
    return n;
  },
  write(m, w) {
    if (m.key.length !== 0) {
      w.varint(10);
      w.bytesField(m.key);
    }
    if (m.createRevision !== 0) {
      w.varint(16);
      w.varint(m.createRevision);
    }
    if (m.modRevision !== 0) {
      w.varint(24);
      w.varint(m.modRevision);
    }
    if (m.version !== 0) {
      w.varint(32);
      w.varint(m.version);
    }
    if (m.value.length !== 0) {
      w.varint(42);
      w.bytesField(m.value);
    }
    if (m.lease !== 0n) {
      w.varint(48);
      w.bigVarint(m.lease);
    }
  },
  read(r, end, before) {
    let key_: Uint8Array = EMPTY_BYTES;
    let createRevision_: number = 0;
    let modRevision_: number = 0;
    let version_: number = 0;
    let value_: Uint8Array = EMPTY_BYTES;
    let lease_: bigint = 0n;
    if (before !== undefined) {
      key_ = before.key;
      createRevision_ = before.createRevision;
      modRevision_ = before.modRevision;
      version_ = before.version;
      value_ = before.value;
      lease_ = before.lease;
    }
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 10:
          key_ = r.view();
          break;
        case 16:
          createRevision_ = r.int64();
          break;
        case 24:
          modRevision_ = r.int64();
          break;
        case 32:
          version_ = r.int64();
          break;
        case 42:
          value_ = r.view();
          break;
        case 48:
          lease_ = r.int64Big();
          break;
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { key: key_, createRevision: createRevision_, modRevision: modRevision_, version: version_, value: value_, lease: lease_ };
  },
};

export const EventType = {
  PUT: 0,
  DELETE: 1,
} as const;

export interface Event {
  type: number;
  kv: KeyValue | undefined;
  prevKv: KeyValue | undefined;
}

export const Event: Codec<Event> = {
  name: 'mvccpb.Event',
  create(init) {
    const m: Event = { type: 0, kv: undefined, prevKv: undefined };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    if (m.type !== 0) n += 1 + varintSize(m.type);
    if (m.kv !== undefined) n += 1 + delimitedSize(KeyValue.sizeOf(m.kv));
    if (m.prevKv !== undefined) n += 1 + delimitedSize(KeyValue.sizeOf(m.prevKv));
    return n;
  },
  write(m, w) {
    if (m.type !== 0) {
      w.varint(8);
      w.varint(m.type);
    }
    if (m.kv !== undefined) {
      w.varint(18);
      w.varint(KeyValue.sizeOf(m.kv));
      KeyValue.write(m.kv, w);
    }
    if (m.prevKv !== undefined) {
      w.varint(26);
      w.varint(KeyValue.sizeOf(m.prevKv));
      KeyValue.write(m.prevKv, w);
    }
  },
  read(r, end) {
    let type_: number = 0;
    let kv_: KeyValue | undefined = undefined;
    let prevKv_: KeyValue | undefined = undefined;
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 8:
          type_ = r.int32();
          break;
        case 18: {
          const last = r.end();
          kv_ = KeyValue.read(r, last, kv_);
          break;
        }
        case 26: {
          const last = r.end();
          prevKv_ = KeyValue.read(r, last, prevKv_);
          break;
        }
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { type: type_, kv: kv_, prevKv: prevKv_ };
  },
};

