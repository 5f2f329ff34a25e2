// Generated from proto/snap.proto by proto/generate.ts. Do not edit.
import { EMPTY_BYTES } from '../../base/text.ts';
import type { Codec } from '../codec.ts';
import { delimitedSize, varintSize } from '../writer.ts';

export interface ChecksummedSnapshot {
  crc: number;
  data: Uint8Array;
}

export const ChecksummedSnapshot: Codec<ChecksummedSnapshot> = {
  name: 'snappb.snapshot',
  create(init) {
    const m: ChecksummedSnapshot = { crc: 0, data: EMPTY_BYTES };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    n += 1 + varintSize(m.crc);
    if (m.data.length !== 0) n += 1 + delimitedSize(m.data.length);
    return n;
  },
  write(m, w) {
    {
      w.varint(8);
      w.varint(m.crc);
    }
    if (m.data.length !== 0) {
      w.varint(18);
      w.bytesField(m.data);
    }
  },
  read(r, end) {
    let crc_: number = 0;
    let data_: Uint8Array = EMPTY_BYTES;
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 8:
          crc_ = r.uint32();
          break;
        case 18:
          data_ = r.view();
          break;
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { crc: crc_, data: data_ };
  },
};

