// Generated from proto/rpc.proto by proto/generate.ts. Do not edit.
import { EMPTY_BYTES } from '../../base/text.ts';
import type { Codec, Method } from '../codec.ts';
import { bigVarintSize, delimitedSize, stringSize, varintSize } from '../writer.ts';
import { Permission, UserAddOptions } from './auth.ts';
import { Event, KeyValue } from './kv.ts';

export interface ResponseHeader {
  clusterId: bigint;
  memberId: bigint;
  revision: number;
  raftTerm: number;
}

export const ResponseHeader: Codec<ResponseHeader> = {
  name: 'etcdserverpb.ResponseHeader',
  create(init) {
    const m: ResponseHeader = { clusterId: 0n, memberId: 0n, revision: 0, raftTerm: 0 };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    if (m.clusterId !== 0n) n += 1 + bigVarintSize(m.clusterId);
    if (m.memberId !== 0n) n += 1 + bigVarintSize(m.memberId);
    if (m.revision !== 0) n += 1 + varintSize(m.revision);
    if (m.raftTerm !== 0) n += 1 + varintSize(m.raftTerm);
    return n;
  },
  write(m, w) {
    if (m.clusterId !== 0n) {
      w.varint(8);
      w.bigVarint(m.clusterId);
    }
    if (m.memberId !== 0n) {
      w.varint(16);
      w.bigVarint(m.memberId);
    }
    if (m.revision !== 0) {
      w.varint(24);
      w.varint(m.revision);
    }
    if (m.raftTerm !== 0) {
      w.varint(32);
      w.varint(m.raftTerm);
    }
  },
  read(r, end, before) {
    let clusterId_: bigint = 0n;
    let memberId_: bigint = 0n;
    let revision_: number = 0;
    let raftTerm_: number = 0;
    if (before !== undefined) {
      clusterId_ = before.clusterId;
      memberId_ = before.memberId;
      revision_ = before.revision;
      raftTerm_ = before.raftTerm;
    }
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 8:
          clusterId_ = r.uint64Big();
          break;
        case 16:
          memberId_ = r.uint64Big();
          break;
        case 24:
          revision_ = r.int64Saturated();
          break;
        case 32:
          raftTerm_ = r.uint64();
          break;
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { clusterId: clusterId_, memberId: memberId_, revision: revision_, raftTerm: raftTerm_ };
  },
};

export const SortOrder = {
  NONE: 0,
  ASCEND: 1,
  DESCEND: 2,
} as const;

export const SortTarget = {
  KEY: 0,
  VERSION: 1,
  CREATE: 2,
  MOD: 3,
  VALUE: 4,
} as const;

export interface RangeRequest {
  key: Uint8Array;
  rangeEnd: Uint8Array;
  limit: number;
  revision: number;
  sortOrder: number;
  sortTarget: number;
  serializable: boolean;
  keysOnly: boolean;
  countOnly: boolean;
  minModRevision: number;
  maxModRevision: number;
  minCreateRevision: number;
  maxCreateRevision: number;
}

export const RangeRequest: Codec<RangeRequest> = {
  name: 'etcdserverpb.RangeRequest',
  create(init) {
    const m: RangeRequest = { key: EMPTY_BYTES, rangeEnd: EMPTY_BYTES, limit: 0, revision: 0, sortOrder: 0, sortTarget: 0, serializable: false, keysOnly: false, countOnly: false, minModRevision: 0, maxModRevision: 0, minCreateRevision: 0, maxCreateRevision: 0 };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    if (m.key.length !== 0) n += 1 + delimitedSize(m.key.length);
    if (m.rangeEnd.length !== 0) n += 1 + delimitedSize(m.rangeEnd.length);
    if (m.limit !== 0) n += 1 + varintSize(m.limit);
    if (m.revision !== 0) n += 1 + varintSize(m.revision);
    if (m.sortOrder !== 0) n += 1 + varintSize(m.sortOrder);
    if (m.sortTarget !== 0) n += 1 + varintSize(m.sortTarget);
    if (m.serializable !== false) n += 1 + 1;
    if (m.keysOnly !== false) n += 1 + 1;
    if (m.countOnly !== false) n += 1 + 1;
    if (m.minModRevision !== 0) n += 1 + varintSize(m.minModRevision);
    if (m.maxModRevision !== 0) n += 1 + varintSize(m.maxModRevision);
    if (m.minCreateRevision !== 0) n += 1 + varintSize(m.minCreateRevision);
    if (m.maxCreateRevision !== 0) n += 1 + varintSize(m.maxCreateRevision);
    return n;
  },
  write(m, w) {
    if (m.key.length !== 0) {
      w.varint(10);
      w.bytesField(m.key);
    }
    if (m.rangeEnd.length !== 0) {
      w.varint(18);
      w.bytesField(m.rangeEnd);
    }
    if (m.limit !== 0) {
      w.varint(24);
      w.varint(m.limit);
    }
    if (m.revision !== 0) {
      w.varint(32);
      w.varint(m.revision);
    }
    if (m.sortOrder !== 0) {
      w.varint(40);
      w.varint(m.sortOrder);
    }
    if (m.sortTarget !== 0) {
      w.varint(48);
      w.varint(m.sortTarget);
    }
    if (m.serializable !== false) {
      w.varint(56);
      w.bool(m.serializable);
    }
    if (m.keysOnly !== false) {
      w.varint(64);
      w.bool(m.keysOnly);
    }
    if (m.countOnly !== false) {
      w.varint(72);
      w.bool(m.countOnly);
    }
    if (m.minModRevision !== 0) {
      w.varint(80);
      w.varint(m.minModRevision);
    }
    if (m.maxModRevision !== 0) {
      w.varint(88);
      w.varint(m.maxModRevision);
    }
    if (m.minCreateRevision !== 0) {
      w.varint(96);
      w.varint(m.minCreateRevision);
    }
    if (m.maxCreateRevision !== 0) {
      w.varint(104);
      w.varint(m.maxCreateRevision);
    }
  },
  read(r, end, before) {
    let key_: Uint8Array = EMPTY_BYTES;
    let rangeEnd_: Uint8Array = EMPTY_BYTES;
    let limit_: number = 0;
    let revision_: number = 0;
    let sortOrder_: number = 0;
    let sortTarget_: number = 0;
    let serializable_: boolean = false;
    let keysOnly_: boolean = false;
    let countOnly_: boolean = false;
    let minModRevision_: number = 0;
    let maxModRevision_: number = 0;
    let minCreateRevision_: number = 0;
    let maxCreateRevision_: number = 0;
    if (before !== undefined) {
      key_ = before.key;
      rangeEnd_ = before.rangeEnd;
      limit_ = before.limit;
      revision_ = before.revision;
      sortOrder_ = before.sortOrder;
      sortTarget_ = before.sortTarget;
      serializable_ = before.serializable;
      keysOnly_ = before.keysOnly;
      countOnly_ = before.countOnly;
      minModRevision_ = before.minModRevision;
      maxModRevision_ = before.maxModRevision;
      minCreateRevision_ = before.minCreateRevision;
      maxCreateRevision_ = before.maxCreateRevision;
    }
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 10:
          key_ = r.view();
          break;
        case 18:
          rangeEnd_ = r.view();
          break;
        case 24:
          limit_ = r.int64Saturated();
          break;
        case 32:
          revision_ = r.int64Saturated();
          break;
        case 40:
          sortOrder_ = r.int32();
          break;
        case 48:
          sortTarget_ = r.int32();
          break;
        case 56:
          serializable_ = r.bool();
          break;
        case 64:
          keysOnly_ = r.bool();
          break;
        case 72:
          countOnly_ = r.bool();
          break;
        case 80:
          minModRevision_ = r.int64Saturated();
          break;
        case 88:
          maxModRevision_ = r.int64Saturated();
          break;
        case 96:
          minCreateRevision_ = r.int64Saturated();
          break;
        case 104:
          maxCreateRevision_ = r.int64Saturated();
          break;
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { key: key_, rangeEnd: rangeEnd_, limit: limit_, revision: revision_, sortOrder: sortOrder_, sortTarget: sortTarget_, serializable: serializable_, keysOnly: keysOnly_, countOnly: countOnly_, minModRevision: minModRevision_, maxModRevision: maxModRevision_, minCreateRevision: minCreateRevision_, maxCreateRevision: maxCreateRevision_ };
  },
};

export interface RangeResponse {
  header: ResponseHeader | undefined;
  kvs: KeyValue[];
  more: boolean;
  count: number;
}

export const RangeResponse: Codec<RangeResponse> = {
  name: 'etcdserverpb.RangeResponse',
  create(init) {
    const m: RangeResponse = { header: undefined, kvs: [], more: false, count: 0 };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    if (m.header !== undefined) n += 1 + delimitedSize(ResponseHeader.sizeOf(m.header));
    for (const v of m.kvs) n += 1 + delimitedSize(KeyValue.sizeOf(v));
    if (m.more !== false) n += 1 + 1;
    if (m.count !== 0) n += 1 + varintSize(m.count);
    return n;
  },
  write(m, w) {
    if (m.header !== undefined) {
      w.varint(10);
      w.varint(ResponseHeader.sizeOf(m.header));
      ResponseHeader.write(m.header, w);
    }
    for (const v of m.kvs) {
      w.varint(18);
      w.varint(KeyValue.sizeOf(v));
      KeyValue.write(v, w);
    }
    if (m.more !== false) {
      w.varint(24);
      w.bool(m.more);
    }
    if (m.count !== 0) {
      w.varint(32);
      w.varint(m.count);
    }
  },
  read(r, end, before) {
    let header_: ResponseHeader | undefined = undefined;
    let kvs_: KeyValue[] = [];
    let more_: boolean = false;
    let count_: number = 0;
    if (before !== undefined) {
      header_ = before.header;
      kvs_ = before.kvs;
      more_ = before.more;
      count_ = before.count;
    }
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 10: {
          const last = r.end();
          header_ = ResponseHeader.read(r, last, header_);
          break;
        }
        case 18: {
          const last = r.end();
          kvs_.push(KeyValue.read(r, last));
          break;
        }
        case 24:
          more_ = r.bool();
          break;
        case 32:
          count_ = r.int64();
          break;
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { header: header_, kvs: kvs_, more: more_, count: count_ };
  },
};

export interface PutRequest {
  key: Uint8Array;
  value: Uint8Array;
  lease: bigint;
  prevKv: boolean;
  ignoreValue: boolean;
  ignoreLease: boolean;
}

export const PutRequest: Codec<PutRequest> = {
  name: 'etcdserverpb.PutRequest',
  create(init) {
    const m: PutRequest = { key: EMPTY_BYTES, value: EMPTY_BYTES, lease: 0n, prevKv: false, ignoreValue: false, ignoreLease: false };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    if (m.key.length !== 0) n += 1 + delimitedSize(m.key.length);
    if (m.value.length !== 0) n += 1 + delimitedSize(m.value.length);
    if (m.lease !== 0n) n += 1 + bigVarintSize(m.lease);
    if (m.prevKv !== false) n += 1 + 1;
    if (m.ignoreValue !== false) n += 1 + 1;
    if (m.ignoreLease !== false) n += 1 + 1;
    return n;
  },
  write(m, w) {
    if (m.key.length !== 0) {
      w.varint(10);
      w.bytesField(m.key);
    }
    if (m.value.length !== 0) {
      w.varint(18);
      w.bytesField(m.value);
    }
    if (m.lease !== 0n) {
      w.varint(24);
      w.bigVarint(m.lease);
    }
    if (m.prevKv !== false) {
      w.varint(32);
      w.bool(m.prevKv);
    }
    if (m.ignoreValue !== false) {
      w.varint(40);
      w.bool(m.ignoreValue);
    }
    if (m.ignoreLease !== false) {
      w.varint(48);
      w.bool(m.ignoreLease);
    }
  },
  read(r, end, before) {
    let key_: Uint8Array = EMPTY_BYTES;
    let value_: Uint8Array = EMPTY_BYTES;
    let lease_: bigint = 0n;
    let prevKv_: boolean = false;
    let ignoreValue_: boolean = false;
    let ignoreLease_: boolean = false;
    if (before !== undefined) {
      key_ = before.key;
      value_ = before.value;
      lease_ = before.lease;
      prevKv_ = before.prevKv;
      ignoreValue_ = before.ignoreValue;
      ignoreLease_ = before.ignoreLease;
    }
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 10:
          key_ = r.view();
          break;
        case 18:
          value_ = r.view();
          break;
        case 24:
          lease_ = r.int64Big();
          break;
        case 32:
          prevKv_ = r.bool();
          break;
        case 40:
          ignoreValue_ = r.bool();
          break;
        case 48:
          ignoreLease_ = r.bool();
          break;
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { key: key_, value: value_, lease: lease_, prevKv: prevKv_, ignoreValue: ignoreValue_, ignoreLease: ignoreLease_ };
  },
};

export interface PutResponse {
  header: ResponseHeader | undefined;
  prevKv: KeyValue | undefined;
}

export const PutResponse: Codec<PutResponse> = {
  name: 'etcdserverpb.PutResponse',
  create(init) {
    const m: PutResponse = { header: undefined, prevKv: undefined };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    if (m.header !== undefined) n += 1 + delimitedSize(ResponseHeader.sizeOf(m.header));
    if (m.prevKv !== undefined) n += 1 + delimitedSize(KeyValue.sizeOf(m.prevKv));
    return n;
  },
  write(m, w) {
    if (m.header !== undefined) {
      w.varint(10);
      w.varint(ResponseHeader.sizeOf(m.header));
      ResponseHeader.write(m.header, w);
    }
    if (m.prevKv !== undefined) {
      w.varint(18);
      w.varint(KeyValue.sizeOf(m.prevKv));
      KeyValue.write(m.prevKv, w);
    }
  },
  read(r, end, before) {
    let header_: ResponseHeader | undefined = undefined;
    let prevKv_: KeyValue | undefined = undefined;
    if (before !== undefined) {
      header_ = before.header;
      prevKv_ = before.prevKv;
    }
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 10: {
          const last = r.end();
          header_ = ResponseHeader.read(r, last, header_);
          break;
        }
        case 18: {
          const last = r.end();
          prevKv_ = KeyValue.read(r, last, prevKv_);
          break;
        }
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { header: header_, prevKv: prevKv_ };
  },
};

export interface DeleteRangeRequest {
  key: Uint8Array;
  rangeEnd: Uint8Array;
  prevKv: boolean;
}

export const DeleteRangeRequest: Codec<DeleteRangeRequest> = {
  name: 'etcdserverpb.DeleteRangeRequest',
  create(init) {
    const m: DeleteRangeRequest = { key: EMPTY_BYTES, rangeEnd: EMPTY_BYTES, prevKv: false };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    if (m.key.length !== 0) n += 1 + delimitedSize(m.key.length);
    if (m.rangeEnd.length !== 0) n += 1 + delimitedSize(m.rangeEnd.length);
    if (m.prevKv !== false) n += 1 + 1;
    return n;
  },
  write(m, w) {
    if (m.key.length !== 0) {
      w.varint(10);
      w.bytesField(m.key);
    }
    if (m.rangeEnd.length !== 0) {
      w.varint(18);
      w.bytesField(m.rangeEnd);
    }
    if (m.prevKv !== false) {
      w.varint(24);
      w.bool(m.prevKv);
    }
  },
  read(r, end, before) {
    let key_: Uint8Array = EMPTY_BYTES;
    let rangeEnd_: Uint8Array = EMPTY_BYTES;
    let prevKv_: boolean = false;
    if (before !== undefined) {
      key_ = before.key;
      rangeEnd_ = before.rangeEnd;
      prevKv_ = before.prevKv;
    }
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 10:
          key_ = r.view();
          break;
        case 18:
          rangeEnd_ = r.view();
          break;
        case 24:
          prevKv_ = r.bool();
          break;
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { key: key_, rangeEnd: rangeEnd_, prevKv: prevKv_ };
  },
};

export interface DeleteRangeResponse {
  header: ResponseHeader | undefined;
  deleted: number;
  prevKvs: KeyValue[];
}

