// Generated from proto/lease.proto by proto/generate.ts. Do not edit.
import type { Codec } from '../codec.ts';
import { bigVarintSize, delimitedSize, varintSize } from '../writer.ts';
import { LeaseTimeToLiveRequest, LeaseTimeToLiveResponse } from './rpc.ts';

export interface Lease {
  id: bigint;
  ttl: number;
  remainingTtl: number;
}

export const Lease: Codec<Lease> = {
  name: 'leasepb.Lease',
  create(init) {
    const m: Lease = { id: 0n, ttl: 0, remainingTtl: 0 };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    if (m.id !== 0n) n += 1 + bigVarintSize(m.id);
    if (m.ttl !== 0) n += 1 + varintSize(m.ttl);
    if (m.remainingTtl !== 0) n += 1 + varintSize(m.remainingTtl);
    return n;
  },
  write(m, w) {
    if (m.id !== 0n) {
      w.varint(8);
      w.bigVarint(m.id);
    }
    if (m.ttl !== 0) {
      w.varint(16);
      w.varint(m.ttl);
    }
    if (m.remainingTtl !== 0) {
      w.varint(24);
      w.varint(m.remainingTtl);
    }
  },
  read(r, end) {
    let id_: bigint = 0n;
    let ttl_: number = 0;
    let remainingTtl_: number = 0;
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 8:
          id_ = r.int64Big();
          break;
        case 16:
          ttl_ = r.int64Saturated();
          break;
        case 24:
          remainingTtl_ = r.int64Saturated();
          break;
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { id: id_, ttl: ttl_, remainingTtl: remainingTtl_ };
  },
};

export interface LeaseInternalRequest {
  leaseTimeToLiveRequest: LeaseTimeToLiveRequest | undefined;
}

export const LeaseInternalRequest: Codec<LeaseInternalRequest> = {
  name: 'leasepb.LeaseInternalRequest',
  create(init) {
    const m: LeaseInternalRequest = { leaseTimeToLiveRequest: undefined };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    if (m.leaseTimeToLiveRequest !== undefined) n += 1 + delimitedSize(LeaseTimeToLiveRequest.sizeOf(m.leaseTimeToLiveRequest));
    return n;
  },
  write(m, w) {
    if (m.leaseTimeToLiveRequest !== undefined) {
      w.varint(10);
      w.varint(LeaseTimeToLiveRequest.sizeOf(m.leaseTimeToLiveRequest));
      LeaseTimeToLiveRequest.write(m.leaseTimeToLiveRequest, w);
    }
  },
  read(r, end) {
    let leaseTimeToLiveRequest_: LeaseTimeToLiveRequest | undefined = undefined;
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 10: {
          const last = r.end();
          leaseTimeToLiveRequest_ = LeaseTimeToLiveRequest.read(r, last, leaseTimeToLiveRequest_);
          break;
        }
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { leaseTimeToLiveRequest: leaseTimeToLiveRequest_ };
  },
};

export interface LeaseInternalResponse {
  leaseTimeToLiveResponse: LeaseTimeToLiveResponse | undefined;
}

export const LeaseInternalResponse: Codec<LeaseInternalResponse> = {
  name: 'leasepb.LeaseInternalResponse',
  create(init) {
    const m: LeaseInternalResponse = { leaseTimeToLiveResponse: undefined };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    if (m.leaseTimeToLiveResponse !== undefined) n += 1 + delimitedSize(LeaseTimeToLiveResponse.sizeOf(m.leaseTimeToLiveResponse));
    return n;
  },
  write(m, w) {
    if (m.leaseTimeToLiveResponse !== undefined) {
      w.varint(10);
      w.varint(LeaseTimeToLiveResponse.sizeOf(m.leaseTimeToLiveResponse));
      LeaseTimeToLiveResponse.write(m.leaseTimeToLiveResponse, w);
    }
  },
  read(r, end) {
    let leaseTimeToLiveResponse_: LeaseTimeToLiveResponse | undefined = undefined;
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 10: {
          const last = r.end();
          leaseTimeToLiveResponse_ = LeaseTimeToLiveResponse.read(r, last, leaseTimeToLiveResponse_);
          break;
        }
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { leaseTimeToLiveResponse: leaseTimeToLiveResponse_ };
  },
};

