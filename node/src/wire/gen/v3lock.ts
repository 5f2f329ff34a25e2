// Generated from proto/v3lock.proto by proto/generate.ts. Do not edit.
import { EMPTY_BYTES } from '../../base/text.ts';
import type { Codec, Method } from '../codec.ts';
import { bigVarintSize, delimitedSize } from '../writer.ts';
import { ResponseHeader } from './rpc.ts';

export interface LockRequest {
  name: Uint8Array;
  lease: bigint;
}

export const LockRequest: Codec<LockRequest> = {
  name: 'v3lockpb.LockRequest',
  create(init) {
    const m: LockRequest = { name: EMPTY_BYTES, lease: 0n };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    if (m.name.length !== 0) n += 1 + delimitedSize(m.name.length);
    if (m.lease !== 0n) n += 1 + bigVarintSize(m.lease);
    return n;
  },
  write(m, w) {
    if (m.name.length !== 0) {
      w.varint(10);
      w.bytesField(m.name);
    }
    if (m.lease !== 0n) {
      w.varint(16);
      w.bigVarint(m.lease);
    }
  },
  read(r, end) {
    let name_: Uint8Array = EMPTY_BYTES;
    let lease_: bigint = 0n;
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 10:
          name_ = r.view();
          break;
        case 16:
          lease_ = r.int64Big();
          break;
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { name: name_, lease: lease_ };
  },
};

export interface LockResponse {
  header: ResponseHeader | undefined;
  key: Uint8Array;
}

export const LockResponse: Codec<LockResponse> = {
  name: 'v3lockpb.LockResponse',
  create(init) {
    const m: LockResponse = { header: undefined, key: EMPTY_BYTES };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    if (m.header !== undefined) n += 1 + delimitedSize(ResponseHeader.sizeOf(m.header));
    if (m.key.length !== 0) n += 1 + delimitedSize(m.key.length);
    return n;
  },
  write(m, w) {
    if (m.header !== undefined) {
      w.varint(10);
      w.varint(ResponseHeader.sizeOf(m.header));
      ResponseHeader.write(m.header, w);
    }
    if (m.key.length !== 0) {
      w.varint(18);
      w.bytesField(m.key);
    }
  },
  read(r, end) {
    let header_: ResponseHeader | undefined = undefined;
    let key_: Uint8Array = EMPTY_BYTES;
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 10: {
          const last = r.end();
          header_ = ResponseHeader.read(r, last, header_);
          break;
        }
        case 18:
          key_ = r.view();
          break;
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { header: header_, key: key_ };
  },
};

export interface UnlockRequest {
  key: Uint8Array;
}

export const UnlockRequest: Codec<UnlockRequest> = {
  name: 'v3lockpb.UnlockRequest',
  create(init) {
    const m: UnlockRequest = { key: EMPTY_BYTES };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    if (m.key.length !== 0) n += 1 + delimitedSize(m.key.length);
    return n;
  },
  write(m, w) {
    if (m.key.length !== 0) {
      w.varint(10);
      w.bytesField(m.key);
    }
  },
  read(r, end) {
    let key_: Uint8Array = EMPTY_BYTES;
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 10:
          key_ = r.view();
          break;
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { key: key_ };
  },
};

export interface UnlockResponse {
  header: ResponseHeader | undefined;
}

export const UnlockResponse: Codec<UnlockResponse> = {
  name: 'v3lockpb.UnlockResponse',
  create(init) {
    const m: UnlockResponse = { header: undefined };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    if (m.header !== undefined) n += 1 + delimitedSize(ResponseHeader.sizeOf(m.header));
    return n;
  },
  write(m, w) {
    if (m.header !== undefined) {
      w.varint(10);
      w.varint(ResponseHeader.sizeOf(m.header));
      ResponseHeader.write(m.header, w);
    }
  },
  read(r, end) {
    let header_: ResponseHeader | undefined = undefined;
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 10: {
          const last = r.end();
          header_ = ResponseHeader.read(r, last, header_);
          break;
        }
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { header: header_ };
  },
};

export const LockService = {
  lock: {
    path: '/v3lockpb.Lock/Lock',
    kind: 'unary',
    request: LockRequest,
    response: LockResponse,
  } satisfies Method<LockRequest, LockResponse>,
  unlock: {
    path: '/v3lockpb.Lock/Unlock',
    kind: 'unary',
    request: UnlockRequest,
    response: UnlockResponse,
  } satisfies Method<UnlockRequest, UnlockResponse>,
};