export const DeleteRangeResponse: Codec<DeleteRangeResponse> = {
  name: 'etcdserverpb.DeleteRangeResponse',
  create(init) {
    const m: DeleteRangeResponse = { header: undefined, deleted: 0, prevKvs: [] };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    if (m.header !== undefined) n += 1 + delimitedSize(ResponseHeader.sizeOf(m.header));
    if (m.deleted !== 0) n += 1 + varintSize(m.deleted);
    for (const v of m.prevKvs) n += 1 + delimitedSize(KeyValue.sizeOf(v));
    return n;
  },
  write(m, w) {
    if (m.header !== undefined) {
      w.varint(10);
      w.varint(ResponseHeader.sizeOf(m.header));
      ResponseHeader.write(m.header, w);
    }
    if (m.deleted !== 0) {
      w.varint(16);
      w.varint(m.deleted);
    }
    for (const v of m.prevKvs) {
      w.varint(26);
      w.varint(KeyValue.sizeOf(v));
      KeyValue.write(v, w);
    }
  },
  read(r, end, before) {
    let header_: ResponseHeader | undefined = undefined;
    let deleted_: number = 0;
    let prevKvs_: KeyValue[] = [];
    if (before !== undefined) {
      header_ = before.header;
      deleted_ = before.deleted;
      prevKvs_ = before.prevKvs;
    }
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 10: {
          const last = r.end();
          header_ = ResponseHeader.read(r, last, header_);
          break;
        }
        case 16:
          deleted_ = r.int64();
          break;
        case 26: {
          const last = r.end();
          prevKvs_.push(KeyValue.read(r, last));
          break;
        }
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { header: header_, deleted: deleted_, prevKvs: prevKvs_ };
  },
};

export interface RequestOp {
  requestRange: RangeRequest | undefined;
  requestPut: PutRequest | undefined;
  requestDeleteRange: DeleteRangeRequest | undefined;
  requestTxn: TxnRequest | undefined;
}

export const RequestOp: Codec<RequestOp> = {
  name: 'etcdserverpb.RequestOp',
  create(init) {
    const m: RequestOp = { requestRange: undefined, requestPut: undefined, requestDeleteRange: undefined, requestTxn: undefined };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    if (m.requestRange !== undefined) n += 1 + delimitedSize(RangeRequest.sizeOf(m.requestRange));
    if (m.requestPut !== undefined) n += 1 + delimitedSize(PutRequest.sizeOf(m.requestPut));
    if (m.requestDeleteRange !== undefined) n += 1 + delimitedSize(DeleteRangeRequest.sizeOf(m.requestDeleteRange));
    if (m.requestTxn !== undefined) n += 1 + delimitedSize(TxnRequest.sizeOf(m.requestTxn));
    return n;
  },
  write(m, w) {
    if (m.requestRange !== undefined) {
      w.varint(10);
      w.varint(RangeRequest.sizeOf(m.requestRange));
      RangeRequest.write(m.requestRange, w);
    }
    if (m.requestPut !== undefined) {
      w.varint(18);
      w.varint(PutRequest.sizeOf(m.requestPut));
      PutRequest.write(m.requestPut, w);
    }
    if (m.requestDeleteRange !== undefined) {
      w.varint(26);
      w.varint(DeleteRangeRequest.sizeOf(m.requestDeleteRange));
      DeleteRangeRequest.write(m.requestDeleteRange, w);
    }
    if (m.requestTxn !== undefined) {
      w.varint(34);
      w.varint(TxnRequest.sizeOf(m.requestTxn));
      TxnRequest.write(m.requestTxn, w);
    }
  },
  read(r, end) {
    let requestRange_: RangeRequest | undefined = undefined;
    let requestPut_: PutRequest | undefined = undefined;
    let requestDeleteRange_: DeleteRangeRequest | undefined = undefined;
    let requestTxn_: TxnRequest | undefined = undefined;
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 10: {
          const last = r.end();
          requestRange_ = RangeRequest.read(r, last, requestRange_);
          requestPut_ = undefined;
          requestDeleteRange_ = undefined;
          requestTxn_ = undefined;
          break;
        }
        case 18: {
          const last = r.end();
          requestPut_ = PutRequest.read(r, last, requestPut_);
          requestRange_ = undefined;
          requestDeleteRange_ = undefined;
          requestTxn_ = undefined;
          break;
        }
        case 26: {
          const last = r.end();
          requestDeleteRange_ = DeleteRangeRequest.read(r, last, requestDeleteRange_);
          requestRange_ = undefined;
          requestPut_ = undefined;
          requestTxn_ = undefined;
          break;
        }
        case 34: {
          const last = r.enter();
          requestTxn_ = TxnRequest.read(r, last, requestTxn_);
          r.leave();
          requestRange_ = undefined;
          requestPut_ = undefined;
          requestDeleteRange_ = undefined;
          break;
        }
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { requestRange: requestRange_, requestPut: requestPut_, requestDeleteRange: requestDeleteRange_, requestTxn: requestTxn_ };
  },
};

export interface ResponseOp {
  responseRange: RangeResponse | undefined;
  responsePut: PutResponse | undefined;
  responseDeleteRange: DeleteRangeResponse | undefined;
  responseTxn: TxnResponse | undefined;
}

export const ResponseOp: Codec<ResponseOp> = {
  name: 'etcdserverpb.ResponseOp',
  create(init) {
    const m: ResponseOp = { responseRange: undefined, responsePut: undefined, responseDeleteRange: undefined, responseTxn: undefined };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    if (m.responseRange !== undefined) n += 1 + delimitedSize(RangeResponse.sizeOf(m.responseRange));
    if (m.responsePut !== undefined) n += 1 + delimitedSize(PutResponse.sizeOf(m.responsePut));
    if (m.responseDeleteRange !== undefined) n += 1 + delimitedSize(DeleteRangeResponse.sizeOf(m.responseDeleteRange));
    if (m.responseTxn !== undefined) n += 1 + delimitedSize(TxnResponse.sizeOf(m.responseTxn));
    return n;
  },
  write(m, w) {
    if (m.responseRange !== undefined) {
      w.varint(10);
      w.varint(RangeResponse.sizeOf(m.responseRange));
      RangeResponse.write(m.responseRange, w);
    }
    if (m.responsePut !== undefined) {
      w.varint(18);
      w.varint(PutResponse.sizeOf(m.responsePut));
      PutResponse.write(m.responsePut, w);
    }
    if (m.responseDeleteRange !== undefined) {
      w.varint(26);
      w.varint(DeleteRangeResponse.sizeOf(m.responseDeleteRange));
      DeleteRangeResponse.write(m.responseDeleteRange, w);
    }
    if (m.responseTxn !== undefined) {
      w.varint(34);
      w.varint(TxnResponse.sizeOf(m.responseTxn));
      TxnResponse.write(m.responseTxn, w);
    }
  },
  read(r, end) {
    let responseRange_: RangeResponse | undefined = undefined;
    let responsePut_: PutResponse | undefined = undefined;
    let responseDeleteRange_: DeleteRangeResponse | undefined = undefined;
    let responseTxn_: TxnResponse | undefined = undefined;
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 10: {
          const last = r.end();
          responseRange_ = RangeResponse.read(r, last, responseRange_);
          responsePut_ = undefined;
          responseDeleteRange_ = undefined;
          responseTxn_ = undefined;
          break;
        }
        case 18: {
          const last = r.end();
          responsePut_ = PutResponse.read(r, last, responsePut_);
          responseRange_ = undefined;
          responseDeleteRange_ = undefined;
          responseTxn_ = undefined;
          break;
        }
        case 26: {
          const last = r.end();
          responseDeleteRange_ = DeleteRangeResponse.read(r, last, responseDeleteRange_);
          responseRange_ = undefined;
          responsePut_ = undefined;
          responseTxn_ = undefined;
          break;
        }
        case 34: {
          const last = r.enter();
          responseTxn_ = TxnResponse.read(r, last, responseTxn_);
          r.leave();
          responseRange_ = undefined;
          responsePut_ = undefined;
          responseDeleteRange_ = undefined;
          break;
        }
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { responseRange: responseRange_, responsePut: responsePut_, responseDeleteRange: responseDeleteRange_, responseTxn: responseTxn_ };
  },
};

export const CompareResult = {
  EQUAL: 0,
  GREATER: 1,
  LESS: 2,
  NOT_EQUAL: 3,
} as const;

export const CompareTarget = {
  VERSION: 0,
  CREATE: 1,
  MOD: 2,
  VALUE: 3,
  LEASE: 4,
} as const;

export interface Compare {
  result: number;
  target: number;
  key: Uint8Array;
  version: number | undefined;
  createRevision: number | undefined;
  modRevision: number | undefined;
  value: Uint8Array | undefined;
  lease: bigint | undefined;
  rangeEnd: Uint8Array;
}

export const Compare: Codec<Compare> = {
  name: 'etcdserverpb.Compare',
  create(init) {
    const m: Compare = { result: 0, target: 0, key: EMPTY_BYTES, version: undefined, createRevision: undefined, modRevision: undefined, value: undefined, lease: undefined, rangeEnd: EMPTY_BYTES };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    if (m.result !== 0) n += 1 + varintSize(m.result);
    if (m.target !== 0) n += 1 + varintSize(m.target);
    if (m.key.length !== 0) n += 1 + delimitedSize(m.key.length);
    if (m.version !== undefined) n += 1 + varintSize(m.version);
    if (m.createRevision !== undefined) n += 1 + varintSize(m.createRevision);
    if (m.modRevision !== undefined) n += 1 + varintSize(m.modRevision);
    if (m.value !== undefined) n += 1 + delimitedSize(m.value.length);
    if (m.lease !== undefined) n += 1 + bigVarintSize(m.lease);
    if (m.rangeEnd.length !== 0) n += 2 + delimitedSize(m.rangeEnd.length);
    return n;
  },
  write(m, w) {
    if (m.result !== 0) {
      w.varint(8);
      w.varint(m.result);
    }
    if (m.target !== 0) {
      w.varint(16);
      w.varint(m.target);
    }
    if (m.key.length !== 0) {
      w.varint(26);
      w.bytesField(m.key);
    }
    if (m.version !== undefined) {
      w.varint(32);
      w.varint(m.version);
    }
    if (m.createRevision !== undefined) {
      w.varint(40);
      w.varint(m.createRevision);
    }
    if (m.modRevision !== undefined) {
      w.varint(48);
      w.varint(m.modRevision);
    }
    if (m.value !== undefined) {
      w.varint(58);
      w.bytesField(m.value);
    }
    if (m.lease !== undefined) {
      w.varint(64);
      w.bigVarint(m.lease);
    }
    if (m.rangeEnd.length !== 0) {
      w.varint(514);
      w.bytesField(m.rangeEnd);
    }
  },
  read(r, end) {
    let result_: number = 0;
    let target_: number = 0;
    let key_: Uint8Array = EMPTY_BYTES;
    let version_: number | undefined = undefined;
    let createRevision_: number | undefined = undefined;
    let modRevision_: number | undefined = undefined;
    let value_: Uint8Array | undefined = undefined;
    let lease_: bigint | undefined = undefined;
    let rangeEnd_: Uint8Array = EMPTY_BYTES;
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 8:
          result_ = r.int32();
          break;
        case 16:
          target_ = r.int32();
          break;
        case 26:
          key_ = r.view();
          break;
        case 32:
          version_ = r.int64Saturated();
          createRevision_ = undefined;
          modRevision_ = undefined;
          value_ = undefined;
          lease_ = undefined;
          break;
        case 40:
          createRevision_ = r.int64Saturated();
          version_ = undefined;
          modRevision_ = undefined;
          value_ = undefined;
          lease_ = undefined;
          break;
        case 48:
          modRevision_ = r.int64Saturated();
          version_ = undefined;
          createRevision_ = undefined;
          value_ = undefined;
          lease_ = undefined;
          break;
        case 58:
          value_ = r.view();
          version_ = undefined;
          createRevision_ = undefined;
          modRevision_ = undefined;
          lease_ = undefined;
          break;
        case 64:
          lease_ = r.int64Big();
          version_ = undefined;
          createRevision_ = undefined;
          modRevision_ = undefined;
          value_ = undefined;
          break;
        case 514:
          rangeEnd_ = r.view();
          break;
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { result: result_, target: target_, key: key_, version: version_, createRevision: createRevision_, modRevision: modRevision_, value: value_, lease: lease_, rangeEnd: rangeEnd_ };
  },
};

export interface TxnRequest {
  compare: Compare[];
  success: RequestOp[];
  failure: RequestOp[];
}

export const TxnRequest: Codec<TxnRequest> = {
  name: 'etcdserverpb.TxnRequest',
  create(init) {
    const m: TxnRequest = { compare: [], success: [], failure: [] };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    for (const v of m.compare) n += 1 + delimitedSize(Compare.sizeOf(v));
    for (const v of m.success) n += 1 + delimitedSize(RequestOp.sizeOf(v));
    for (const v of m.failure) n += 1 + delimitedSize(RequestOp.sizeOf(v));
    return n;
  },
  write(m, w) {
    for (const v of m.compare) {
      w.varint(10);
      w.varint(Compare.sizeOf(v));
      Compare.write(v, w);
    }
    for (const v of m.success) {
      w.varint(18);
      w.varint(RequestOp.sizeOf(v));
      RequestOp.write(v, w);
    }
    for (const v of m.failure) {
      w.varint(26);
      w.varint(RequestOp.sizeOf(v));
      RequestOp.write(v, w);
    }
  },
  read(r, end, before) {
    let compare_: Compare[] = [];
    let success_: RequestOp[] = [];
    let failure_: RequestOp[] = [];
    if (before !== undefined) {
      compare_ = before.compare;
      success_ = before.success;
      failure_ = before.failure;
    }
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 10: {
          const last = r.end();
          compare_.push(Compare.read(r, last));
          break;
        }
        case 18: {
          const last = r.enter();
          success_.push(RequestOp.read(r, last));
          r.leave();
          break;
        }
        case 26: {
          const last = r.enter();
          failure_.push(RequestOp.read(r, last));
          r.leave();
          break;
        }
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { compare: compare_, success: success_, failure: failure_ };
  },
};

export interface TxnResponse {
  header: ResponseHeader | undefined;
  succeeded: boolean;
  responses: ResponseOp[];
}

export const TxnResponse: Codec<TxnResponse> = {
  name: 'etcdserverpb.TxnResponse',
  create(init) {
    const m: TxnResponse = { header: undefined, succeeded: false, responses: [] };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    if (m.header !== undefined) n += 1 + delimitedSize(ResponseHeader.sizeOf(m.header));
    if (m.succeeded !== false) n += 1 + 1;
    for (const v of m.responses) n += 1 + delimitedSize(ResponseOp.sizeOf(v));
    return n;
  },
  write(m, w) {
    if (m.header !== undefined) {
      w.varint(10);
      w.varint(ResponseHeader.sizeOf(m.header));
      ResponseHeader.write(m.header, w);
    }
    if (m.succeeded !== false) {
      w.varint(16);
      w.bool(m.succeeded);
    }
    for (const v of m.responses) {
      w.varint(26);
      w.varint(ResponseOp.sizeOf(v));
      ResponseOp.write(v, w);
    }
  },
  read(r, end, before) {
    let header_: ResponseHeader | undefined = undefined;
    let succeeded_: boolean = false;
    let responses_: ResponseOp[] = [];
    if (before !== undefined) {
      header_ = before.header;
      succeeded_ = before.succeeded;
      responses_ = before.responses;
    }
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 10: {
          const last = r.end();
          header_ = ResponseHeader.read(r, last, header_);
          break;
        }
        case 16:
          succeeded_ = r.bool();
          break;
        case 26: {
          const last = r.enter();
          responses_.push(ResponseOp.read(r, last));
          r.leave();
          break;
        }
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { header: header_, succeeded: succeeded_, responses: responses_ };
  },
};

export interface CompactionRequest {
  revision: number;
  physical: boolean;
}

