// Generated from proto/v3election.proto by proto/generate.ts. Do not edit.
import { EMPTY_BYTES } from '../../base/text.ts';
import type { Codec, Method } from '../codec.ts';
import { bigVarintSize, delimitedSize, varintSize } from '../writer.ts';
import { KeyValue } from './kv.ts';
import { ResponseHeader } from './rpc.ts';

export interface CampaignRequest {
  name: Uint8Array;
  lease: bigint;
  value: Uint8Array;
}

export const CampaignRequest: Codec<CampaignRequest> = {
  name: 'v3electionpb.CampaignRequest',
  create(init) {
    const m: CampaignRequest = { name: EMPTY_BYTES, lease: 0n, value: EMPTY_BYTES };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    if (m.name.length !== 0) n += 1 + delimitedSize(m.name.length);
    if (m.lease !== 0n) n += 1 + bigVarintSize(m.lease);
    if (m.value.length !== 0) n += 1 + delimitedSize(m.value.length);
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
    if (m.value.length !== 0) {
      w.varint(26);
      w.bytesField(m.value);
    }
  },
  read(r, end) {
    let name_: Uint8Array = EMPTY_BYTES;
    let lease_: bigint = 0n;
    let value_: Uint8Array = EMPTY_BYTES;
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 10:
          name_ = r.view();
          break;
        case 16:
          lease_ = r.int64Big();
          break;
        case 26:
          value_ = r.view();
          break;
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { name: name_, lease: lease_, value: value_ };
  },
};

export interface CampaignResponse {
  header: ResponseHeader | undefined;
  leader: LeaderKey | undefined;
}

export const CampaignResponse: Codec<CampaignResponse> = {
  name: 'v3electionpb.CampaignResponse',
  create(init) {
    const m: CampaignResponse = { header: undefined, leader: undefined };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    if (m.header !== undefined) n += 1 + delimitedSize(ResponseHeader.sizeOf(m.header));
    if (m.leader !== undefined) n += 1 + delimitedSize(LeaderKey.sizeOf(m.leader));
    return n;
  },
  write(m, w) {
    if (m.header !== undefined) {
      w.varint(10);
      w.varint(ResponseHeader.sizeOf(m.header));
      ResponseHeader.write(m.header, w);
    }
    if (m.leader !== undefined) {
      w.varint(18);
      w.varint(LeaderKey.sizeOf(m.leader));
      LeaderKey.write(m.leader, w);
    }
  },
  read(r, end) {
    let header_: ResponseHeader | undefined = undefined;
    let leader_: LeaderKey | undefined = undefined;
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
          leader_ = LeaderKey.read(r, last, leader_);
          break;
        }
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { header: header_, leader: leader_ };
  },
};

export interface LeaderKey {
  name: Uint8Array;
  key: Uint8Array;
  rev: number;
  lease: bigint;
}

export const LeaderKey: Codec<LeaderKey> = {
  name: 'v3electionpb.LeaderKey',
  create(init) {
    const m: LeaderKey = { name: EMPTY_BYTES, key: EMPTY_BYTES, rev: 0, lease: 0n };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    if (m.name.length !== 0) n += 1 + delimitedSize(m.name.length);
    if (m.key.length !== 0) n += 1 + delimitedSize(m.key.length);
    if (m.rev !== 0) n += 1 + varintSize(m.rev);
    if (m.lease !== 0n) n += 1 + bigVarintSize(m.lease);
    return n;
  },
  write(m, w) {
    if (m.name.length !== 0) {
      w.varint(10);
      w.bytesField(m.name);
    }
    if (m.key.length !== 0) {
      w.varint(18);
      w.bytesField(m.key);
    }
    if (m.rev !== 0) {
      w.varint(24);
      w.varint(m.rev);
    }
    if (m.lease !== 0n) {
      w.varint(32);
      w.bigVarint(m.lease);
    }
  },
  read(r, end, before) {
    let name_: Uint8Array = EMPTY_BYTES;
    let key_: Uint8Array = EMPTY_BYTES;
    let rev_: number = 0;
    let lease_: bigint = 0n;
    if (before !== undefined) {
      name_ = before.name;
      key_ = before.key;
      rev_ = before.rev;
      lease_ = before.lease;
    }
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 10:
          name_ = r.view();
          break;
        case 18:
          key_ = r.view();
          break;
        case 24:
          rev_ = r.int64();
          break;
        case 32:
          lease_ = r.int64Big();
          break;
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { name: name_, key: key_, rev: rev_, lease: lease_ };
  },
};

export interface LeaderRequest {
  name: Uint8Array;
}

export const LeaderRequest: Codec<LeaderRequest> = {
  name: 'v3electionpb.LeaderRequest',
  create(init) {
    const m: LeaderRequest = { name: EMPTY_BYTES };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    if (m.name.length !== 0) n += 1 + delimitedSize(m.name.length);
    return n;
  },
  write(m, w) {
    if (m.name.length !== 0) {
      w.varint(10);
      w.bytesField(m.name);
    }
  },
  read(r, end) {
    let name_: Uint8Array = EMPTY_BYTES;
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 10:
          name_ = r.view();
          break;
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { name: name_ };
  },
};

