// Generated from proto/record.proto by proto/generate.ts. Do not edit.
import { EMPTY_BYTES } from '../../base/text.ts';
import type { Codec } from '../codec.ts';
import { delimitedSize, varintSize } from '../writer.ts';
import { ConfState } from './raft.ts';

export interface Record {
  type: number;
  crc: number;
  data: Uint8Array;
}

export const Record: Codec<Record> = {
  name: 'walpb.Record',
  create(init) {
    const m: Record = { type: 0, crc: 0, data: EMPTY_BYTES };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    n += 1 + varintSize(m.type);
    n += 1 + varintSize(m.crc);
    if (m.data.length !== 0) n += 1 + delimitedSize(m.data.length);
    return n;
  },
  write(m, w) {
    {
      w.varint(8);
      w.varint(m.type);
    }
    {
      w.varint(16);
      w.varint(m.crc);
    }
    if (m.data.length !== 0) {
      w.varint(26);
      w.bytesField(m.data);
    }
  },
  read(r, end) {
    let type_: number = 0;
    let crc_: number = 0;
    let data_: Uint8Array = EMPTY_BYTES;
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 8:
          type_ = r.int64();
          break;
        case 16:
          crc_ = r.uint32();
          break;
        case 26:
          data_ = r.view();
          break;
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { type: type_, crc: crc_, data: data_ };
  },
};

export interface Snapshot {
  index: number;
  term: number;
  confState: ConfState | undefined;
}

export const Snapshot: Codec<Snapshot> = {
  name: 'walpb.Snapshot',
  create(init) {
    const m: Snapshot = { index: 0, term: 0, confState: undefined };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    n += 1 + varintSize(m.index);
    n += 1 + varintSize(m.term);
    if (m.confState !== undefined) n += 1 + delimitedSize(ConfState.sizeOf(m.confState));
    return n;
  },
  write(m, w) {
    {
      w.varint(8);
      w.varint(m.index);
    }
    {
      w.varint(16);
      w.varint(m.term);
    }
    if (m.confState !== undefined) {
      w.varint(26);
      w.varint(ConfState.sizeOf(m.confState));
      ConfState.write(m.confState, w);
    }
  },
  read(r, end) {
    let index_: number = 0;
    let term_: number = 0;
    let confState_: ConfState | undefined = undefined;
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 8:
          index_ = r.uint64();
          break;
        case 16:
          term_ = r.uint64();
          break;
        case 26: {
          const last = r.end();
          confState_ = ConfState.read(r, last, confState_);
          break;
        }
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { index: index_, term: term_, confState: confState_ };
  },
};