export const CompactionRequest: Codec<CompactionRequest> = {
  name: 'etcdserverpb.CompactionRequest',
  create(init) {
    const m: CompactionRequest = { revision: 0, physical: false };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    if (m.revision !== 0) n += 1 + varintSize(m.revision);
    if (m.physical !== false) n += 1 + 1;
    return n;
  },
  write(m, w) {
    if (m.revision !== 0) {
      w.varint(8);
      w.varint(m.revision);
    }
    if (m.physical !== false) {
      w.varint(16);
      w.bool(m.physical);
    }
  },
  read(r, end, before) {
    let revision_: number = 0;
    let physical_: boolean = false;
    if (before !== undefined) {
      revision_ = before.revision;
      physical_ = before.physical;
    }
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 8:
          revision_ = r.int64Saturated();
          break;
        case 16:
          physical_ = r.bool();
          break;
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { revision: revision_, physical: physical_ };
  },
};

export interface CompactionResponse {
  header: ResponseHeader | undefined;
}

export const CompactionResponse: Codec<CompactionResponse> = {
  name: 'etcdserverpb.CompactionResponse',
  create(init) {
    const m: CompactionResponse = { header: undefined };
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

export interface HashRequest {
}

export const HashRequest: Codec<HashRequest> = {
  name: 'etcdserverpb.HashRequest',
  create(init) {
    const m: HashRequest = {  };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(_m) {
    let n = 0;
    return n;
  },
  write(_m, _w) {
  },
  read(r, end) {
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return {  };
  },
};

export interface HashKVRequest {
  revision: number;
}

export const HashKVRequest: Codec<HashKVRequest> = {
  name: 'etcdserverpb.HashKVRequest',
  create(init) {
    const m: HashKVRequest = { revision: 0 };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    if (m.revision !== 0) n += 1 + varintSize(m.revision);
    return n;
  },
  write(m, w) {
    if (m.revision !== 0) {
      w.varint(8);
      w.varint(m.revision);
    }
  },
  read(r, end) {
    let revision_: number = 0;
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 8:
          revision_ = r.int64Saturated();
          break;
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { revision: revision_ };
  },
};

export interface HashKVResponse {
  header: ResponseHeader | undefined;
  hash: number;
  compactRevision: number;
  hashRevision: number;
}

export const HashKVResponse: Codec<HashKVResponse> = {
  name: 'etcdserverpb.HashKVResponse',
  create(init) {
    const m: HashKVResponse = { header: undefined, hash: 0, compactRevision: 0, hashRevision: 0 };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    if (m.header !== undefined) n += 1 + delimitedSize(ResponseHeader.sizeOf(m.header));
    if (m.hash !== 0) n += 1 + varintSize(m.hash);
    if (m.compactRevision !== 0) n += 1 + varintSize(m.compactRevision);
    if (m.hashRevision !== 0) n += 1 + varintSize(m.hashRevision);
    return n;
  },
  write(m, w) {
    if (m.header !== undefined) {
      w.varint(10);
      w.varint(ResponseHeader.sizeOf(m.header));
      ResponseHeader.write(m.header, w);
    }
    if (m.hash !== 0) {
      w.varint(16);
      w.varint(m.hash);
    }
    if (m.compactRevision !== 0) {
      w.varint(24);
      w.varint(m.compactRevision);
    }
    if (m.hashRevision !== 0) {
      w.varint(32);
      w.varint(m.hashRevision);
    }
  },
  read(r, end) {
    let header_: ResponseHeader | undefined = undefined;
    let hash_: number = 0;
    let compactRevision_: number = 0;
    let hashRevision_: number = 0;
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 10: {
          const last = r.end();
          header_ = ResponseHeader.read(r, last, header_);
          break;
        }
        case 16:
          hash_ = r.uint32();
          break;
        case 24:
          compactRevision_ = r.int64();
          break;
        case 32:
          hashRevision_ = r.int64();
          break;
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { header: header_, hash: hash_, compactRevision: compactRevision_, hashRevision: hashRevision_ };
  },
};

export interface HashResponse {
  header: ResponseHeader | undefined;
  hash: number;
}

export const HashResponse: Codec<HashResponse> = {
  name: 'etcdserverpb.HashResponse',
  create(init) {
    const m: HashResponse = { header: undefined, hash: 0 };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    if (m.header !== undefined) n += 1 + delimitedSize(ResponseHeader.sizeOf(m.header));
    if (m.hash !== 0) n += 1 + varintSize(m.hash);
    return n;
  },
  write(m, w) {
    if (m.header !== undefined) {
      w.varint(10);
      w.varint(ResponseHeader.sizeOf(m.header));
      ResponseHeader.write(m.header, w);
    }
    if (m.hash !== 0) {
      w.varint(16);
      w.varint(m.hash);
    }
  },
  read(r, end) {
    let header_: ResponseHeader | undefined = undefined;
    let hash_: number = 0;
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 10: {
          const last = r.end();
          header_ = ResponseHeader.read(r, last, header_);
          break;
        }
        case 16:
          hash_ = r.uint32();
          break;
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { header: header_, hash: hash_ };
  },
};

export interface SnapshotRequest {
}

export const SnapshotRequest: Codec<SnapshotRequest> = {
  name: 'etcdserverpb.SnapshotRequest',
  create(init) {
    const m: SnapshotRequest = {  };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(_m) {
    let n = 0;
    return n;
  },
  write(_m, _w) {
  },
  read(r, end) {
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return {  };
  },
};

export interface SnapshotResponse {
  header: ResponseHeader | undefined;
  remainingBytes: number;
  blob: Uint8Array;
  version: string;
}

export const SnapshotResponse: Codec<SnapshotResponse> = {
  name: 'etcdserverpb.SnapshotResponse',
  create(init) {
    const m: SnapshotResponse = { header: undefined, remainingBytes: 0, blob: EMPTY_BYTES, version: '' };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    if (m.header !== undefined) n += 1 + delimitedSize(ResponseHeader.sizeOf(m.header));
    if (m.remainingBytes !== 0) n += 1 + varintSize(m.remainingBytes);
    if (m.blob.length !== 0) n += 1 + delimitedSize(m.blob.length);
    if (m.version !== '') n += 1 + stringSize(m.version);
    return n;
  },
  write(m, w) {
    if (m.header !== undefined) {
      w.varint(10);
      w.varint(ResponseHeader.sizeOf(m.header));
      ResponseHeader.write(m.header, w);
    }
    if (m.remainingBytes !== 0) {
      w.varint(16);
      w.varint(m.remainingBytes);
    }
    if (m.blob.length !== 0) {
      w.varint(26);
      w.bytesField(m.blob);
    }
    if (m.version !== '') {
      w.varint(34);
      w.string(m.version);
    }
  },
  read(r, end) {
    let header_: ResponseHeader | undefined = undefined;
    let remainingBytes_: number = 0;
    let blob_: Uint8Array = EMPTY_BYTES;
    let version_: string = '';
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 10: {
          const last = r.end();
          header_ = ResponseHeader.read(r, last, header_);
          break;
        }
        case 16:
          remainingBytes_ = r.uint64();
          break;
        case 26:
          blob_ = r.view();
          break;
        case 34:
          version_ = r.string();
          break;
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { header: header_, remainingBytes: remainingBytes_, blob: blob_, version: version_ };
  },
};

export interface WatchRequest {
  createRequest: WatchCreateRequest | undefined;
  cancelRequest: WatchCancelRequest | undefined;
  progressRequest: WatchProgressRequest | undefined;
}

export const WatchRequest: Codec<WatchRequest> = {
  name: 'etcdserverpb.WatchRequest',
  create(init) {
    const m: WatchRequest = { createRequest: undefined, cancelRequest: undefined, progressRequest: undefined };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    if (m.createRequest !== undefined) n += 1 + delimitedSize(WatchCreateRequest.sizeOf(m.createRequest));
    if (m.cancelRequest !== undefined) n += 1 + delimitedSize(WatchCancelRequest.sizeOf(m.cancelRequest));
    if (m.progressRequest !== undefined) n += 1 + delimitedSize(WatchProgressRequest.sizeOf(m.progressRequest));
    return n;
  },
  write(m, w) {
    if (m.createRequest !== undefined) {
      w.varint(10);
      w.varint(WatchCreateRequest.sizeOf(m.createRequest));
      WatchCreateRequest.write(m.createRequest, w);
    }
    if (m.cancelRequest !== undefined) {
      w.varint(18);
      w.varint(WatchCancelRequest.sizeOf(m.cancelRequest));
      WatchCancelRequest.write(m.cancelRequest, w);
    }
    if (m.progressRequest !== undefined) {
      w.varint(26);
      w.varint(WatchProgressRequest.sizeOf(m.progressRequest));
      WatchProgressRequest.write(m.progressRequest, w);
    }
  },
  read(r, end) {
    let createRequest_: WatchCreateRequest | undefined = undefined;
    let cancelRequest_: WatchCancelRequest | undefined = undefined;
    let progressRequest_: WatchProgressRequest | undefined = undefined;
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 10: {
          const last = r.end();
          createRequest_ = WatchCreateRequest.read(r, last, createRequest_);
          cancelRequest_ = undefined;
          progressRequest_ = undefined;
          break;
        }
        case 18: {
          const last = r.end();
          cancelRequest_ = WatchCancelRequest.read(r, last, cancelRequest_);
          createRequest_ = undefined;
          progressRequest_ = undefined;
          break;
        }
        case 26: {
          const last = r.end();
          progressRequest_ = WatchProgressRequest.read(r, last, progressRequest_);
          createRequest_ = undefined;
          cancelRequest_ = undefined;
          break;
        }
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { createRequest: createRequest_, cancelRequest: cancelRequest_, progressRequest: progressRequest_ };
  },
};

export const FilterType = {
  NOPUT: 0,
  NODELETE: 1,
} as const;

export interface WatchCreateRequest {
  key: Uint8Array;
  rangeEnd: Uint8Array;
  startRevision: number;
  progressNotify: boolean;
  filters: number[];
  prevKv: boolean;
  watchId: bigint;
  fragment: boolean;
}

export const WatchCreateRequest: Codec<WatchCreateRequest> = {
  name: 'etcdserverpb.WatchCreateRequest',
  create(init) {
    const m: WatchCreateRequest = { key: EMPTY_BYTES, rangeEnd: EMPTY_BYTES, startRevision: 0, progressNotify: false, filters: [], prevKv: false, watchId: 0n, fragment: false };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    if (m.key.length !== 0) n += 1 + delimitedSize(m.key.length);
    if (m.rangeEnd.length !== 0) n += 1 + delimitedSize(m.rangeEnd.length);
    if (m.startRevision !== 0) n += 1 + varintSize(m.startRevision);
    if (m.progressNotify !== false) n += 1 + 1;
    if (m.filters.length !== 0) {
      let p = 0;
      for (const v of m.filters) p += varintSize(v);
      n += 1 + delimitedSize(p);
    }
    if (m.prevKv !== false) n += 1 + 1;
    if (m.watchId !== 0n) n += 1 + bigVarintSize(m.watchId);
    if (m.fragment !== false) n += 1 + 1;
    return n;
  },
  write(m, w) {
    if (m.key.length !== 0) {
      w.varint(10);
      w.bytesField(m.key);
    }
    if (m.rangeEnd.length !== 0) {
      w.varint(18);
      w.bytesField(m.rangeEnd);
    }
    if (m.startRevision !== 0) {
      w.varint(24);
      w.varint(m.startRevision);
    }
    if (m.progressNotify !== false) {
      w.varint(32);
      w.bool(m.progressNotify);
    }
    if (m.filters.length !== 0) {
      let p = 0;
      for (const v of m.filters) p += varintSize(v);
      w.varint(42);
      w.varint(p);
      for (const v of m.filters) w.varint(v);
    }
    if (m.prevKv !== false) {
      w.varint(48);
      w.bool(m.prevKv);
    }
    if (m.watchId !== 0n) {
      w.varint(56);
      w.bigVarint(m.watchId);
    }
    if (m.fragment !== false) {
      w.varint(64);
      w.bool(m.fragment);
    }
  },
  read(r, end, before) {
    let key_: Uint8Array = EMPTY_BYTES;
    let rangeEnd_: Uint8Array = EMPTY_BYTES;
    let startRevision_: number = 0;
    let progressNotify_: boolean = false;
    let filters_: number[] = [];
    let prevKv_: boolean = false;
    let watchId_: bigint = 0n;
    let fragment_: boolean = false;
    if (before !== undefined) {
      key_ = before.key;
      rangeEnd_ = before.rangeEnd;
      startRevision_ = before.startRevision;
      progressNotify_ = before.progressNotify;
      filters_ = before.filters;
      prevKv_ = before.prevKv;
      watchId_ = before.watchId;
      fragment_ = before.fragment;
    }
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 10:
          key_ = r.view();
          break;
        case 18:
          rangeEnd_ = r.view();
          break;
        case 24:
          startRevision_ = r.int64Saturated();
          break;
        case 32:
          progressNotify_ = r.bool();
          break;
        case 40:
          filters_.push(r.int32());
          break;
        case 42: {
          const last = r.end();
          while (r.position < last) filters_.push(r.int32());
          if (r.position !== last) r.fail('packed field runs past its end');
          break;
        }
        case 48:
          prevKv_ = r.bool();
          break;
        case 56:
          watchId_ = r.int64Big();
          break;
        case 64:
          fragment_ = r.bool();
          break;
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { key: key_, rangeEnd: rangeEnd_, startRevision: startRevision_, progressNotify: progressNotify_, filters: filters_, prevKv: prevKv_, watchId: watchId_, fragment: fragment_ };
  },
};

export interface WatchCancelRequest {
  watchId: bigint;
}

export const WatchCancelRequest: Codec<WatchCancelRequest> = {
  name: 'etcdserverpb.WatchCancelRequest',
  create(init) {
    const m: WatchCancelRequest = { watchId: 0n };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    if (m.watchId !== 0n) n += 1 + bigVarintSize(m.watchId);
    return n;
  },
  write(m, w) {
    if (m.watchId !== 0n) {
      w.varint(8);
      w.bigVarint(m.watchId);
    }
  },
  read(r, end, before) {
    let watchId_: bigint = 0n;
    if (before !== undefined) {
      watchId_ = before.watchId;
    }
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 8:
          watchId_ = r.int64Big();
          break;
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { watchId: watchId_ };
  },
};

export interface WatchProgressRequest {
}

export const WatchProgressRequest: Codec<WatchProgressRequest> = {
  name: 'etcdserverpb.WatchProgressRequest',
  create(init) {
    const m: WatchProgressRequest = {  };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(_m) {
    let n = 0;
    return n;
  },
  write(_m, _w) {
  },
  read(r, end) {
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return {  };
  },
};

export interface WatchResponse {
  header: ResponseHeader | undefined;
  watchId: bigint;
  created: boolean;
  canceled: boolean;
  compactRevision: number;
  cancelReason: string;
  fragment: boolean;
  events: Event[];
}

export const WatchResponse: Codec<WatchResponse> = {
  name: 'etcdserverpb.WatchResponse',
  create(init) {
    const m: WatchResponse = { header: undefined, watchId: 0n, created: false, canceled: false, compactRevision: 0, cancelReason: '', fragment: false, events: [] };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    if (m.header !== undefined) n += 1 + delimitedSize(ResponseHeader.sizeOf(m.header));
    if (m.watchId !== 0n) n += 1 + bigVarintSize(m.watchId);
    if (m.created !== false) n += 1 + 1;
    if (m.canceled !== false) n += 1 + 1;
    if (m.compactRevision !== 0) n += 1 + varintSize(m.compactRevision);
    if (m.cancelReason !== '') n += 1 + stringSize(m.cancelReason);
    if (m.fragment !== false) n += 1 + 1;
    for (const v of m.events) n += 1 + delimitedSize(Event.sizeOf(v));
    return n;
  },
  write(m, w) {
    if (m.header !== undefined) {
      w.varint(10);
      w.varint(ResponseHeader.sizeOf(m.header));
      ResponseHeader.write(m.header, w);
    }
    if (m.watchId !== 0n) {
      w.varint(16);
      w.bigVarint(m.watchId);
    }
    if (m.created !== false) {
      w.varint(24);
      w.bool(m.created);
    }
    if (m.canceled !== false) {
      w.varint(32);
      w.bool(m.canceled);
    }
    if (m.compactRevision !== 0) {
      w.varint(40);
      w.varint(m.compactRevision);
    }
    if (m.cancelReason !== '') {
      w.varint(50);
      w.string(m.cancelReason);
    }
    if (m.fragment !== false) {
      w.varint(56);
      w.bool(m.fragment);
    }
    for (const v of m.events) {
      w.varint(90);
      w.varint(Event.sizeOf(v));
      Event.write(v, w);
    }
  },
  read(r, end) {
    let header_: ResponseHeader | undefined = undefined;
    let watchId_: bigint = 0n;
    let created_: boolean = false;
    let canceled_: boolean = false;
    let compactRevision_: number = 0;
    let cancelReason_: string = '';
    let fragment_: boolean = false;
    const events_: Event[] = [];
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 10: {
          const last = r.end();
          header_ = ResponseHeader.read(r, last, header_);
          break;
        }
        case 16:
          watchId_ = r.int64Big();
          break;
        case 24:
          created_ = r.bool();
          break;
        case 32:
          canceled_ = r.bool();
          break;
        case 40:
          compactRevision_ = r.int64();
          break;
        case 50:
          cancelReason_ = r.string();
          break;
        case 56:
          fragment_ = r.bool();
          break;
        case 90: {
          const last = r.end();
          events_.push(Event.read(r, last));
          break;
        }
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { header: header_, watchId: watchId_, created: created_, canceled: canceled_, compactRevision: compactRevision_, cancelReason: cancelReason_, fragment: fragment_, events: events_ };
  },
};

export interface LeaseGrantRequest {
  ttl: number;
  id: bigint;
}

export const LeaseGrantRequest: Codec<LeaseGrantRequest> = {
  name: 'etcdserverpb.LeaseGrantRequest',
  create(init) {
    const m: LeaseGrantRequest = { ttl: 0, id: 0n };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    if (m.ttl !== 0) n += 1 + varintSize(m.ttl);
    if (m.id !== 0n) n += 1 + bigVarintSize(m.id);
    return n;
  },
  write(m, w) {
    if (m.ttl !== 0) {
      w.varint(8);
      w.varint(m.ttl);
    }
    if (m.id !== 0n) {
      w.varint(16);
      w.bigVarint(m.id);
    }
  },
  read(r, end, before) {
    let ttl_: number = 0;
    let id_: bigint = 0n;
    if (before !== undefined) {
      ttl_ = before.ttl;
      id_ = before.id;
    }
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 8:
          ttl_ = r.int64Saturated();
          break;
        case 16:
          id_ = r.int64Big();
          break;
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { ttl: ttl_, id: id_ };
  },
};

export interface LeaseGrantResponse {
  header: ResponseHeader | undefined;
  id: bigint;
  ttl: number;
  error: string;
}

export const LeaseGrantResponse: Codec<LeaseGrantResponse> = {
  name: 'etcdserverpb.LeaseGrantResponse',
  create(init) {
    const m: LeaseGrantResponse = { header: undefined, id: 0n, ttl: 0, error: '' };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    if (m.header !== undefined) n += 1 + delimitedSize(ResponseHeader.sizeOf(m.header));
    if (m.id !== 0n) n += 1 + bigVarintSize(m.id);
    if (m.ttl !== 0) n += 1 + varintSize(m.ttl);
    if (m.error !== '') n += 1 + stringSize(m.error);
    return n;
  },
  write(m, w) {
    if (m.header !== undefined) {
      w.varint(10);
      w.varint(ResponseHeader.sizeOf(m.header));
      ResponseHeader.write(m.header, w);
    }
    if (m.id !== 0n) {
      w.varint(16);
      w.bigVarint(m.id);
    }
    if (m.ttl !== 0) {
      w.varint(24);
      w.varint(m.ttl);
    }
    if (m.error !== '') {
      w.varint(34);
      w.string(m.error);
    }
  },
  read(r, end) {
    let header_: ResponseHeader | undefined = undefined;
    let id_: bigint = 0n;
    let ttl_: number = 0;
    let error_: string = '';
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 10: {
          const last = r.end();
          header_ = ResponseHeader.read(r, last, header_);
          break;
        }
        case 16:
          id_ = r.int64Big();
          break;
        case 24:
          ttl_ = r.int64Saturated();
          break;
        case 34:
          error_ = r.string();
          break;
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { header: header_, id: id_, ttl: ttl_, error: error_ };
  },
};

export interface LeaseRevokeRequest {
  id: bigint;
}

export const LeaseRevokeRequest: Codec<LeaseRevokeRequest> = {
  name: 'etcdserverpb.LeaseRevokeRequest',
  create(init) {
    const m: LeaseRevokeRequest = { id: 0n };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    if (m.id !== 0n) n += 1 + bigVarintSize(m.id);
    return n;
  },
  write(m, w) {
    if (m.id !== 0n) {
      w.varint(8);
      w.bigVarint(m.id);
    }
  },
  read(r, end, before) {
    let id_: bigint = 0n;
    if (before !== undefined) {
      id_ = before.id;
    }
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 8:
          id_ = r.int64Big();
          break;
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { id: id_ };
  },
};

export interface LeaseRevokeResponse {
  header: ResponseHeader | undefined;
}

export const LeaseRevokeResponse: Codec<LeaseRevokeResponse> = {
  name: 'etcdserverpb.LeaseRevokeResponse',
  create(init) {
    const m: LeaseRevokeResponse = { header: undefined };
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

export interface LeaseCheckpoint {
  id: bigint;
  remainingTtl: number;
}

export const LeaseCheckpoint: Codec<LeaseCheckpoint> = {
  name: 'etcdserverpb.LeaseCheckpoint',
  create(init) {
    const m: LeaseCheckpoint = { id: 0n, remainingTtl: 0 };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    if (m.id !== 0n) n += 1 + bigVarintSize(m.id);
    if (m.remainingTtl !== 0) n += 1 + varintSize(m.remainingTtl);
    return n;
  },
  write(m, w) {
    if (m.id !== 0n) {
      w.varint(8);
      w.bigVarint(m.id);
    }
    if (m.remainingTtl !== 0) {
      w.varint(16);
      w.varint(m.remainingTtl);
    }
  },
  read(r, end) {
    let id_: bigint = 0n;
    let remainingTtl_: number = 0;
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 8:
          id_ = r.int64Big();
          break;
        case 16:
          remainingTtl_ = r.int64();
          break;
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { id: id_, remainingTtl: remainingTtl_ };
  },
};

export interface LeaseCheckpointRequest {
  checkpoints: LeaseCheckpoint[];
}

export const LeaseCheckpointRequest: Codec<LeaseCheckpointRequest> = {
  name: 'etcdserverpb.LeaseCheckpointRequest',
  create(init) {
    const m: LeaseCheckpointRequest = { checkpoints: [] };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    for (const v of m.checkpoints) n += 1 + delimitedSize(LeaseCheckpoint.sizeOf(v));
    return n;
  },
  write(m, w) {
    for (const v of m.checkpoints) {
      w.varint(10);
      w.varint(LeaseCheckpoint.sizeOf(v));
      LeaseCheckpoint.write(v, w);
    }
  },
  read(r, end, before) {
    let checkpoints_: LeaseCheckpoint[] = [];
    if (before !== undefined) {
      checkpoints_ = before.checkpoints;
    }
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 10: {
          const last = r.end();
          checkpoints_.push(LeaseCheckpoint.read(r, last));
          break;
        }
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { checkpoints: checkpoints_ };
  },
};

export interface LeaseCheckpointResponse {
  header: ResponseHeader | undefined;
}

export const LeaseCheckpointResponse: Codec<LeaseCheckpointResponse> = {
  name: 'etcdserverpb.LeaseCheckpointResponse',
  create(init) {
    const m: LeaseCheckpointResponse = { header: undefined };
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

export interface LeaseKeepAliveRequest {
  id: bigint;
}

export const LeaseKeepAliveRequest: Codec<LeaseKeepAliveRequest> = {
  name: 'etcdserverpb.LeaseKeepAliveRequest',
  create(init) {
    const m: LeaseKeepAliveRequest = { id: 0n };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    if (m.id !== 0n) n += 1 + bigVarintSize(m.id);
    return n;
  },
  write(m, w) {
    if (m.id !== 0n) {
      w.varint(8);
      w.bigVarint(m.id);
    }
  },
  read(r, end) {
    let id_: bigint = 0n;
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 8:
          id_ = r.int64Big();
          break;
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { id: id_ };
  },
};

export interface LeaseKeepAliveResponse {
  header: ResponseHeader | undefined;
  id: bigint;
  ttl: number;
}

export const LeaseKeepAliveResponse: Codec<LeaseKeepAliveResponse> = {
  name: 'etcdserverpb.LeaseKeepAliveResponse',
  create(init) {
    const m: LeaseKeepAliveResponse = { header: undefined, id: 0n, ttl: 0 };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    if (m.header !== undefined) n += 1 + delimitedSize(ResponseHeader.sizeOf(m.header));
    if (m.id !== 0n) n += 1 + bigVarintSize(m.id);
    if (m.ttl !== 0) n += 1 + varintSize(m.ttl);
    return n;
  },
  write(m, w) {
    if (m.header !== undefined) {
      w.varint(10);
      w.varint(ResponseHeader.sizeOf(m.header));
      ResponseHeader.write(m.header, w);
    }
    if (m.id !== 0n) {
      w.varint(16);
      w.bigVarint(m.id);
    }
    if (m.ttl !== 0) {
      w.varint(24);
      w.varint(m.ttl);
    }
  },
  read(r, end) {
    let header_: ResponseHeader | undefined = undefined;
    let id_: bigint = 0n;
    let ttl_: number = 0;
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 10: {
          const last = r.end();
          header_ = ResponseHeader.read(r, last, header_);
          break;
        }
        case 16:
          id_ = r.int64Big();
          break;
        case 24:
          ttl_ = r.int64Saturated();
          break;
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { header: header_, id: id_, ttl: ttl_ };
  },
};

export interface LeaseTimeToLiveRequest {
  id: bigint;
  keys: boolean;
}

export const LeaseTimeToLiveRequest: Codec<LeaseTimeToLiveRequest> = {
  name: 'etcdserverpb.LeaseTimeToLiveRequest',
  create(init) {
    const m: LeaseTimeToLiveRequest = { id: 0n, keys: false };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    if (m.id !== 0n) n += 1 + bigVarintSize(m.id);
    if (m.keys !== false) n += 1 + 1;
    return n;
  },
  write(m, w) {
    if (m.id !== 0n) {
      w.varint(8);
      w.bigVarint(m.id);
    }
    if (m.keys !== false) {
      w.varint(16);
      w.bool(m.keys);
    }
  },
  read(r, end, before) {
    let id_: bigint = 0n;
    let keys_: boolean = false;
    if (before !== undefined) {
      id_ = before.id;
      keys_ = before.keys;
    }
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 8:
          id_ = r.int64Big();
          break;
        case 16:
          keys_ = r.bool();
          break;
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { id: id_, keys: keys_ };
  },
};

export interface LeaseTimeToLiveResponse {
  header: ResponseHeader | undefined;
  id: bigint;
  ttl: number;
  grantedTtl: number;
  keys: Uint8Array[];
}

export const LeaseTimeToLiveResponse: Codec<LeaseTimeToLiveResponse> = {
  name: 'etcdserverpb.LeaseTimeToLiveResponse',
  create(init) {
    const m: LeaseTimeToLiveResponse = { header: undefined, id: 0n, ttl: 0, grantedTtl: 0, keys: [] };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    if (m.header !== undefined) n += 1 + delimitedSize(ResponseHeader.sizeOf(m.header));
    if (m.id !== 0n) n += 1 + bigVarintSize(m.id);
    if (m.ttl !== 0) n += 1 + varintSize(m.ttl);
    if (m.grantedTtl !== 0) n += 1 + varintSize(m.grantedTtl);
    for (const v of m.keys) n += 1 + delimitedSize(v.length);
    return n;
  },
  write(m, w) {
    if (m.header !== undefined) {
      w.varint(10);
      w.varint(ResponseHeader.sizeOf(m.header));
      ResponseHeader.write(m.header, w);
    }
    if (m.id !== 0n) {
      w.varint(16);
      w.bigVarint(m.id);
    }
    if (m.ttl !== 0) {
      w.varint(24);
      w.varint(m.ttl);
    }
    if (m.grantedTtl !== 0) {
      w.varint(32);
      w.varint(m.grantedTtl);
    }
    for (const v of m.keys) {
      w.varint(42);
      w.bytesField(v);
    }
  },
  read(r, end, before) {
    let header_: ResponseHeader | undefined = undefined;
    let id_: bigint = 0n;
    let ttl_: number = 0;
    let grantedTtl_: number = 0;
    let keys_: Uint8Array[] = [];
    if (before !== undefined) {
      header_ = before.header;
      id_ = before.id;
      ttl_ = before.ttl;
      grantedTtl_ = before.grantedTtl;
      keys_ = before.keys;
    }
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 10: {
          const last = r.end();
          header_ = ResponseHeader.read(r, last, header_);
          break;
        }
        case 16:
          id_ = r.int64Big();
          break;
        case 24:
          ttl_ = r.int64Saturated();
          break;
        case 32:
          grantedTtl_ = r.int64();
          break;
        case 42:
          keys_.push(r.view());
          break;
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { header: header_, id: id_, ttl: ttl_, grantedTtl: grantedTtl_, keys: keys_ };
  },
};

export interface LeaseLeasesRequest {
}

export const LeaseLeasesRequest: Codec<LeaseLeasesRequest> = {
  name: 'etcdserverpb.LeaseLeasesRequest',
  create(init) {
    const m: LeaseLeasesRequest = {  };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(_m) {
    let n = 0;
    return n;
  },
  write(_m, _w) {
  },
  read(r, end) {
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return {  };
  },
};

export interface LeaseStatus {
  id: bigint;
}

export const LeaseStatus: Codec<LeaseStatus> = {
  name: 'etcdserverpb.LeaseStatus',
  create(init) {
    const m: LeaseStatus = { id: 0n };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    if (m.id !== 0n) n += 1 + bigVarintSize(m.id);
    return n;
  },
  write(m, w) {
    if (m.id !== 0n) {
      w.varint(8);
      w.bigVarint(m.id);
    }
  },
  read(r, end) {
    let id_: bigint = 0n;
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 8:
          id_ = r.int64Big();
          break;
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { id: id_ };
  },
};

export interface LeaseLeasesResponse {
  header: ResponseHeader | undefined;
  leases: LeaseStatus[];
}

export const LeaseLeasesResponse: Codec<LeaseLeasesResponse> = {
  name: 'etcdserverpb.LeaseLeasesResponse',
  create(init) {
    const m: LeaseLeasesResponse = { header: undefined, leases: [] };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    if (m.header !== undefined) n += 1 + delimitedSize(ResponseHeader.sizeOf(m.header));
    for (const v of m.leases) n += 1 + delimitedSize(LeaseStatus.sizeOf(v));
    return n;
  },
  write(m, w) {
    if (m.header !== undefined) {
      w.varint(10);
      w.varint(ResponseHeader.sizeOf(m.header));
      ResponseHeader.write(m.header, w);
    }
    for (const v of m.leases) {
      w.varint(18);
      w.varint(LeaseStatus.sizeOf(v));
      LeaseStatus.write(v, w);
    }
  },
  read(r, end) {
    let header_: ResponseHeader | undefined = undefined;
    const leases_: LeaseStatus[] = [];
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 10: {
          const last = r.end();
          header_ = ResponseHeader.read(r, last, header_);
          break;
        }
        case 18: {
          const last = r.end();
          leases_.push(LeaseStatus.read(r, last));
          break;
        }
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { header: header_, leases: leases_ };
  },
};

export interface Member {
  id: bigint;
  name: string;
  peerUrls: string[];
  clientUrls: string[];
  isLearner: boolean;
}

export const Member: Codec<Member> = {
  name: 'etcdserverpb.Member',
  create(init) {
    const m: Member = { id: 0n, name: '', peerUrls: [], clientUrls: [], isLearner: false };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    if (m.id !== 0n) n += 1 + bigVarintSize(m.id);
    if (m.name !== '') n += 1 + stringSize(m.name);
    for (const v of m.peerUrls) n += 1 + stringSize(v);
    for (const v of m.clientUrls) n += 1 + stringSize(v);
    if (m.isLearner !== false) n += 1 + 1;
    return n;
  },
  write(m, w) {
    if (m.id !== 0n) {
      w.varint(8);
      w.bigVarint(m.id);
    }
    if (m.name !== '') {
      w.varint(18);
      w.string(m.name);
    }
    for (const v of m.peerUrls) {
      w.varint(26);
      w.string(v);
    }
    for (const v of m.clientUrls) {
      w.varint(34);
      w.string(v);
    }
    if (m.isLearner !== false) {
      w.varint(40);
      w.bool(m.isLearner);
    }
  },
  read(r, end, before) {
    let id_: bigint = 0n;
    let name_: string = '';
    let peerUrls_: string[] = [];
    let clientUrls_: string[] = [];
    let isLearner_: boolean = false;
    if (before !== undefined) {
      id_ = before.id;
      name_ = before.name;
      peerUrls_ = before.peerUrls;
      clientUrls_ = before.clientUrls;
      isLearner_ = before.isLearner;
    }
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 8:
          id_ = r.uint64Big();
          break;
        case 18:
          name_ = r.string();
          break;
        case 26:
          peerUrls_.push(r.string());
          break;
        case 34:
          clientUrls_.push(r.string());
          break;
        case 40:
          isLearner_ = r.bool();
          break;
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { id: id_, name: name_, peerUrls: peerUrls_, clientUrls: clientUrls_, isLearner: isLearner_ };
  },
};

export interface MemberAddRequest {
  peerUrls: string[];
  isLearner: boolean;
}

export const MemberAddRequest: Codec<MemberAddRequest> = {
  name: 'etcdserverpb.MemberAddRequest',
  create(init) {
    const m: MemberAddRequest = { peerUrls: [], isLearner: false };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    for (const v of m.peerUrls) n += 1 + stringSize(v);
    if (m.isLearner !== false) n += 1 + 1;
    return n;
  },
  write(m, w) {
    for (const v of m.peerUrls) {
      w.varint(10);
      w.string(v);
    }
    if (m.isLearner !== false) {
      w.varint(16);
      w.bool(m.isLearner);
    }
  },
  read(r, end) {
    const peerUrls_: string[] = [];
    let isLearner_: boolean = false;
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 10:
          peerUrls_.push(r.string());
          break;
        case 16:
          isLearner_ = r.bool();
          break;
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { peerUrls: peerUrls_, isLearner: isLearner_ };
  },
};

export interface MemberAddResponse {
  header: ResponseHeader | undefined;
  member: Member | undefined;
  members: Member[];
}

export const MemberAddResponse: Codec<MemberAddResponse> = {
  name: 'etcdserverpb.MemberAddResponse',
  create(init) {
    const m: MemberAddResponse = { header: undefined, member: undefined, members: [] };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    if (m.header !== undefined) n += 1 + delimitedSize(ResponseHeader.sizeOf(m.header));
    if (m.member !== undefined) n += 1 + delimitedSize(Member.sizeOf(m.member));
    for (const v of m.members) n += 1 + delimitedSize(Member.sizeOf(v));
    return n;
  },
  write(m, w) {
    if (m.header !== undefined) {
      w.varint(10);
      w.varint(ResponseHeader.sizeOf(m.header));
      ResponseHeader.write(m.header, w);
    }
    if (m.member !== undefined) {
      w.varint(18);
      w.varint(Member.sizeOf(m.member));
      Member.write(m.member, w);
    }
    for (const v of m.members) {
      w.varint(26);
      w.varint(Member.sizeOf(v));
      Member.write(v, w);
    }
  },
  read(r, end) {
    let header_: ResponseHeader | undefined = undefined;
    let member_: Member | undefined = undefined;
    const members_: Member[] = [];
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 10: {
          const last = r.end();
          header_ = ResponseHeader.read(r, last, header_);
          break;
        }
        case 18: {
          const last = r.end();
          member_ = Member.read(r, last, member_);
          break;
        }
        case 26: {
          const last = r.end();
          members_.push(Member.read(r, last));
          break;
        }
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { header: header_, member: member_, members: members_ };
  },
};

export interface MemberRemoveRequest {
  id: bigint;
}

export const MemberRemoveRequest: Codec<MemberRemoveRequest> = {
  name: 'etcdserverpb.MemberRemoveRequest',
  create(init) {
    const m: MemberRemoveRequest = { id: 0n };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    if (m.id !== 0n) n += 1 + bigVarintSize(m.id);
    return n;
  },
  write(m, w) {
    if (m.id !== 0n) {
      w.varint(8);
      w.bigVarint(m.id);
    }
  },
  read(r, end) {
    let id_: bigint = 0n;
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 8:
          id_ = r.uint64Big();
          break;
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { id: id_ };
  },
};

export interface MemberRemoveResponse {
  header: ResponseHeader | undefined;
  members: Member[];
}

export const MemberRemoveResponse: Codec<MemberRemoveResponse> = {
  name: 'etcdserverpb.MemberRemoveResponse',
  create(init) {
    const m: MemberRemoveResponse = { header: undefined, members: [] };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    if (m.header !== undefined) n += 1 + delimitedSize(ResponseHeader.sizeOf(m.header));
    for (const v of m.members) n += 1 + delimitedSize(Member.sizeOf(v));
    return n;
  },
  write(m, w) {
    if (m.header !== undefined) {
      w.varint(10);
      w.varint(ResponseHeader.sizeOf(m.header));
      ResponseHeader.write(m.header, w);
    }
    for (const v of m.members) {
      w.varint(18);
      w.varint(Member.sizeOf(v));
      Member.write(v, w);
    }
  },
  read(r, end) {
    let header_: ResponseHeader | undefined = undefined;
    const members_: Member[] = [];
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 10: {
          const last = r.end();
          header_ = ResponseHeader.read(r, last, header_);
          break;
        }
        case 18: {
          const last = r.end();
          members_.push(Member.read(r, last));
          break;
        }
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { header: header_, members: members_ };
  },
};

export interface MemberUpdateRequest {
  id: bigint;
  peerUrls: string[];
}

export const MemberUpdateRequest: Codec<MemberUpdateRequest> = {
  name: 'etcdserverpb.MemberUpdateRequest',
  create(init) {
    const m: MemberUpdateRequest = { id: 0n, peerUrls: [] };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    if (m.id !== 0n) n += 1 + bigVarintSize(m.id);
    for (const v of m.peerUrls) n += 1 + stringSize(v);
    return n;
  },
  write(m, w) {
    if (m.id !== 0n) {
      w.varint(8);
      w.bigVarint(m.id);
    }
    for (const v of m.peerUrls) {
      w.varint(18);
      w.string(v);
    }
  },
  read(r, end) {
    let id_: bigint = 0n;
    const peerUrls_: string[] = [];
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 8:
          id_ = r.uint64Big();
          break;
        case 18:
          peerUrls_.push(r.string());
          break;
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { id: id_, peerUrls: peerUrls_ };
  },
};

export interface MemberUpdateResponse {
  header: ResponseHeader | undefined;
  members: Member[];
}

export const MemberUpdateResponse: Codec<MemberUpdateResponse> = {
  name: 'etcdserverpb.MemberUpdateResponse',
  create(init) {
    const m: MemberUpdateResponse = { header: undefined, members: [] };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    if (m.header !== undefined) n += 1 + delimitedSize(ResponseHeader.sizeOf(m.header));
    for (const v of m.members) n += 1 + delimitedSize(Member.sizeOf(v));
    return n;
  },
  write(m, w) {
    if (m.header !== undefined) {
      w.varint(10);
      w.varint(ResponseHeader.sizeOf(m.header));
      ResponseHeader.write(m.header, w);
    }
    for (const v of m.members) {
      w.varint(18);
      w.varint(Member.sizeOf(v));
      Member.write(v, w);
    }
  },
  read(r, end) {
    let header_: ResponseHeader | undefined = undefined;
    const members_: Member[] = [];
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 10: {
          const last = r.end();
          header_ = ResponseHeader.read(r, last, header_);
          break;
        }
        case 18: {
          const last = r.end();
          members_.push(Member.read(r, last));
          break;
        }
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { header: header_, members: members_ };
  },
};

export interface MemberListRequest {
  linearizable: boolean;
}

export const MemberListRequest: Codec<MemberListRequest> = {
  name: 'etcdserverpb.MemberListRequest',
  create(init) {
    const m: MemberListRequest = { linearizable: false };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    if (m.linearizable !== false) n += 1 + 1;
    return n;
  },
  write(m, w) {
    if (m.linearizable !== false) {
      w.varint(8);
      w.bool(m.linearizable);
    }
  },
  read(r, end) {
    let linearizable_: boolean = false;
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 8:
          linearizable_ = r.bool();
          break;
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { linearizable: linearizable_ };
  },
};

export interface MemberListResponse {
  header: ResponseHeader | undefined;
  members: Member[];
}

export const MemberListResponse: Codec<MemberListResponse> = {
  name: 'etcdserverpb.MemberListResponse',
  create(init) {
    const m: MemberListResponse = { header: undefined, members: [] };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    if (m.header !== undefined) n += 1 + delimitedSize(ResponseHeader.sizeOf(m.header));
    for (const v of m.members) n += 1 + delimitedSize(Member.sizeOf(v));
    return n;
  },
  write(m, w) {
    if (m.header !== undefined) {
      w.varint(10);
      w.varint(ResponseHeader.sizeOf(m.header));
      ResponseHeader.write(m.header, w);
    }
    for (const v of m.members) {
      w.varint(18);
      w.varint(Member.sizeOf(v));
      Member.write(v, w);
    }
  },
  read(r, end) {
    let header_: ResponseHeader | undefined = undefined;
    const members_: Member[] = [];
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 10: {
          const last = r.end();
          header_ = ResponseHeader.read(r, last, header_);
          break;
        }
        case 18: {
          const last = r.end();
          members_.push(Member.read(r, last));
          break;
        }
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { header: header_, members: members_ };
  },
};

export interface MemberPromoteRequest {
  id: bigint;
}

export const MemberPromoteRequest: Codec<MemberPromoteRequest> = {
  name: 'etcdserverpb.MemberPromoteRequest',
  create(init) {
    const m: MemberPromoteRequest = { id: 0n };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    if (m.id !== 0n) n += 1 + bigVarintSize(m.id);
    return n;
  },
  write(m, w) {
    if (m.id !== 0n) {
      w.varint(8);
      w.bigVarint(m.id);
    }
  },
  read(r, end) {
    let id_: bigint = 0n;
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 8:
          id_ = r.uint64Big();
          break;
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { id: id_ };
  },
};

export interface MemberPromoteResponse {
  header: ResponseHeader | undefined;
  members: Member[];
}

export const MemberPromoteResponse: Codec<MemberPromoteResponse> = {
  name: 'etcdserverpb.MemberPromoteResponse',
  create(init) {
    const m: MemberPromoteResponse = { header: undefined, members: [] };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    if (m.header !== undefined) n += 1 + delimitedSize(ResponseHeader.sizeOf(m.header));
    for (const v of m.members) n += 1 + delimitedSize(Member.sizeOf(v));
    return n;
  },
  write(m, w) {
    if (m.header !== undefined) {
      w.varint(10);
      w.varint(ResponseHeader.sizeOf(m.header));
      ResponseHeader.write(m.header, w);
    }
    for (const v of m.members) {
      w.varint(18);
      w.varint(Member.sizeOf(v));
      Member.write(v, w);
    }
  },
  read(r, end) {
    let header_: ResponseHeader | undefined = undefined;
    const members_: Member[] = [];
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 10: {
          const last = r.end();
          header_ = ResponseHeader.read(r, last, header_);
          break;
        }
        case 18: {
          const last = r.end();
          members_.push(Member.read(r, last));
          break;
        }
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { header: header_, members: members_ };
  },
};

export interface DefragmentRequest {
}

export const DefragmentRequest: Codec<DefragmentRequest> = {
  name: 'etcdserverpb.DefragmentRequest',
  create(init) {
    const m: DefragmentRequest = {  };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(_m) {
    let n = 0;
    return n;
  },
  write(_m, _w) {
  },
  read(r, end) {
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return {  };
  },
};

export interface DefragmentResponse {
  header: ResponseHeader | undefined;
}

export const DefragmentResponse: Codec<DefragmentResponse> = {
  name: 'etcdserverpb.DefragmentResponse',
  create(init) {
    const m: DefragmentResponse = { header: undefined };
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

export interface MoveLeaderRequest {
  targetId: bigint;
}

export const MoveLeaderRequest: Codec<MoveLeaderRequest> = {
  name: 'etcdserverpb.MoveLeaderRequest',
  create(init) {
    const m: MoveLeaderRequest = { targetId: 0n };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    if (m.targetId !== 0n) n += 1 + bigVarintSize(m.targetId);
    return n;
  },
  write(m, w) {
    if (m.targetId !== 0n) {
      w.varint(8);
      w.bigVarint(m.targetId);
    }
  },
  read(r, end) {
    let targetId_: bigint = 0n;
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 8:
          targetId_ = r.uint64Big();
          break;
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { targetId: targetId_ };
  },
};

export interface MoveLeaderResponse {
  header: ResponseHeader | undefined;
}

export const MoveLeaderResponse: Codec<MoveLeaderResponse> = {
  name: 'etcdserverpb.MoveLeaderResponse',
  create(init) {
    const m: MoveLeaderResponse = { header: undefined };
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

export const AlarmType = {
  NONE: 0,
  NOSPACE: 1,
  CORRUPT: 2,
} as const;

export const AlarmAction = {
  GET: 0,
  ACTIVATE: 1,
  DEACTIVATE: 2,
} as const;

export interface AlarmRequest {
  action: number;
  memberId: bigint;
  alarm: number;
}

export const AlarmRequest: Codec<AlarmRequest> = {
  name: 'etcdserverpb.AlarmRequest',
  create(init) {
    const m: AlarmRequest = { action: 0, memberId: 0n, alarm: 0 };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    if (m.action !== 0) n += 1 + varintSize(m.action);
    if (m.memberId !== 0n) n += 1 + bigVarintSize(m.memberId);
    if (m.alarm !== 0) n += 1 + varintSize(m.alarm);
    return n;
  },
  write(m, w) {
    if (m.action !== 0) {
      w.varint(8);
      w.varint(m.action);
    }
    if (m.memberId !== 0n) {
      w.varint(16);
      w.bigVarint(m.memberId);
    }
    if (m.alarm !== 0) {
      w.varint(24);
      w.varint(m.alarm);
    }
  },
  read(r, end, before) {
    let action_: number = 0;
    let memberId_: bigint = 0n;
    let alarm_: number = 0;
    if (before !== undefined) {
      action_ = before.action;
      memberId_ = before.memberId;
      alarm_ = before.alarm;
    }
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 8:
          action_ = r.int32();
          break;
        case 16:
          memberId_ = r.uint64Big();
          break;
        case 24:
          alarm_ = r.int32();
          break;
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { action: action_, memberId: memberId_, alarm: alarm_ };
  },
};

export interface AlarmMember {
  memberId: bigint;
  alarm: number;
}

export const AlarmMember: Codec<AlarmMember> = {
  name: 'etcdserverpb.AlarmMember',
  create(init) {
    const m: AlarmMember = { memberId: 0n, alarm: 0 };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    if (m.memberId !== 0n) n += 1 + bigVarintSize(m.memberId);
    if (m.alarm !== 0) n += 1 + varintSize(m.alarm);
    return n;
  },
  write(m, w) {
    if (m.memberId !== 0n) {
      w.varint(8);
      w.bigVarint(m.memberId);
    }
    if (m.alarm !== 0) {
      w.varint(16);
      w.varint(m.alarm);
    }
  },
  read(r, end) {
    let memberId_: bigint = 0n;
    let alarm_: number = 0;
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 8:
          memberId_ = r.uint64Big();
          break;
        case 16:
          alarm_ = r.int32();
          break;
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { memberId: memberId_, alarm: alarm_ };
  },
};

export interface AlarmResponse {
  header: ResponseHeader | undefined;
  alarms: AlarmMember[];
}

export const AlarmResponse: Codec<AlarmResponse> = {
  name: 'etcdserverpb.AlarmResponse',
  create(init) {
    const m: AlarmResponse = { header: undefined, alarms: [] };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    if (m.header !== undefined) n += 1 + delimitedSize(ResponseHeader.sizeOf(m.header));
    for (const v of m.alarms) n += 1 + delimitedSize(AlarmMember.sizeOf(v));
    return n;
  },
  write(m, w) {
    if (m.header !== undefined) {
      w.varint(10);
      w.varint(ResponseHeader.sizeOf(m.header));
      ResponseHeader.write(m.header, w);
    }
    for (const v of m.alarms) {
      w.varint(18);
      w.varint(AlarmMember.sizeOf(v));
      AlarmMember.write(v, w);
    }
  },
  read(r, end) {
    let header_: ResponseHeader | undefined = undefined;
    const alarms_: AlarmMember[] = [];
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 10: {
          const last = r.end();
          header_ = ResponseHeader.read(r, last, header_);
          break;
        }
        case 18: {
          const last = r.end();
          alarms_.push(AlarmMember.read(r, last));
          break;
        }
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { header: header_, alarms: alarms_ };
  },
};

export const DowngradeAction = {
  VALIDATE: 0,
  ENABLE: 1,
  CANCEL: 2,
} as const;

export interface DowngradeRequest {
  action: number;
  version: string;
}

export const DowngradeRequest: Codec<DowngradeRequest> = {
  name: 'etcdserverpb.DowngradeRequest',
  create(init) {
    const m: DowngradeRequest = { action: 0, version: '' };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    if (m.action !== 0) n += 1 + varintSize(m.action);
    if (m.version !== '') n += 1 + stringSize(m.version);
    return n;
  },
  write(m, w) {
    if (m.action !== 0) {
      w.varint(8);
      w.varint(m.action);
    }
    if (m.version !== '') {
      w.varint(18);
      w.string(m.version);
    }
  },
  read(r, end) {
    let action_: number = 0;
    let version_: string = '';
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 8:
          action_ = r.int32();
          break;
        case 18:
          version_ = r.string();
          break;
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { action: action_, version: version_ };
  },
};

export interface DowngradeResponse {
  header: ResponseHeader | undefined;
  version: string;
}

export const DowngradeResponse: Codec<DowngradeResponse> = {
  name: 'etcdserverpb.DowngradeResponse',
  create(init) {
    const m: DowngradeResponse = { header: undefined, version: '' };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    if (m.header !== undefined) n += 1 + delimitedSize(ResponseHeader.sizeOf(m.header));
    if (m.version !== '') n += 1 + stringSize(m.version);
    return n;
  },
  write(m, w) {
    if (m.header !== undefined) {
      w.varint(10);
      w.varint(ResponseHeader.sizeOf(m.header));
      ResponseHeader.write(m.header, w);
    }
    if (m.version !== '') {
      w.varint(18);
      w.string(m.version);
    }
  },
  read(r, end) {
    let header_: ResponseHeader | undefined = undefined;
    let version_: string = '';
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 10: {
          const last = r.end();
          header_ = ResponseHeader.read(r, last, header_);
          break;
        }
        case 18:
          version_ = r.string();
          break;
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { header: header_, version: version_ };
  },
};

export interface DowngradeVersionTestRequest {
  ver: string;
}

export const DowngradeVersionTestRequest: Codec<DowngradeVersionTestRequest> = {
  name: 'etcdserverpb.DowngradeVersionTestRequest',
  create(init) {
    const m: DowngradeVersionTestRequest = { ver: '' };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    if (m.ver !== '') n += 1 + stringSize(m.ver);
    return n;
  },
  write(m, w) {
    if (m.ver !== '') {
      w.varint(10);
      w.string(m.ver);
    }
  },
  read(r, end, before) {
    let ver_: string = '';
    if (before !== undefined) {
      ver_ = before.ver;
    }
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 10:
          ver_ = r.string();
          break;
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { ver: ver_ };
  },
};

export interface StatusRequest {
}

export const StatusRequest: Codec<StatusRequest> = {
  name: 'etcdserverpb.StatusRequest',
  create(init) {
    const m: StatusRequest = {  };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(_m) {
    let n = 0;
    return n;
  },
  write(_m, _w) {
  },
  read(r, end) {
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return {  };
  },
};

export interface StatusResponse {
  header: ResponseHeader | undefined;
  version: string;
  dbSize: number;
  leader: bigint;
  raftIndex: number;
  raftTerm: number;
  raftAppliedIndex: number;
  errors: string[];
  dbSizeInUse: number;
  isLearner: boolean;
  storageVersion: string;
  dbSizeQuota: number;
  downgradeInfo: DowngradeInfo | undefined;
}

export const StatusResponse: Codec<StatusResponse> = {
  name: 'etcdserverpb.StatusResponse',
  create(init) {
    const m: StatusResponse = { header: undefined, version: '', dbSize: 0, leader: 0n, raftIndex: 0, raftTerm: 0, raftAppliedIndex: 0, errors: [], dbSizeInUse: 0, isLearner: false, storageVersion: '', dbSizeQuota: 0, downgradeInfo: undefined };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    if (m.header !== undefined) n += 1 + delimitedSize(ResponseHeader.sizeOf(m.header));
    if (m.version !== '') n += 1 + stringSize(m.version);
    if (m.dbSize !== 0) n += 1 + varintSize(m.dbSize);
    if (m.leader !== 0n) n += 1 + bigVarintSize(m.leader);
    if (m.raftIndex !== 0) n += 1 + varintSize(m.raftIndex);
    if (m.raftTerm !== 0) n += 1 + varintSize(m.raftTerm);
    if (m.raftAppliedIndex !== 0) n += 1 + varintSize(m.raftAppliedIndex);
    for (const v of m.errors) n += 1 + stringSize(v);
    if (m.dbSizeInUse !== 0) n += 1 + varintSize(m.dbSizeInUse);
    if (m.isLearner !== false) n += 1 + 1;
    if (m.storageVersion !== '') n += 1 + stringSize(m.storageVersion);
    if (m.dbSizeQuota !== 0) n += 1 + varintSize(m.dbSizeQuota);
    if (m.downgradeInfo !== undefined) n += 1 + delimitedSize(DowngradeInfo.sizeOf(m.downgradeInfo));
    return n;
  },
  write(m, w) {
    if (m.header !== undefined) {
      w.varint(10);
      w.varint(ResponseHeader.sizeOf(m.header));
      ResponseHeader.write(m.header, w);
    }
    if (m.version !== '') {
      w.varint(18);
      w.string(m.version);
    }
    if (m.dbSize !== 0) {
      w.varint(24);
      w.varint(m.dbSize);
    }
    if (m.leader !== 0n) {
      w.varint(32);
      w.bigVarint(m.leader);
    }
    if (m.raftIndex !== 0) {
      w.varint(40);
      w.varint(m.raftIndex);
    }
    if (m.raftTerm !== 0) {
      w.varint(48);
      w.varint(m.raftTerm);
    }
    if (m.raftAppliedIndex !== 0) {
      w.varint(56);
      w.varint(m.raftAppliedIndex);
    }
    for (const v of m.errors) {
      w.varint(66);
      w.string(v);
    }
    if (m.dbSizeInUse !== 0) {
      w.varint(72);
      w.varint(m.dbSizeInUse);
    }
    if (m.isLearner !== false) {
      w.varint(80);
      w.bool(m.isLearner);
    }
    if (m.storageVersion !== '') {
      w.varint(90);
      w.string(m.storageVersion);
    }
    if (m.dbSizeQuota !== 0) {
      w.varint(96);
      w.varint(m.dbSizeQuota);
    }
    if (m.downgradeInfo !== undefined) {
      w.varint(106);
      w.varint(DowngradeInfo.sizeOf(m.downgradeInfo));
      DowngradeInfo.write(m.downgradeInfo, w);
    }
  },
  read(r, end) {
    let header_: ResponseHeader | undefined = undefined;
    let version_: string = '';
    let dbSize_: number = 0;
    let leader_: bigint = 0n;
    let raftIndex_: number = 0;
    let raftTerm_: number = 0;
    let raftAppliedIndex_: number = 0;
    const errors_: string[] = [];
    let dbSizeInUse_: number = 0;
    let isLearner_: boolean = false;
    let storageVersion_: string = '';
    let dbSizeQuota_: number = 0;
    let downgradeInfo_: DowngradeInfo | undefined = undefined;
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 10: {
          const last = r.end();
          header_ = ResponseHeader.read(r, last, header_);
          break;
        }
        case 18:
          version_ = r.string();
          break;
        case 24:
          dbSize_ = r.int64();
          break;
        case 32:
          leader_ = r.uint64Big();
          break;
        case 40:
          raftIndex_ = r.uint64();
          break;
        case 48:
          raftTerm_ = r.uint64();
          break;
        case 56:
          raftAppliedIndex_ = r.uint64();
          break;
        case 66:
          errors_.push(r.string());
          break;
        case 72:
          dbSizeInUse_ = r.int64();
          break;
        case 80:
          isLearner_ = r.bool();
          break;
        case 90:
          storageVersion_ = r.string();
          break;
        case 96:
          dbSizeQuota_ = r.int64();
          break;
        case 106: {
          const last = r.end();
          downgradeInfo_ = DowngradeInfo.read(r, last, downgradeInfo_);
          break;
        }
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { header: header_, version: version_, dbSize: dbSize_, leader: leader_, raftIndex: raftIndex_, raftTerm: raftTerm_, raftAppliedIndex: raftAppliedIndex_, errors: errors_, dbSizeInUse: dbSizeInUse_, isLearner: isLearner_, storageVersion: storageVersion_, dbSizeQuota: dbSizeQuota_, downgradeInfo: downgradeInfo_ };
  },
};

export interface DowngradeInfo {
  enabled: boolean;
  targetVersion: string;
}

export const DowngradeInfo: Codec<DowngradeInfo> = {
  name: 'etcdserverpb.DowngradeInfo',
  create(init) {
    const m: DowngradeInfo = { enabled: false, targetVersion: '' };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    if (m.enabled !== false) n += 1 + 1;
    if (m.targetVersion !== '') n += 1 + stringSize(m.targetVersion);
    return n;
  },
  write(m, w) {
    if (m.enabled !== false) {
      w.varint(8);
      w.bool(m.enabled);
    }
    if (m.targetVersion !== '') {
      w.varint(18);
      w.string(m.targetVersion);
    }
  },
  read(r, end, before) {
    let enabled_: boolean = false;
    let targetVersion_: string = '';
    if (before !== undefined) {
      enabled_ = before.enabled;
      targetVersion_ = before.targetVersion;
    }
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 8:
          enabled_ = r.bool();
          break;
        case 18:
          targetVersion_ = r.string();
          break;
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { enabled: enabled_, targetVersion: targetVersion_ };
  },
};

export interface AuthEnableRequest {
}

export const AuthEnableRequest: Codec<AuthEnableRequest> = {
  name: 'etcdserverpb.AuthEnableRequest',
  create(init) {
    const m: AuthEnableRequest = {  };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(_m) {
    let n = 0;
    return n;
  },
  write(_m, _w) {
  },
  read(r, end) {
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return {  };
  },
};

export interface AuthDisableRequest {
}

export const AuthDisableRequest: Codec<AuthDisableRequest> = {
  name: 'etcdserverpb.AuthDisableRequest',
  create(init) {
    const m: AuthDisableRequest = {  };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(_m) {
    let n = 0;
    return n;
  },
  write(_m, _w) {
  },
  read(r, end) {
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return {  };
  },
};

export interface AuthStatusRequest {
}

export const AuthStatusRequest: Codec<AuthStatusRequest> = {
  name: 'etcdserverpb.AuthStatusRequest',
  create(init) {
    const m: AuthStatusRequest = {  };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(_m) {
    let n = 0;
    return n;
  },
  write(_m, _w) {
  },
  read(r, end) {
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return {  };
  },
};

export interface AuthenticateRequest {
  name: string;
  password: string;
}

export const AuthenticateRequest: Codec<AuthenticateRequest> = {
  name: 'etcdserverpb.AuthenticateRequest',
  create(init) {
    const m: AuthenticateRequest = { name: '', password: '' };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    if (m.name !== '') n += 1 + stringSize(m.name);
    if (m.password !== '') n += 1 + stringSize(m.password);
    return n;
  },
  write(m, w) {
    if (m.name !== '') {
      w.varint(10);
      w.string(m.name);
    }
    if (m.password !== '') {
      w.varint(18);
      w.string(m.password);
    }
  },
  read(r, end) {
    let name_: string = '';
    let password_: string = '';
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 10:
          name_ = r.string();
          break;
        case 18:
          password_ = r.string();
          break;
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { name: name_, password: password_ };
  },
};

export interface AuthUserAddRequest {
  name: string;
  password: string;
  options: UserAddOptions | undefined;
  hashedPassword: string;
}

export const AuthUserAddRequest: Codec<AuthUserAddRequest> = {
  name: 'etcdserverpb.AuthUserAddRequest',
  create(init) {
    const m: AuthUserAddRequest = { name: '', password: '', options: undefined, hashedPassword: '' };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    if (m.name !== '') n += 1 + stringSize(m.name);
    if (m.password !== '') n += 1 + stringSize(m.password);
    if (m.options !== undefined) n += 1 + delimitedSize(UserAddOptions.sizeOf(m.options));
    if (m.hashedPassword !== '') n += 1 + stringSize(m.hashedPassword);
    return n;
  },
  write(m, w) {
    if (m.name !== '') {
      w.varint(10);
      w.string(m.name);
    }
    if (m.password !== '') {
      w.varint(18);
      w.string(m.password);
    }
    if (m.options !== undefined) {
      w.varint(26);
      w.varint(UserAddOptions.sizeOf(m.options));
      UserAddOptions.write(m.options, w);
    }
    if (m.hashedPassword !== '') {
      w.varint(34);
      w.string(m.hashedPassword);
    }
  },
  read(r, end, before) {
    let name_: string = '';
    let password_: string = '';
    let options_: UserAddOptions | undefined = undefined;
    let hashedPassword_: string = '';
    if (before !== undefined) {
      name_ = before.name;
      password_ = before.password;
      options_ = before.options;
      hashedPassword_ = before.hashedPassword;
    }
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 10:
          name_ = r.string();
          break;
        case 18:
          password_ = r.string();
          break;
        case 26: {
          const last = r.end();
          options_ = UserAddOptions.read(r, last, options_);
          break;
        }
        case 34:
          hashedPassword_ = r.string();
          break;
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { name: name_, password: password_, options: options_, hashedPassword: hashedPassword_ };
  },
};

export interface AuthUserGetRequest {
  name: string;
}

export const AuthUserGetRequest: Codec<AuthUserGetRequest> = {
  name: 'etcdserverpb.AuthUserGetRequest',
  create(init) {
    const m: AuthUserGetRequest = { name: '' };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    if (m.name !== '') n += 1 + stringSize(m.name);
    return n;
  },
  write(m, w) {
    if (m.name !== '') {
      w.varint(10);
      w.string(m.name);
    }
  },
  read(r, end, before) {
    let name_: string = '';
    if (before !== undefined) {
      name_ = before.name;
    }
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 10:
          name_ = r.string();
          break;
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { name: name_ };
  },
};

export interface AuthUserDeleteRequest {
  name: string;
}

export const AuthUserDeleteRequest: Codec<AuthUserDeleteRequest> = {
  name: 'etcdserverpb.AuthUserDeleteRequest',
  create(init) {
    const m: AuthUserDeleteRequest = { name: '' };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    if (m.name !== '') n += 1 + stringSize(m.name);
    return n;
  },
  write(m, w) {
    if (m.name !== '') {
      w.varint(10);
      w.string(m.name);
    }
  },
  read(r, end, before) {
    let name_: string = '';
    if (before !== undefined) {
      name_ = before.name;
    }
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 10:
          name_ = r.string();
          break;
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { name: name_ };
  },
};

export interface AuthUserChangePasswordRequest {
  name: string;
  password: string;
  hashedPassword: string;
}

export const AuthUserChangePasswordRequest: Codec<AuthUserChangePasswordRequest> = {
  name: 'etcdserverpb.AuthUserChangePasswordRequest',
  create(init) {
    const m: AuthUserChangePasswordRequest = { name: '', password: '', hashedPassword: '' };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    if (m.name !== '') n += 1 + stringSize(m.name);
    if (m.password !== '') n += 1 + stringSize(m.password);
    if (m.hashedPassword !== '') n += 1 + stringSize(m.hashedPassword);
    return n;
  },
  write(m, w) {
    if (m.name !== '') {
      w.varint(10);
      w.string(m.name);
    }
    if (m.password !== '') {
      w.varint(18);
      w.string(m.password);
    }
    if (m.hashedPassword !== '') {
      w.varint(26);
      w.string(m.hashedPassword);
    }
  },
  read(r, end, before) {
    let name_: string = '';
    let password_: string = '';
    let hashedPassword_: string = '';
    if (before !== undefined) {
      name_ = before.name;
      password_ = before.password;
      hashedPassword_ = before.hashedPassword;
    }
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 10:
          name_ = r.string();
          break;
        case 18:
          password_ = r.string();
          break;
        case 26:
          hashedPassword_ = r.string();
          break;
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { name: name_, password: password_, hashedPassword: hashedPassword_ };
  },
};

export interface AuthUserGrantRoleRequest {
  user: string;
  role: string;
}

export const AuthUserGrantRoleRequest: Codec<AuthUserGrantRoleRequest> = {
  name: 'etcdserverpb.AuthUserGrantRoleRequest',
  create(init) {
    const m: AuthUserGrantRoleRequest = { user: '', role: '' };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    if (m.user !== '') n += 1 + stringSize(m.user);
    if (m.role !== '') n += 1 + stringSize(m.role);
    return n;
  },
  write(m, w) {
    if (m.user !== '') {
      w.varint(10);
      w.string(m.user);
    }
    if (m.role !== '') {
      w.varint(18);
      w.string(m.role);
    }
  },
  read(r, end, before) {
    let user_: string = '';
    let role_: string = '';
    if (before !== undefined) {
      user_ = before.user;
      role_ = before.role;
    }
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 10:
          user_ = r.string();
          break;
        case 18:
          role_ = r.string();
          break;
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { user: user_, role: role_ };
  },
};

export interface AuthUserRevokeRoleRequest {
  name: string;
  role: string;
}

export const AuthUserRevokeRoleRequest: Codec<AuthUserRevokeRoleRequest> = {
  name: 'etcdserverpb.AuthUserRevokeRoleRequest',
  create(init) {
    const m: AuthUserRevokeRoleRequest = { name: '', role: '' };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    if (m.name !== '') n += 1 + stringSize(m.name);
    if (m.role !== '') n += 1 + stringSize(m.role);
    return n;
  },
  write(m, w) {
    if (m.name !== '') {
      w.varint(10);
      w.string(m.name);
    }
    if (m.role !== '') {
      w.varint(18);
      w.string(m.role);
    }
  },
  read(r, end, before) {
    let name_: string = '';
    let role_: string = '';
    if (before !== undefined) {
      name_ = before.name;
      role_ = before.role;
    }
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 10:
          name_ = r.string();
          break;
        case 18:
          role_ = r.string();
          break;
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { name: name_, role: role_ };
  },
};

export interface AuthRoleAddRequest {
  name: string;
}

export const AuthRoleAddRequest: Codec<AuthRoleAddRequest> = {
  name: 'etcdserverpb.AuthRoleAddRequest',
  create(init) {
    const m: AuthRoleAddRequest = { name: '' };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    if (m.name !== '') n += 1 + stringSize(m.name);
    return n;
  },
  write(m, w) {
    if (m.name !== '') {
      w.varint(10);
      w.string(m.name);
    }
  },
  read(r, end, before) {
    let name_: string = '';
    if (before !== undefined) {
      name_ = before.name;
    }
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 10:
          name_ = r.string();
          break;
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { name: name_ };
  },
};

export interface AuthRoleGetRequest {
  role: string;
}

export const AuthRoleGetRequest: Codec<AuthRoleGetRequest> = {
  name: 'etcdserverpb.AuthRoleGetRequest',
  create(init) {
    const m: AuthRoleGetRequest = { role: '' };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    if (m.role !== '') n += 1 + stringSize(m.role);
    return n;
  },
  write(m, w) {
    if (m.role !== '') {
      w.varint(10);
      w.string(m.role);
    }
  },
  read(r, end, before) {
    let role_: string = '';
    if (before !== undefined) {
      role_ = before.role;
    }
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 10:
          role_ = r.string();
          break;
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { role: role_ };
  },
};

export interface AuthUserListRequest {
}

export const AuthUserListRequest: Codec<AuthUserListRequest> = {
  name: 'etcdserverpb.AuthUserListRequest',
  create(init) {
    const m: AuthUserListRequest = {  };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(_m) {
    let n = 0;
    return n;
  },
  write(_m, _w) {
  },
  read(r, end) {
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return {  };
  },
};

export interface AuthRoleListRequest {
}

export const AuthRoleListRequest: Codec<AuthRoleListRequest> = {
  name: 'etcdserverpb.AuthRoleListRequest',
  create(init) {
    const m: AuthRoleListRequest = {  };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(_m) {
    let n = 0;
    return n;
  },
  write(_m, _w) {
  },
  read(r, end) {
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return {  };
  },
};

export interface AuthRoleDeleteRequest {
  role: string;
}

export const AuthRoleDeleteRequest: Codec<AuthRoleDeleteRequest> = {
  name: 'etcdserverpb.AuthRoleDeleteRequest',
  create(init) {
    const m: AuthRoleDeleteRequest = { role: '' };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    if (m.role !== '') n += 1 + stringSize(m.role);
    return n;
  },
  write(m, w) {
    if (m.role !== '') {
      w.varint(10);
      w.string(m.role);
    }
  },
  read(r, end, before) {
    let role_: string = '';
    if (before !== undefined) {
      role_ = before.role;
    }
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 10:
          role_ = r.string();
          break;
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { role: role_ };
  },
};

export interface AuthRoleGrantPermissionRequest {
  name: string;
  perm: Permission | undefined;
}

export const AuthRoleGrantPermissionRequest: Codec<AuthRoleGrantPermissionRequest> = {
  name: 'etcdserverpb.AuthRoleGrantPermissionRequest',
  create(init) {
    const m: AuthRoleGrantPermissionRequest = { name: '', perm: undefined };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    if (m.name !== '') n += 1 + stringSize(m.name);
    if (m.perm !== undefined) n += 1 + delimitedSize(Permission.sizeOf(m.perm));
    return n;
  },
  write(m, w) {
    if (m.name !== '') {
      w.varint(10);
      w.string(m.name);
    }
    if (m.perm !== undefined) {
      w.varint(18);
      w.varint(Permission.sizeOf(m.perm));
      Permission.write(m.perm, w);
    }
  },
  read(r, end, before) {
    let name_: string = '';
    let perm_: Permission | undefined = undefined;
    if (before !== undefined) {
      name_ = before.name;
      perm_ = before.perm;
    }
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 10:
          name_ = r.string();
          break;
        case 18: {
          const last = r.end();
          perm_ = Permission.read(r, last, perm_);
          break;
        }
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { name: name_, perm: perm_ };
  },
};

export interface AuthRoleRevokePermissionRequest {
  role: string;
  key: Uint8Array;
  rangeEnd: Uint8Array;
}

export const AuthRoleRevokePermissionRequest: Codec<AuthRoleRevokePermissionRequest> = {
  name: 'etcdserverpb.AuthRoleRevokePermissionRequest',
  create(init) {
    const m: AuthRoleRevokePermissionRequest = { role: '', key: EMPTY_BYTES, rangeEnd: EMPTY_BYTES };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    if (m.role !== '') n += 1 + stringSize(m.role);
    if (m.key.length !== 0) n += 1 + delimitedSize(m.key.length);
    if (m.rangeEnd.length !== 0) n += 1 + delimitedSize(m.rangeEnd.length);
    return n;
  },
  write(m, w) {
    if (m.role !== '') {
      w.varint(10);
      w.string(m.role);
    }
    if (m.key.length !== 0) {
      w.varint(18);
      w.bytesField(m.key);
    }
    if (m.rangeEnd.length !== 0) {
      w.varint(26);
      w.bytesField(m.rangeEnd);
    }
  },
  read(r, end, before) {
    let role_: string = '';
    let key_: Uint8Array = EMPTY_BYTES;
    let rangeEnd_: Uint8Array = EMPTY_BYTES;
    if (before !== undefined) {
      role_ = before.role;
      key_ = before.key;
      rangeEnd_ = before.rangeEnd;
    }
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 10:
          role_ = r.string();
          break;
        case 18:
          key_ = r.view();
          break;
        case 26:
          rangeEnd_ = r.view();
          break;
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { role: role_, key: key_, rangeEnd: rangeEnd_ };
  },
};

export interface AuthEnableResponse {
  header: ResponseHeader | undefined;
}

export const AuthEnableResponse: Codec<AuthEnableResponse> = {
  name: 'etcdserverpb.AuthEnableResponse',
  create(init) {
    const m: AuthEnableResponse = { header: undefined };
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

export interface AuthDisableResponse {
  header: ResponseHeader | undefined;
}

export const AuthDisableResponse: Codec<AuthDisableResponse> = {
  name: 'etcdserverpb.AuthDisableResponse',
  create(init) {
    const m: AuthDisableResponse = { header: undefined };
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

export interface AuthStatusResponse {
  header: ResponseHeader | undefined;
  enabled: boolean;
  authRevision: number;
}

export const AuthStatusResponse: Codec<AuthStatusResponse> = {
  name: 'etcdserverpb.AuthStatusResponse',
  create(init) {
    const m: AuthStatusResponse = { header: undefined, enabled: false, authRevision: 0 };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    if (m.header !== undefined) n += 1 + delimitedSize(ResponseHeader.sizeOf(m.header));
    if (m.enabled !== false) n += 1 + 1;
    if (m.authRevision !== 0) n += 1 + varintSize(m.authRevision);
    return n;
  },
  write(m, w) {
    if (m.header !== undefined) {
      w.varint(10);
      w.varint(ResponseHeader.sizeOf(m.header));
      ResponseHeader.write(m.header, w);
    }
    if (m.enabled !== false) {
      w.varint(16);
      w.bool(m.enabled);
    }
    if (m.authRevision !== 0) {
      w.varint(24);
      w.varint(m.authRevision);
    }
  },
  read(r, end) {
    let header_: ResponseHeader | undefined = undefined;
    let enabled_: boolean = false;
    let authRevision_: number = 0;
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 10: {
          const last = r.end();
          header_ = ResponseHeader.read(r, last, header_);
          break;
        }
        case 16:
          enabled_ = r.bool();
          break;
        case 24:
          authRevision_ = r.uint64();
          break;
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { header: header_, enabled: enabled_, authRevision: authRevision_ };
  },
};

export interface AuthenticateResponse {
  header: ResponseHeader | undefined;
  token: string;
}

export const AuthenticateResponse: Codec<AuthenticateResponse> = {
  name: 'etcdserverpb.AuthenticateResponse',
  create(init) {
    const m: AuthenticateResponse = { header: undefined, token: '' };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    if (m.header !== undefined) n += 1 + delimitedSize(ResponseHeader.sizeOf(m.header));
    if (m.token !== '') n += 1 + stringSize(m.token);
    return n;
  },
  write(m, w) {
    if (m.header !== undefined) {
      w.varint(10);
      w.varint(ResponseHeader.sizeOf(m.header));
      ResponseHeader.write(m.header, w);
    }
    if (m.token !== '') {
      w.varint(18);
      w.string(m.token);
    }
  },
  read(r, end) {
    let header_: ResponseHeader | undefined = undefined;
    let token_: string = '';
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 10: {
          const last = r.end();
          header_ = ResponseHeader.read(r, last, header_);
          break;
        }
        case 18:
          token_ = r.string();
          break;
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { header: header_, token: token_ };
  },
};

export interface AuthUserAddResponse {
  header: ResponseHeader | undefined;
}

export const AuthUserAddResponse: Codec<AuthUserAddResponse> = {
  name: 'etcdserverpb.AuthUserAddResponse',
  create(init) {
    const m: AuthUserAddResponse = { header: undefined };
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

export interface AuthUserGetResponse {
  header: ResponseHeader | undefined;
  roles: string[];
}

export const AuthUserGetResponse: Codec<AuthUserGetResponse> = {
  name: 'etcdserverpb.AuthUserGetResponse',
  create(init) {
    const m: AuthUserGetResponse = { header: undefined, roles: [] };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    if (m.header !== undefined) n += 1 + delimitedSize(ResponseHeader.sizeOf(m.header));
    for (const v of m.roles) n += 1 + stringSize(v);
    return n;
  },
  write(m, w) {
    if (m.header !== undefined) {
      w.varint(10);
      w.varint(ResponseHeader.sizeOf(m.header));
      ResponseHeader.write(m.header, w);
    }
    for (const v of m.roles) {
      w.varint(18);
      w.string(v);
    }
  },
  read(r, end) {
    let header_: ResponseHeader | undefined = undefined;
    const roles_: string[] = [];
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 10: {
          const last = r.end();
          header_ = ResponseHeader.read(r, last, header_);
          break;
        }
        case 18:
          roles_.push(r.string());
          break;
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { header: header_, roles: roles_ };
  },
};

export interface AuthUserDeleteResponse {
  header: ResponseHeader | undefined;
}

export const AuthUserDeleteResponse: Codec<AuthUserDeleteResponse> = {
  name: 'etcdserverpb.AuthUserDeleteResponse',
  create(init) {
    const m: AuthUserDeleteResponse = { header: undefined };
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

export interface AuthUserChangePasswordResponse {
  header: ResponseHeader | undefined;
}

export const AuthUserChangePasswordResponse: Codec<AuthUserChangePasswordResponse> = {
  name: 'etcdserverpb.AuthUserChangePasswordResponse',
  create(init) {
    const m: AuthUserChangePasswordResponse = { header: undefined };
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

export interface AuthUserGrantRoleResponse {
  header: ResponseHeader | undefined;
}

export const AuthUserGrantRoleResponse: Codec<AuthUserGrantRoleResponse> = {
  name: 'etcdserverpb.AuthUserGrantRoleResponse',
  create(init) {
    const m: AuthUserGrantRoleResponse = { header: undefined };
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

export interface AuthUserRevokeRoleResponse {
  header: ResponseHeader | undefined;
}

export const AuthUserRevokeRoleResponse: Codec<AuthUserRevokeRoleResponse> = {
  name: 'etcdserverpb.AuthUserRevokeRoleResponse',
  create(init) {
    const m: AuthUserRevokeRoleResponse = { header: undefined };
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

export interface AuthRoleAddResponse {
  header: ResponseHeader | undefined;
}

export const AuthRoleAddResponse: Codec<AuthRoleAddResponse> = {
  name: 'etcdserverpb.AuthRoleAddResponse',
  create(init) {
    const m: AuthRoleAddResponse = { header: undefined };
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

export interface AuthRoleGetResponse {
  header: ResponseHeader | undefined;
  perm: Permission[];
}

export const AuthRoleGetResponse: Codec<AuthRoleGetResponse> = {
  name: 'etcdserverpb.AuthRoleGetResponse',
  create(init) {
    const m: AuthRoleGetResponse = { header: undefined, perm: [] };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    if (m.header !== undefined) n += 1 + delimitedSize(ResponseHeader.sizeOf(m.header));
    for (const v of m.perm) n += 1 + delimitedSize(Permission.sizeOf(v));
    return n;
  },
  write(m, w) {
    if (m.header !== undefined) {
      w.varint(10);
      w.varint(ResponseHeader.sizeOf(m.header));
      ResponseHeader.write(m.header, w);
    }
    for (const v of m.perm) {
      w.varint(18);
      w.varint(Permission.sizeOf(v));
      Permission.write(v, w);
    }
  },
  read(r, end) {
    let header_: ResponseHeader | undefined = undefined;
    const perm_: Permission[] = [];
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 10: {
          const last = r.end();
          header_ = ResponseHeader.read(r, last, header_);
          break;
        }
        case 18: {
          const last = r.end();
          perm_.push(Permission.read(r, last));
          break;
        }
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { header: header_, perm: perm_ };
  },
};

export interface AuthRoleListResponse {
  header: ResponseHeader | undefined;
  roles: string[];
}

export const AuthRoleListResponse: Codec<AuthRoleListResponse> = {
  name: 'etcdserverpb.AuthRoleListResponse',
  create(init) {
    const m: AuthRoleListResponse = { header: undefined, roles: [] };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    if (m.header !== undefined) n += 1 + delimitedSize(ResponseHeader.sizeOf(m.header));
    for (const v of m.roles) n += 1 + stringSize(v);
    return n;
  },
  write(m, w) {
    if (m.header !== undefined) {
      w.varint(10);
      w.varint(ResponseHeader.sizeOf(m.header));
      ResponseHeader.write(m.header, w);
    }
    for (const v of m.roles) {
      w.varint(18);
      w.string(v);
    }
  },
  read(r, end) {
    let header_: ResponseHeader | undefined = undefined;
    const roles_: string[] = [];
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 10: {
          const last = r.end();
          header_ = ResponseHeader.read(r, last, header_);
          break;
        }
        case 18:
          roles_.push(r.string());
          break;
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { header: header_, roles: roles_ };
  },
};

export interface AuthUserListResponse {
  header: ResponseHeader | undefined;
  users: string[];
}

export const AuthUserListResponse: Codec<AuthUserListResponse> = {
  name: 'etcdserverpb.AuthUserListResponse',
  create(init) {
    const m: AuthUserListResponse = { header: undefined, users: [] };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    if (m.header !== undefined) n += 1 + delimitedSize(ResponseHeader.sizeOf(m.header));
    for (const v of m.users) n += 1 + stringSize(v);
    return n;
  },
  write(m, w) {
    if (m.header !== undefined) {
      w.varint(10);
      w.varint(ResponseHeader.sizeOf(m.header));
      ResponseHeader.write(m.header, w);
    }
    for (const v of m.users) {
      w.varint(18);
      w.string(v);
    }
  },
  read(r, end) {
    let header_: ResponseHeader | undefined = undefined;
    const users_: string[] = [];
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 10: {
          const last = r.end();
          header_ = ResponseHeader.read(r, last, header_);
          break;
        }
        case 18:
          users_.push(r.string());
          break;
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { header: header_, users: users_ };
  },
};

export interface AuthRoleDeleteResponse {
  header: ResponseHeader | undefined;
}

export const AuthRoleDeleteResponse: Codec<AuthRoleDeleteResponse> = {
  name: 'etcdserverpb.AuthRoleDeleteResponse',
  create(init) {
    const m: AuthRoleDeleteResponse = { header: undefined };
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

export interface AuthRoleGrantPermissionResponse {
  header: ResponseHeader | undefined;
}

export const AuthRoleGrantPermissionResponse: Codec<AuthRoleGrantPermissionResponse> = {
  name: 'etcdserverpb.AuthRoleGrantPermissionResponse',
  create(init) {
    const m: AuthRoleGrantPermissionResponse = { header: undefined };
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

export interface AuthRoleRevokePermissionResponse {
  header: ResponseHeader | undefined;
}

export const AuthRoleRevokePermissionResponse: Codec<AuthRoleRevokePermissionResponse> = {
  name: 'etcdserverpb.AuthRoleRevokePermissionResponse',
  create(init) {
    const m: AuthRoleRevokePermissionResponse = { header: undefined };
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

export interface RangeStreamResponse {
  rangeResponse: RangeResponse | undefined;
}

export const RangeStreamResponse: Codec<RangeStreamResponse> = {
  name: 'etcdserverpb.RangeStreamResponse',
  create(init) {
    const m: RangeStreamResponse = { rangeResponse: undefined };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    if (m.rangeResponse !== undefined) n += 1 + delimitedSize(RangeResponse.sizeOf(m.rangeResponse));
    return n;
  },
  write(m, w) {
    if (m.rangeResponse !== undefined) {
      w.varint(10);
      w.varint(RangeResponse.sizeOf(m.rangeResponse));
      RangeResponse.write(m.rangeResponse, w);
    }
  },
  read(r, end) {
    let rangeResponse_: RangeResponse | undefined = undefined;
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 10: {
          const last = r.end();
          rangeResponse_ = RangeResponse.read(r, last, rangeResponse_);
          break;
        }
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { rangeResponse: rangeResponse_ };
  },
};

export const KVService = {
  range: {
    path: '/etcdserverpb.KV/Range',
    kind: 'unary',
    request: RangeRequest,
    response: RangeResponse,
  } satisfies Method<RangeRequest, RangeResponse>,
  rangeStream: {
    path: '/etcdserverpb.KV/RangeStream',
    kind: 'serverStream',
    request: RangeRequest,
    response: RangeStreamResponse,
  } satisfies Method<RangeRequest, RangeStreamResponse>,
  put: {
    path: '/etcdserverpb.KV/Put',
    kind: 'unary',
    request: PutRequest,
    response: PutResponse,
  } satisfies Method<PutRequest, PutResponse>,
  deleteRange: {
    path: '/etcdserverpb.KV/DeleteRange',
    kind: 'unary',
    request: DeleteRangeRequest,
    response: DeleteRangeResponse,
  } satisfies Method<DeleteRangeRequest, DeleteRangeResponse>,
  txn: {
    path: '/etcdserverpb.KV/Txn',
    kind: 'unary',
    request: TxnRequest,
    response: TxnResponse,
  } satisfies Method<TxnRequest, TxnResponse>,
  compact: {
    path: '/etcdserverpb.KV/Compact',
    kind: 'unary',
    request: CompactionRequest,
    response: CompactionResponse,
  } satisfies Method<CompactionRequest, CompactionResponse>,
};

export const WatchService = {
  watch: {
    path: '/etcdserverpb.Watch/Watch',
    kind: 'bidiStream',
    request: WatchRequest,
    response: WatchResponse,
  } satisfies Method<WatchRequest, WatchResponse>,
};

export const LeaseService = {
  leaseGrant: {
    path: '/etcdserverpb.Lease/LeaseGrant',
    kind: 'unary',
    request: LeaseGrantRequest,
    response: LeaseGrantResponse,
  } satisfies Method<LeaseGrantRequest, LeaseGrantResponse>,
  leaseRevoke: {
    path: '/etcdserverpb.Lease/LeaseRevoke',
    kind: 'unary',
    request: LeaseRevokeRequest,
    response: LeaseRevokeResponse,
  } satisfies Method<LeaseRevokeRequest, LeaseRevokeResponse>,
  leaseKeepAlive: {
    path: '/etcdserverpb.Lease/LeaseKeepAlive',
    kind: 'bidiStream',
    request: LeaseKeepAliveRequest,
    response: LeaseKeepAliveResponse,
  } satisfies Method<LeaseKeepAliveRequest, LeaseKeepAliveResponse>,
  leaseTimeToLive: {
    path: '/etcdserverpb.Lease/LeaseTimeToLive',
    kind: 'unary',
    request: LeaseTimeToLiveRequest,
    response: LeaseTimeToLiveResponse,
  } satisfies Method<LeaseTimeToLiveRequest, LeaseTimeToLiveResponse>,
  leaseLeases: {
    path: '/etcdserverpb.Lease/LeaseLeases',
    kind: 'unary',
    request: LeaseLeasesRequest,
    response: LeaseLeasesResponse,
  } satisfies Method<LeaseLeasesRequest, LeaseLeasesResponse>,
};

export const ClusterService = {
  memberAdd: {
    path: '/etcdserverpb.Cluster/MemberAdd',
    kind: 'unary',
    request: MemberAddRequest,
    response: MemberAddResponse,
  } satisfies Method<MemberAddRequest, MemberAddResponse>,
  memberRemove: {
    path: '/etcdserverpb.Cluster/MemberRemove',
    kind: 'unary',
    request: MemberRemoveRequest,
    response: MemberRemoveResponse,
  } satisfies Method<MemberRemoveRequest, MemberRemoveResponse>,
  memberUpdate: {
    path: '/etcdserverpb.Cluster/MemberUpdate',
    kind: 'unary',
    request: MemberUpdateRequest,
    response: MemberUpdateResponse,
  } satisfies Method<MemberUpdateRequest, MemberUpdateResponse>,
  memberList: {
    path: '/etcdserverpb.Cluster/MemberList',
    kind: 'unary',
    request: MemberListRequest,
    response: MemberListResponse,
  } satisfies Method<MemberListRequest, MemberListResponse>,
  memberPromote: {
    path: '/etcdserverpb.Cluster/MemberPromote',
    kind: 'unary',
    request: MemberPromoteRequest,
    response: MemberPromoteResponse,
  } satisfies Method<MemberPromoteRequest, MemberPromoteResponse>,
};

export const MaintenanceService = {
  alarm: {
    path: '/etcdserverpb.Maintenance/Alarm',
    kind: 'unary',
    request: AlarmRequest,
    response: AlarmResponse,
  } satisfies Method<AlarmRequest, AlarmResponse>,
  status: {
    path: '/etcdserverpb.Maintenance/Status',
    kind: 'unary',
    request: StatusRequest,
    response: StatusResponse,
  } satisfies Method<StatusRequest, StatusResponse>,
  defragment: {
    path: '/etcdserverpb.Maintenance/Defragment',
    kind: 'unary',
    request: DefragmentRequest,
    response: DefragmentResponse,
  } satisfies Method<DefragmentRequest, DefragmentResponse>,
  hash: {
    path: '/etcdserverpb.Maintenance/Hash',
    kind: 'unary',
    request: HashRequest,
    response: HashResponse,
  } satisfies Method<HashRequest, HashResponse>,
  hashKV: {
    path: '/etcdserverpb.Maintenance/HashKV',
    kind: 'unary',
    request: HashKVRequest,
    response: HashKVResponse,
  } satisfies Method<HashKVRequest, HashKVResponse>,
  snapshot: {
    path: '/etcdserverpb.Maintenance/Snapshot',
    kind: 'serverStream',
    request: SnapshotRequest,
    response: SnapshotResponse,
  } satisfies Method<SnapshotRequest, SnapshotResponse>,
  moveLeader: {
    path: '/etcdserverpb.Maintenance/MoveLeader',
    kind: 'unary',
    request: MoveLeaderRequest,
    response: MoveLeaderResponse,
  } satisfies Method<MoveLeaderRequest, MoveLeaderResponse>,
  downgrade: {
    path: '/etcdserverpb.Maintenance/Downgrade',
    kind: 'unary',
    request: DowngradeRequest,
    response: DowngradeResponse,
  } satisfies Method<DowngradeRequest, DowngradeResponse>,
};

export const AuthService = {
  authEnable: {
    path: '/etcdserverpb.Auth/AuthEnable',
    kind: 'unary',
    request: AuthEnableRequest,
    response: AuthEnableResponse,
  } satisfies Method<AuthEnableRequest, AuthEnableResponse>,
  authDisable: {
    path: '/etcdserverpb.Auth/AuthDisable',
    kind: 'unary',
    request: AuthDisableRequest,
    response: AuthDisableResponse,
  } satisfies Method<AuthDisableRequest, AuthDisableResponse>,
  authStatus: {
    path: '/etcdserverpb.Auth/AuthStatus',
    kind: 'unary',
    request: AuthStatusRequest,
    response: AuthStatusResponse,
  } satisfies Method<AuthStatusRequest, AuthStatusResponse>,
  authenticate: {
    path: '/etcdserverpb.Auth/Authenticate',
    kind: 'unary',
    request: AuthenticateRequest,
    response: AuthenticateResponse,
  } satisfies Method<AuthenticateRequest, AuthenticateResponse>,
  userAdd: {
    path: '/etcdserverpb.Auth/UserAdd',
    kind: 'unary',
    request: AuthUserAddRequest,
    response: AuthUserAddResponse,
  } satisfies Method<AuthUserAddRequest, AuthUserAddResponse>,
  userGet: {
    path: '/etcdserverpb.Auth/UserGet',
    kind: 'unary',
    request: AuthUserGetRequest,
    response: AuthUserGetResponse,
  } satisfies Method<AuthUserGetRequest, AuthUserGetResponse>,
  userList: {
    path: '/etcdserverpb.Auth/UserList',
    kind: 'unary',
    request: AuthUserListRequest,
    response: AuthUserListResponse,
  } satisfies Method<AuthUserListRequest, AuthUserListResponse>,
  userDelete: {
    path: '/etcdserverpb.Auth/UserDelete',
    kind: 'unary',
    request: AuthUserDeleteRequest,
    response: AuthUserDeleteResponse,
  } satisfies Method<AuthUserDeleteRequest, AuthUserDeleteResponse>,
  userChangePassword: {
    path: '/etcdserverpb.Auth/UserChangePassword',
    kind: 'unary',
    request: AuthUserChangePasswordRequest,
    response: AuthUserChangePasswordResponse,
  } satisfies Method<AuthUserChangePasswordRequest, AuthUserChangePasswordResponse>,
  userGrantRole: {
    path: '/etcdserverpb.Auth/UserGrantRole',
    kind: 'unary',
    request: AuthUserGrantRoleRequest,
    response: AuthUserGrantRoleResponse,
  } satisfies Method<AuthUserGrantRoleRequest, AuthUserGrantRoleResponse>,
  userRevokeRole: {
    path: '/etcdserverpb.Auth/UserRevokeRole',
    kind: 'unary',
    request: AuthUserRevokeRoleRequest,
    response: AuthUserRevokeRoleResponse,
  } satisfies Method<AuthUserRevokeRoleRequest, AuthUserRevokeRoleResponse>,
  roleAdd: {
    path: '/etcdserverpb.Auth/RoleAdd',
    kind: 'unary',
    request: AuthRoleAddRequest,
    response: AuthRoleAddResponse,
  } satisfies Method<AuthRoleAddRequest, AuthRoleAddResponse>,
  roleGet: {
    path: '/etcdserverpb.Auth/RoleGet',
    kind: 'unary',
    request: AuthRoleGetRequest,
    response: AuthRoleGetResponse,
  } satisfies Method<AuthRoleGetRequest, AuthRoleGetResponse>,
  roleList: {
    path: '/etcdserverpb.Auth/RoleList',
    kind: 'unary',
    request: AuthRoleListRequest,
    response: AuthRoleListResponse,
  } satisfies Method<AuthRoleListRequest, AuthRoleListResponse>,
  roleDelete: {
    path: '/etcdserverpb.Auth/RoleDelete',
    kind: 'unary',
    request: AuthRoleDeleteRequest,
    response: AuthRoleDeleteResponse,
  } satisfies Method<AuthRoleDeleteRequest, AuthRoleDeleteResponse>,
  roleGrantPermission: {
    path: '/etcdserverpb.Auth/RoleGrantPermission',
    kind: 'unary',
    request: AuthRoleGrantPermissionRequest,
    response: AuthRoleGrantPermissionResponse,
  } satisfies Method<AuthRoleGrantPermissionRequest, AuthRoleGrantPermissionResponse>,
  roleRevokePermission: {
    path: '/etcdserverpb.Auth/RoleRevokePermission',
    kind: 'unary',
    request: AuthRoleRevokePermissionRequest,
    response: AuthRoleRevokePermissionResponse,
  } satisfies Method<AuthRoleRevokePermissionRequest, AuthRoleRevokePermissionResponse>,
};