export interface LeaderResponse {
  header: ResponseHeader | undefined;
  kv: KeyValue | undefined;
}

export const LeaderResponse: Codec<LeaderResponse> = {
  name: 'v3electionpb.LeaderResponse',
  create(init) {
    const m: LeaderResponse = { header: undefined, kv: undefined };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    if (m.header !== undefined) n += 1 + delimitedSize(ResponseHeader.sizeOf(m.header));
    if (m.kv !== undefined) n += 1 + delimitedSize(KeyValue.sizeOf(m.kv));
    return n;
  },
  write(m, w) {
    if (m.header !== undefined) {
      w.varint(10);
      w.varint(ResponseHeader.sizeOf(m.header));
      ResponseHeader.write(m.header, w);
    }
    if (m.kv !== undefined) {
      w.varint(18);
      w.varint(KeyValue.sizeOf(m.kv));
      KeyValue.write(m.kv, w);
    }
  },
  read(r, end) {
    let header_: ResponseHeader | undefined = undefined;
    let kv_: KeyValue | undefined = undefined;
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
          kv_ = KeyValue.read(r, last, kv_);
          break;
        }
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { header: header_, kv: kv_ };
  },
};

export interface ResignRequest {
  leader: LeaderKey | undefined;
}

export const ResignRequest: Codec<ResignRequest> = {
  name: 'v3electionpb.ResignRequest',
  create(init) {
    const m: ResignRequest = { leader: undefined };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    if (m.leader !== undefined) n += 1 + delimitedSize(LeaderKey.sizeOf(m.leader));
    return n;
  },
  write(m, w) {
    if (m.leader !== undefined) {
      w.varint(10);
      w.varint(LeaderKey.sizeOf(m.leader));
      LeaderKey.write(m.leader, w);
    }
  },
  read(r, end) {
    let leader_: LeaderKey | undefined = undefined;
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 10: {
          const last = r.end();
          leader_ = LeaderKey.read(r, last, leader_);
          break;
        }
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { leader: leader_ };
  },
};

export interface ResignResponse {
  header: ResponseHeader | undefined;
}

export const ResignResponse: Codec<ResignResponse> = {
  name: 'v3electionpb.ResignResponse',
  create(init) {
    const m: ResignResponse = { header: undefined };
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

export interface ProclaimRequest {
  leader: LeaderKey | undefined;
  value: Uint8Array;
}

export const ProclaimRequest: Codec<ProclaimRequest> = {
  name: 'v3electionpb.ProclaimRequest',
  create(init) {
    const m: ProclaimRequest = { leader: undefined, value: EMPTY_BYTES };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    if (m.leader !== undefined) n += 1 + delimitedSize(LeaderKey.sizeOf(m.leader));
    if (m.value.length !== 0) n += 1 + delimitedSize(m.value.length);
    return n;
  },
  write(m, w) {
    if (m.leader !== undefined) {
      w.varint(10);
      w.varint(LeaderKey.sizeOf(m.leader));
      LeaderKey.write(m.leader, w);
    }
    if (m.value.length !== 0) {
      w.varint(18);
      w.bytesField(m.value);
    }
  },
  read(r, end) {
    let leader_: LeaderKey | undefined = undefined;
    let value_: Uint8Array = EMPTY_BYTES;
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 10: {
          const last = r.end();
          leader_ = LeaderKey.read(r, last, leader_);
          break;
        }
        case 18:
          value_ = r.view();
          break;
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { leader: leader_, value: value_ };
  },
};

export interface ProclaimResponse {
  header: ResponseHeader | undefined;
}

export const ProclaimResponse: Codec<ProclaimResponse> = {
  name: 'v3electionpb.ProclaimResponse',
  create(init) {
    const m: ProclaimResponse = { header: undefined };
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

export const ElectionService = {
  campaign: {
    path: '/v3electionpb.Election/Campaign',
    kind: 'unary',
    request: CampaignRequest,
    response: CampaignResponse,
  } satisfies Method<CampaignRequest, CampaignResponse>,
  proclaim: {
    path: '/v3electionpb.Election/Proclaim',
    kind: 'unary',
    request: ProclaimRequest,
    response: ProclaimResponse,
  } satisfies Method<ProclaimRequest, ProclaimResponse>,
  leader: {
    path: '/v3electionpb.Election/Leader',
    kind: 'unary',
    request: LeaderRequest,
    response: LeaderResponse,
  } satisfies Method<LeaderRequest, LeaderResponse>,
  observe: {
    path: '/v3electionpb.Election/Observe',
    kind: 'serverStream',
    request: LeaderRequest,
    response: LeaderResponse,
  } satisfies Method<LeaderRequest, LeaderResponse>,
  resign: {
    path: '/v3electionpb.Election/Resign',
    kind: 'unary',
    request: ResignRequest,
    response: ResignResponse,
  } satisfies Method<ResignRequest, ResignResponse>,
};

